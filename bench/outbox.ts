// bench: the outbox against what one could use instead, in one run on one disk, with what the disk itself can do.
// In: nothing but this machine. Out: rows with the targets that the outbox was built to. Ours and the peers take turns,
// so that whatever else the machine does hits both; the median counts. Under two minutes on a quiet machine.
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { KerbError } from '../contract/index.ts';
import { enqueueRows } from './outbox/enqueue.ts';
import { evidenceRows } from './outbox/evidence.ts';
import { limitRows } from './outbox/limits.ts';
import { memoryRows, restartRows } from './outbox/processes.ts';
import { trickleRows } from './outbox/trickle.ts';
import type { Row } from './row.ts';

/** What statfs says of a file system that lies in memory. */
const TMPFS = 0x01021994;

/** Measures. @throws KerbError BENCH_DISK, BENCH_RUN where one of its processes does not end as it should */
export async function bench(): Promise<Row[]> {
  if ((await statfs(tmpdir())).type === TMPFS) {
    throw new KerbError(
      'BENCH_DISK',
      'the folder for temporary files is no disk',
      tmpdir(),
      'set TMPDIR to one on a disk',
    );
  }
  const rows: Row[] = [];
  for (const part of [limitRows, enqueueRows, evidenceRows, trickleRows, restartRows, memoryRows]) {
    rows.push(...(await part()));
  }
  return rows;
}
