// ota status: what runs in the fleet. In: argv, a running centre's interface. Out: a line of NDJSON for each device, in
// order of their ids: {device, wanted, running, result, reason}. Never: a line that the centre did not give.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { firstIssue, KerbError, oneLine } from '../../contract/index.ts';
import type { World } from '../cli.ts';

export const help = `usage: ota status [--centre URL]

A line for each device that the centre knows: what is wanted of it, what it runs, what the last change came to (success,
pending, trial, failed, refused, returned; null: not known) and the reason in words.

  --centre URL   the centre's page (default: the centre that runs on this machine with $KERBSIDE_HOME)
`;

const PAGE = 500;
const ANSWER_WITHIN_MS = 30_000;
const things = z.array(z.looseObject({ kind: z.string(), name: z.string(), version: z.string() }));
const pageSchema = z.array(
  z.object({
    device: z.string().min(1),
    wanted: things,
    running: things,
    result: z.string().nullable(),
    reason: z.string().nullable(),
  }),
);

/** @returns exit status @throws KerbError USAGE, CENTRE_NONE, CENTRE_ANSWER */
export async function run(argv: string[], { home }: World): Promise<number> {
  const { values } = parseArgs({ args: argv, options: { centre: { type: 'string' } } });
  const base = values.centre === undefined ? runningCentre(home) : address(values.centre);
  for (let after = ''; ; ) {
    const page = await ask(new URL(`api/devices?limit=${PAGE}&after=${encodeURIComponent(after)}`, base));
    for (const line of page) process.stdout.write(`${JSON.stringify(line)}\n`);
    const last = page.at(-1)?.device;
    if (last === undefined || page.length < PAGE) return 0;
    if (last === after)
      throw new KerbError('CENTRE_ANSWER', 'its list does not go on', base.href, 'look at its version');
    after = last;
  }
}

function address(text: string): URL {
  const url = URL.parse(text);
  if (url && ['http:', 'https:'].includes(url.protocol)) return new URL(url.href.replace(/\/*$/, '/'));
  throw new KerbError('USAGE', `"${text.slice(0, 100)}" is no address`, '--centre', 'give e.g. http://127.0.0.1:8090');
}

/** The centre that has this home's database open says so in a note beside it. */
function runningCentre(home: string): URL {
  const file = join(home, 'centre', 'lock.json');
  try {
    const { port } = z
      .object({ port: z.number().int().min(1).max(65_535) })
      .parse(JSON.parse(readFileSync(file, 'utf8')));
    return new URL(`http://127.0.0.1:${port}/`);
  } catch {
    throw new KerbError('CENTRE_NONE', 'no centre runs here', file, 'start it, or give --centre URL');
  }
}

async function ask(url: URL): Promise<z.infer<typeof pageSchema>> {
  const where = url.origin;
  let value: unknown;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    value = await response.json();
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new KerbError('CENTRE_ANSWER', oneLine(cause), where, 'see that the centre runs there');
  }
  const page = pageSchema.safeParse(value);
  if (page.success) return page.data;
  throw new KerbError(
    'CENTRE_ANSWER',
    `no list of devices: ${firstIssue(page.error)}`,
    where,
    'give the address of a centre',
  );
}
