// Property: whatever happens to the segment files of a lane, it opens, looking at it changes nothing and never fails, no
// record comes out wrong, and each accepted one is read or noted as gone. Numbers are never given again.
import { createHash } from 'node:crypto';
import { copyFile, cp, mkdtemp, open, readdir, readFile, rm, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { listOutbox, verifyOutbox } from './inspect.ts';
import type { Outbox } from './outbox.ts';
import { fill, folder, KIB, readAll, segmentsIn, small, text } from './testing.ts';

const COUNT = 2000;

const place = { file: fc.nat(), at: fc.nat() };
const damage = fc.oneof(
  fc.record({ do: fc.constant('flip' as const), ...place, bit: fc.nat(7) }),
  fc.record({ do: fc.constant('zeros' as const), ...place, length: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({ do: fc.constant('noise' as const), ...place, length: fc.integer({ min: 1, max: 9000 }) }),
  fc.record({ do: fc.constant('zero tail' as const), ...place }),
  fc.record({ do: fc.constant('truncate' as const), ...place }),
  fc.record({ do: fc.constant('copy of another' as const), ...place }),
  fc.record({ do: fc.constant('remove' as const), ...place }),
);
type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

async function inflict(dir: string, each: Damage): Promise<void> {
  const names = await segmentsIn(dir);
  if (names.length === 0) return;
  const path = join(dir, 'telemetry', names[each.file % names.length]!);
  const { size } = await stat(path);
  const at = size === 0 ? 0 : each.at % size;
  if (each.do === 'truncate') return truncate(path, at);
  if (each.do === 'remove') return unlink(path);
  if (each.do === 'copy of another') return copyFile(join(dir, 'telemetry', names[each.at % names.length]!), path);
  let bytes: Buffer;
  if (each.do === 'flip') bytes = Buffer.from([((await readFile(path))[at] ?? 0) ^ (1 << each.bit)]);
  else if (each.do === 'noise') bytes = createHash('shake256', { outputLength: each.length }).update(`${at}`).digest();
  else bytes = Buffer.alloc(each.do === 'zeros' ? Math.min(each.length, size - at) : size - at);
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}

async function fingerprint(dir: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(join(dir, 'telemetry'))).sort()) {
    hash.update(name).update(await readFile(join(dir, 'telemetry', name)));
  }
  return hash.digest('hex');
}

/** All up to `last` that are neither read nor in a gap; a wrong record fails the test. */
async function unaccounted(t: ExecutionContext, outbox: Outbox, last: number): Promise<number[]> {
  const lane = outbox.lane('telemetry');
  const found = new Set<number>();
  for (const { seq, text: stored } of await readAll(lane)) {
    t.is(stored, text(seq), `record ${seq}`);
    found.add(seq);
  }
  const isGone = (seq: number) => lane.gaps.some((gap) => gap.first <= seq && seq <= gap.last);
  return Array.from({ length: last }, (_, index) => index + 1).filter((seq) => !found.has(seq) && !isGone(seq));
}

test('any damage to any segment: every record is as it was or noted as gone', async (t) => {
  t.timeout(180_000);
  const pattern = await folder(t);
  const whole = await small(t, pattern);
  await fill(whole, 1, COUNT);
  const { epoch } = whole.lane('telemetry');
  await whole.close();
  const property = fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
    const dir = await mkdtemp(`${pattern}-`);
    try {
      await cp(pattern, dir, { recursive: true });
      for (const each of damages) await inflict(dir, each);
      const before = await fingerprint(dir);
      for await (const line of verifyOutbox(dir, 0)) t.true(line.records <= COUNT);
      for await (const line of listOutbox(dir, 0)) t.true(line.bytes <= 1024 * KIB);
      t.is(await fingerprint(dir), before, 'looking changes nothing');
      const outbox = await small(t, dir);
      const again = outbox.lane('telemetry').epoch !== epoch;
      if (!again) t.deepEqual(await unaccounted(t, outbox, COUNT), []);
      const first = again ? 1 : COUNT + 1;
      await fill(outbox, first, first + 99);
      await outbox.close();
      const reopened = await small(t, dir);
      t.deepEqual(await unaccounted(t, reopened, first + 99), []);
      t.is(reopened.lane('telemetry').nextSeq, first + 100);
      await reopened.close();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
  await t.notThrowsAsync(fc.assert(property, { numRuns: 40 }));
});
