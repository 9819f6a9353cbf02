// agent/local: what flows ask the agent for. In: messages under kerb/local/in. Out: a call of the injected command and
// one reply. Never: more calls than the limits allow, or an error that leaves this file.
import type { z } from 'zod';
import {
  askSnapshotSchema,
  firstIssue,
  flowCaseSchema,
  LOCAL,
  type LocalReply,
  type LocalSnapshot,
  MAX_LOCAL_PICTURE_BYTES,
  oneLine,
  setLineSchema,
} from '../../contract/index.ts';
import { Bucket } from './bucket.ts';
import type { LocalCommands, LocalCounters, LocalLimits } from './types.ts';

type Say = (topic: string, payload: string | Buffer) => void;
type Answer = Omit<LocalReply, 'v' | 'kind' | 'request' | 'ok'>;

interface Kind {
  schema: z.ZodType<{ request: string }>;
  run: (value: never) => Promise<Answer>;
  bucket: Bucket;
  pending: number;
}

export class Requests {
  readonly #kinds: Map<string, Kind>;
  readonly #limits: LocalLimits;
  readonly #counters: LocalCounters;
  readonly #mono: () => number;
  readonly #say: Say;

  constructor(commands: LocalCommands, limits: LocalLimits, counters: LocalCounters, mono: () => number, say: Say) {
    this.#limits = limits;
    this.#counters = counters;
    this.#mono = mono;
    this.#say = say;
    const kind = <T extends { request: string }>(schema: z.ZodType<T>, run: (value: T) => Promise<Answer>): Kind => ({
      schema,
      run: run as Kind['run'],
      bucket: new Bucket(limits.requests, 1, mono()),
      pending: 0,
    });
    this.#kinds = new Map([
      [
        LOCAL.setLine,
        kind(setLineSchema, async ({ line, on }) => ((await commands.line(line, on)) as undefined) ?? {}),
      ],
      [LOCAL.makeCase, kind(flowCaseSchema, async (draft) => ({ id: (await commands.case(draft)).id }))],
      [
        LOCAL.askSnapshot,
        kind(askSnapshotSchema, async ({ request, camera }) => {
          const { jpeg, ...rest } = await commands.snapshot(camera);
          if (jpeg.length > MAX_LOCAL_PICTURE_BYTES) throw new Error(`picture of ${jpeg.length} bytes is too large`);
          const head: LocalSnapshot = {
            v: 1,
            kind: 'local-snapshot',
            request,
            ...rest,
            bytes: jpeg.length,
            mime: 'image/jpeg',
          };
          this.#say(LOCAL.snapshot(request), Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), jpeg]));
          return {};
        }),
      ],
    ]);
  }

  /** Takes one message; anything wrong is counted, and told to the asker where it can be. */
  take(topic: string, payload: Buffer): void {
    const kind = this.#kinds.get(topic);
    let value: unknown;
    try {
      value = JSON.parse(payload.toString('utf8'));
    } catch {
      value = undefined;
    }
    const parsed = kind?.schema.safeParse(value);
    if (!kind || !parsed?.success) {
      this.#counters.invalid++;
      const request = setLineSchema.shape.request.safeParse((value as { request?: unknown } | undefined)?.request);
      if (parsed?.error && request.success && kind?.bucket.take(1, this.#mono())) {
        this.#reply(request.data, false, { reason: firstIssue(parsed.error) });
      }
      return;
    }
    if (kind.pending >= this.#limits.pending || !kind.bucket.take(1, this.#mono())) {
      this.#counters.dropped++;
      return;
    }
    kind.pending++;
    void this.#run(kind, parsed.data).finally(() => kind.pending--);
  }

  async #run(kind: Kind, value: { request: string }): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the box did not answer in time')), this.#limits.timeout);
    });
    try {
      this.#reply(value.request, true, await Promise.race([kind.run(value as never), late]));
    } catch (error) {
      this.#reply(value.request, false, { reason: oneLine(error) });
    } finally {
      clearTimeout(timer);
    }
  }

  #reply(request: string, ok: boolean, more: Answer): void {
    const reply: LocalReply = { v: 1, kind: 'local-reply', request, ok, ...more };
    this.#say(LOCAL.reply(request), JSON.stringify(reply));
  }
}
