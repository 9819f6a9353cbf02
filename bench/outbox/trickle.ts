// bench/outbox: wear of the flash when little comes: ten records of 200 B a second, acknowledged and freed a second later,
// in real time, every writer on a small file system of its own, all of them at once and run in. Bytes that reached the
// device over bytes of records.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../../contract/index.ts';
import type { Row } from '../row.ts';
import { against, inFolder, RECORD } from './common.ts';
import { openVolume, type Volume } from './volume.ts';

const CHILD = fileURLToPath(new URL('trickle-child.ts', import.meta.url));
const SECONDS = 30;
const PAYLOAD = SECONDS * 10 * RECORD;
const GOAL = 0.25;

const WRITERS = [
  { name: 'recycled 1 s', args: ['recycled', '1000'] },
  { name: 'new 1 s', args: ['new', '1000'] },
  { name: 'sqlite 1 s', args: ['sqlite', '1000'] },
  { name: 'recycled 100 ms', args: ['recycled', '100'] },
  { name: 'sqlite 100 ms', args: ['sqlite', '100'] },
] as const;
type Name = (typeof WRITERS)[number]['name'];

type Args = readonly [engine: string, commitMs: string];

async function wear([engine, commitMs]: Args, volume: Volume, signal: AbortSignal): Promise<number> {
  const args = [CHILD, engine, volume.dir, commitMs, String(SECONDS)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  let before: number | null = null;
  for await (const line of createInterface({ input: child.stdout })) {
    const after = volume.written();
    if (line === 'ready') before = after;
    else return (before === null || after === null ? Number(line.split(' ')[1]) : after - before) / PAYLOAD;
  }
  throw new KerbError('BENCH_RUN', 'ended before it was done', args.slice(1).join(' '), 'run it to its end');
}

export async function trickleRows(): Promise<Row[]> {
  return inFolder(async (home) => {
    const volumes = WRITERS.map((_, index) => openVolume(home, `volume${index}`));
    const stopped = new AbortController();
    const stop = () => stopped.abort();
    process.once('SIGINT', stop).once('SIGTERM', stop);
    try {
      const found = await Promise.all(WRITERS.map(({ args }, index) => wear(args, volumes[index]!, stopped.signal)));
      // Kernels with large folios count all of one for a block of it: a figure, but no verdict.
      const counted = volumes.every((volume) => volume.written() !== null);
      const of = (name: Name) => found[WRITERS.findIndex((writer) => writer.name === name)]!;
      const row = (ours: Name, peer: Name, unit: string, goal: { most?: number }) =>
        against(
          {
            metric: 'outbox.trickle_wear',
            value: of(ours),
            unit: counted ? unit : `${unit} (by /proc)`,
            peer: 'node:sqlite FULL',
            peerValue: of(peer),
          },
          counted ? goal : {},
        );
      return [
        row('recycled 1 s', 'sqlite 1 s', 'bytes/byte, 10 records/s, commits of 1 s', { most: GOAL }),
        row('recycled 100 ms', 'sqlite 100 ms', 'bytes/byte, 10 records/s, commits of 100 ms', { most: GOAL }),
        row('new 1 s', 'sqlite 1 s', "bytes/byte, as the first, in a segment's first life", {}),
      ];
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      for (const volume of volumes) volume.close();
    }
  });
}
