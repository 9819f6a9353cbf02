// agent/outbox: what full.test.ts runs in a mount namespace of its own: an outbox on a small file system that others fill up.
// In: argv: the folder of that file system. Out: one line of JSON with what happened.
import { closeSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import type { KerbError } from '../../contract/index.ts';
import { LANES, type Lane } from '../../contract/index.ts';
import { type Outbox, openOutbox } from './outbox.ts';
import { BOOT, readAll, steppingClock, text } from './testing.ts';

const home = process.argv[2]!;
const dir = join(home, 'outbox');
const ballast = join(home, 'ballast');
const accepted: Record<Lane, number> = { alarm: 0, case: 0, telemetry: 0, evidence: 0 };

const open = () =>
  openOutbox(dir, {
    clock: steppingClock(),
    bootId: BOOT,
    newEpoch: () => 'abcdef0123',
    delayMs: { alarm: 1, case: 1, telemetry: 1, evidence: 1 },
    // Else it would evict its own before it is refused; all other bounds are those of a disk of this size.
    quotaBytes: { telemetry: 32 * 1024 * 1024 },
    segmentBytes: { telemetry: 256 * 1024 },
    retryMs: 100,
  });

/** Appends one by one, at most so many; gives the code of the error that ended it. */
async function append(outbox: Outbox, lane: Lane, most: number, bytes: number): Promise<string | null> {
  for (let index = 0; index < most; index++) {
    try {
      await outbox.append(lane, { kind: 'opaque', text: text(accepted[lane] + 1, bytes) });
      accepted[lane]++;
    } catch (error) {
      return (error as KerbError).code;
    }
  }
  return null;
}

/** Takes all the room there is. */
function fillUp(): void {
  const fd = openSync(ballast, 'a');
  for (const size of [1024 * 1024, 4096]) {
    try {
      for (;;) writeSync(fd, Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  closeSync(fd);
}

const reserves = () => LANES.filter((lane) => readdirSync(join(dir, lane)).includes('reserve'));
async function allReserves(): Promise<void> {
  while (reserves().length < LANES.length) await passed(20);
}

let outbox = await open();
await allReserves();
const before = await append(outbox, 'telemetry', 300, 1000);
fillUp();
const telemetry = await append(outbox, 'telemetry', 2000, 1000);
fillUp();
const words = [await append(outbox, 'alarm', 20, 300), await append(outbox, 'case', 20, 3000)];
const reservesUsed = reserves();
const gapsBefore = outbox.lane('telemetry').gaps.length;
const cases = await append(outbox, 'case', 200, 3000);
const gaps = [...outbox.lane('telemetry').gaps];
await outbox.close();
fillUp();
outbox = await open();
const started = await append(outbox, 'alarm', 1, 300);
unlinkSync(ballast);
const freed = [
  await append(outbox, 'telemetry', 300, 1000),
  await append(outbox, 'evidence', 10, 1000),
  await append(outbox, 'case', 10, 3000),
];
await allReserves();
const wrong: string[] = [];
for (const lane of LANES) {
  const bytes = lane === 'case' ? 3000 : lane === 'alarm' ? 300 : 1000;
  const gone = outbox.lane(lane).gaps.reduce((sum, { count }) => sum + count, 0);
  const found = await readAll(outbox.lane(lane));
  if (found.length + gone !== accepted[lane]) wrong.push(`${lane}: ${found.length} + ${gone} of ${accepted[lane]}`);
  for (const { seq, text: stored } of found) if (stored !== text(seq, bytes)) wrong.push(`${lane} ${seq}`);
}
await outbox.close();
const result = { before, telemetry, words, reservesUsed, gapsBefore, cases, gaps, started, freed, wrong, accepted };
process.stdout.write(`${JSON.stringify(result)}\n`);
