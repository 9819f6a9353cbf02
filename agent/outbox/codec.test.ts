// Property tests of records and frames on disk: damage never gives a wrong record, an earlier life of a file never parses.
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { segmentSeed } from './crc.ts';
import { FrameBuilder, storedRecord } from './frame.ts';
import { FrameScanner } from './scan.ts';
import { BOOT, folder } from './testing.ts';
import { BLOCK, type NewRecord, type StoredRecord } from './types.ts';

const boot = Buffer.from(BOOT.replaceAll('-', ''), 'hex');
const EPOCH = '0123456789abcdef';
const KINDS = ['case', 'event', 'evidence', 'telemetry', 'opaque'] as const;

const records = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    text: fc.oneof(
      fc.json({ maxDepth: 2 }),
      fc.integer({ min: 0, max: 9000 }).map((n) => `"${'x'.repeat(n)}"`),
    ),
    bytes: fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined }),
    expires: fc.option(fc.double({ noNaN: true }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 12 },
) as fc.Arbitrary<NewRecord[]>;

/** A frame with these records at `start` of a segment. */
function frame(list: NewRecord[], first: number, number: number, start = BLOCK): Buffer {
  const builder = new FrameBuilder('evidence', 4 * 1024 * 1024);
  builder.begin(first, 1_790_000_000_000, 777, 'synced');
  list.forEach((record, index) => {
    const taken = builder.add(first + index, 1_790_000_000_000 + index, 777 + 2 * index, record);
    if (taken === 0) throw new Error('the record did not fit');
  });
  return Buffer.from(builder.seal({ segment: number, seed: segmentSeed(EPOCH, 'evidence', number), start }, boot));
}

/** Everything that can be read out of a file with these blocks behind its head. */
async function scan(path: string, blocks: Buffer, number: number, expected: number) {
  writeFileSync(path, Buffer.concat([Buffer.alloc(BLOCK), blocks]));
  const fd = openSync(path, 'r');
  try {
    const scanner = new FrameScanner(fd, segmentSeed(EPOCH, 'evidence', number), BLOCK, expected);
    const found: StoredRecord[] = [];
    const faults = [];
    for (let next = await scanner.next(BLOCK + blocks.length); next; next = await scanner.next(BLOCK + blocks.length)) {
      for (const head of next.whole) found.push(storedRecord(next.head, next.data, head));
      faults.push(...next.faults);
    }
    return { found, faults };
  } finally {
    closeSync(fd);
  }
}

function expected(list: NewRecord[], first: number): StoredRecord[] {
  return list.map(({ kind, text, bytes, expires }, index) => ({
    seq: first + index,
    kind,
    at: 1_790_000_000_000 + index,
    boot: BOOT,
    mono: 777 + 2 * index,
    clock: 'synced',
    expires: expires ?? null,
    text,
    bytes: bytes ? Buffer.from(bytes) : null,
  }));
}

const check = async (t: ExecutionContext, property: fc.IAsyncProperty<unknown>, numRuns: number) => {
  await t.notThrowsAsync(fc.assert(property as fc.IAsyncProperty<[unknown]>, { numRuns }));
};

test('what goes in comes out, byte for byte, with its times', async (t) => {
  const path = join(await folder(t), 'file');
  const first = 2 ** 32 - 3; // numbers go past 32 bits here
  const property = fc.asyncProperty(records, async (list) => {
    const { found, faults } = await scan(path, frame(list, first, 7), 7, first);
    t.deepEqual(found, expected(list, first));
    t.deepEqual(faults, []);
  });
  await check(t, property, 100);
});

test('a flipped bit never gives a wrong record, and costs one record at most', async (t) => {
  const path = join(await folder(t), 'file');
  const property = fc.asyncProperty(records, fc.nat(), async (list, where) => {
    const bytes = frame(list, 1, 7);
    const bit = where % (bytes.length * 8);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const whole = expected(list, 1);
    const { found, faults } = await scan(path, bytes, 7, 1);
    for (const record of found) t.deepEqual(record, whole[record.seq - 1]);
    t.true(found.length >= list.length - 1);
    const missing = whole.filter(({ seq }) => !found.some((record) => record.seq === seq)).map(({ seq }) => seq);
    t.deepEqual(
      faults.flatMap(({ first, last }) => (first === last ? [first] : [first, last])),
      missing,
    );
  });
  await check(t, property, 300);
});

test('garbage over any stretch never gives a wrong record', async (t) => {
  const path = join(await folder(t), 'file');
  const garbage = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 5000 }),
    fc.integer({ min: 1, max: 9000 }).map((length) => new Uint8Array(length)),
  );
  const property = fc.asyncProperty(records, records, garbage, fc.nat(), async (one, two, junk, where) => {
    const head = frame(one, 1, 7);
    const bytes = Buffer.concat([head, frame(two, 1 + one.length, 7, BLOCK + head.length)]);
    bytes.set(junk.subarray(0, bytes.length - (where % bytes.length)), where % bytes.length);
    const whole = expected([...one], 1).concat(expected(two, 1 + one.length));
    const { found } = await scan(path, bytes, 7, 1);
    for (const record of found) t.deepEqual(record, whole[record.seq - 1]);
    t.deepEqual(
      [...found].map(({ seq }) => seq),
      [...new Set(found.map(({ seq }) => seq))].sort((a, b) => a - b),
    );
  });
  await check(t, property, 200);
});

test('what an earlier life of a recycled file left behind never parses', async (t) => {
  const path = join(await folder(t), 'file');
  const property = fc.asyncProperty(
    records,
    records,
    fc.integer({ min: 1, max: 2 ** 32 - 2 }),
    async (old, now, number) => {
      const stale = Buffer.concat([frame(old, 1, number), frame(old, 1 + old.length, number, BLOCK + 4 * BLOCK)]);
      const alone = await scan(path, stale, number + 1, 1);
      t.deepEqual(alone.found, []);
      // A shorter new frame over longer old ones: nothing of the old ones behind it shows.
      const fresh = frame(now, 1, number + 1);
      const over = Buffer.alloc(Math.max(stale.length, fresh.length));
      stale.copy(over);
      fresh.copy(over);
      t.deepEqual((await scan(path, over, number + 1, 1)).found, expected(now, 1));
    },
  );
  await check(t, property, 100);
});

test('two segments of an epoch never share the seed of their checksums', (t) => {
  const seeds = new Set(Array.from({ length: 20_000 }, (_, index) => segmentSeed(EPOCH, 'case', index + 1)));
  t.is(seeds.size, 20_000);
});
