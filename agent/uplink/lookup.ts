// agent/uplink: names -> addresses, one question at a time. The system's resolver works in the same few threads as every
// sync of the disk: without DNS a question hangs for half a minute, and each further try would take another thread, until
// no record could be written. May never happen: two questions at once.
import { type LookupAddress, type LookupAllOptions, type LookupOneOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';

type Answer = { readonly error: NodeJS.ErrnoException | null; readonly addresses: readonly LookupAddress[] };
export type Ask = (name: string, options: LookupAllOptions) => Promise<Answer>;

const system: Ask = (name, options) =>
  new Promise((resolve) => {
    lookup(name, options, (error, addresses) => resolve({ error, addresses: addresses ?? [] }));
  });

/** A lookup for net.connect. While a question is open the same one shares its answer, and another one is refused. */
export function oneAtATime(ask: Ask): LookupFunction {
  let open: { name: string; answer: Promise<Answer> } | null = null;
  return (name, options: LookupOneOptions | LookupAllOptions, callback) => {
    if (open && open.name !== name) {
      const error: NodeJS.ErrnoException = new Error(`the resolver still looks for ${open.name}`);
      error.code = 'EAI_AGAIN';
      callback(error, '', 0);
      return;
    }
    if (!open) {
      const asked = { name, answer: ask(name, { ...options, all: true }) };
      open = asked;
      void asked.answer.then(() => {
        if (open === asked) open = null;
      });
    }
    void open.answer.then(({ error, addresses }) => {
      const first = addresses[0];
      if (error || !first) callback(error ?? notFound(name), '', 0);
      else if (options.all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}

function notFound(name: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`no address of ${name}`);
  error.code = 'ENOTFOUND';
  return error;
}

export const lookupOnce = oneAtATime(system);
