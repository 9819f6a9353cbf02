// A log after a power cut, a bad disk, a foreign hand: what is whole is read, what is not is counted, nothing stops.
import { copyFile, mkdir, open, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Disk, realDisk } from './disk.ts';
import { listOutbox, type SegmentLine, verifyOutbox } from './inspect.ts';
import type { Outbox } from './outbox.ts';
import { boundedDisk, fill, folder, KIB, readAll, segmentsIn, small, text } from './testing.ts';
import { BLOCK } from './types.ts';

async function verified(dir: string): Promise<SegmentLine[]> {
  const lines: SegmentLine[] = [];
  for await (const line of verifyOutbox(dir, 0)) lines.push(line);
  return lines;
}

async function overwrite(path: string, at: number, bytes: Buffer): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(bytes, 0, bytes.length, at);
  await file.close();
}

async function flip(path: string, at: number): Promise<void> {
  const byte = (await readFile(path)).subarray(at, at + 1);
  await overwrite(path, at, Buffer.from([byte[0]! ^ 16]));
}

/** Numbers of the records that come out; each must be what went in under that number. */
async function numbers(t: ExecutionContext, outbox: Outbox): Promise<number[]> {
  const records = await readAll(outbox.lane('telemetry'));
  for (const { seq, text: stored } of records) t.is(stored, text(seq));
  return records.map(({ seq }) => seq);
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** An outbox with one segment of `count` records; its path. */
async function one(t: ExecutionContext, count: number): Promise<{ dir: string; path: string }> {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  await fill(outbox, 1, count);
  await outbox.close();
  return { dir, path: join(dir, 'telemetry', (await segmentsIn(dir)).at(-1)!) };
}

/** As `one`, but killed: the state file still says what it said before the records. */
async function killed(t: ExecutionContext, count: number): Promise<{ dir: string; path: string }> {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  const state = join(dir, 'telemetry', 'state');
  await copyFile(state, join(dir, 'state.old'));
  await fill(outbox, 1, count);
  await outbox.close();
  await copyFile(join(dir, 'state.old'), state);
  return { dir, path: join(dir, 'telemetry', (await segmentsIn(dir)).at(-1)!) };
}

/** Bytes of a frame of fifty records, as `fill` makes them. */
const FRAME = 12 * KIB;

test('a torn tail is cut, counted and never parsed; numbers go on behind what is whole', async (t) => {
  const { dir, path } = await killed(t, 300);
  const line = (await verified(dir))[0]!;
  t.like(line, { records: 300, whole: true });
  // The last group commit as a power cut leaves it: its first half there, the rest still zeros.
  await overwrite(path, BLOCK + 5 * FRAME + FRAME / 2, Buffer.alloc(FRAME / 2));
  t.like((await verified(dir))[0], { records: 250, whole: true });
  t.true((await verified(dir))[0]!.torn! > 0);
  const again = await small(t, dir);
  t.true((await again.lane('telemetry').stats()).torn > 0);
  t.deepEqual(await numbers(t, again), upTo(250));
  await fill(again, 251, 450);
  t.deepEqual(await numbers(t, again), upTo(450));
  t.deepEqual(again.lane('telemetry').gaps, []);
  await again.close();
  t.true((await verified(dir)).every(({ whole }) => whole));
});

test('a tail of zeros or of stale bytes is no record', async (t) => {
  const { dir, path } = await killed(t, 300);
  const bytes = await readFile(path);
  await overwrite(path, BLOCK + 4 * FRAME, Buffer.alloc(2 * FRAME));
  await overwrite(path, BLOCK + 7 * FRAME, bytes.subarray(BLOCK, BLOCK + FRAME));
  const again = await small(t, dir);
  t.deepEqual(await numbers(t, again), upTo(200));
  await fill(again, 201, 300);
  t.deepEqual(await numbers(t, again), upTo(300));
});

test('accepted records that a zeroed tail took are a gap, and their numbers are not given again', async (t) => {
  const { dir, path } = await one(t, 300);
  await overwrite(path, BLOCK + 2 * FRAME, Buffer.alloc(4 * FRAME));
  t.false((await verified(dir))[0]!.whole);
  const again = await small(t, dir);
  await fill(again, 301, 400);
  t.deepEqual(await numbers(t, again), [...upTo(100), ...upTo(400).slice(300)]);
  t.like(again.lane('telemetry').gaps, [{ first: 101, last: 300, count: 200, reason: 'corrupt' }]);
});

test('a flipped bit in a sealed segment costs one record and is a durable gap; the rest is read', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  await fill(outbox, 1, 2000);
  await outbox.close();
  const [, second] = await segmentsIn(dir);
  const path = join(dir, 'telemetry', second!);
  const body = await readFile(path);
  await flip(path, body.indexOf('pad') + 20);
  // Of the other one the head: 13 bytes before this the text begins, 24 before that the head.
  await flip(path, body.indexOf('pad', body.length / 2) - 13 - 24 + 8);
  const broken = (await verified(dir)).filter(({ whole }) => !whole);
  t.is(broken.length, 1);
  t.is(broken[0]!.faults.length, 2);
  const again = await small(t, dir);
  const found = await numbers(t, again);
  t.is(found.length, 1998);
  const lost = upTo(2000).filter((seq) => !found.includes(seq));
  t.deepEqual(
    again.lane('telemetry').gaps.map(({ first, last, reason }) => ({ first, last, reason })),
    lost.map((seq) => ({ first: seq, last: seq, reason: 'corrupt' as const })),
  );
  t.is((await again.lane('telemetry').stats()).waiting, 1998);
  await again.close();
  for await (const { gaps, waiting } of listOutbox(dir, 0)) t.deepEqual([gaps.length, waiting], [2, 1998]);
});

test('a destroyed head, footer or state file costs no record', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  await fill(outbox, 1, 1500);
  const { epoch } = outbox.lane('telemetry');
  await outbox.close();
  const [first, second] = (await segmentsIn(dir)).map((name) => join(dir, 'telemetry', name));
  await overwrite(first!, 0, Buffer.alloc(BLOCK, 7));
  await overwrite(second!, 128 * KIB - BLOCK, Buffer.alloc(BLOCK));
  const again = await small(t, dir);
  t.deepEqual(await numbers(t, again), upTo(1500));
  await again.close();
  await writeFile(join(dir, 'telemetry', 'state'), 'rubbish');
  const third = await small(t, dir);
  t.is(third.lane('telemetry').epoch, epoch);
  t.deepEqual(await numbers(t, third), upTo(1500));
});

test('foreign and truncated files in the folder stop nothing', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  await fill(outbox, 1, 2000);
  await outbox.close();
  const lane = join(dir, 'telemetry');
  const names = await segmentsIn(dir);
  await writeFile(join(lane, 'README'), 'hello');
  await writeFile(join(lane, '0000000000.seg'), 'not a number we give');
  await writeFile(join(lane, '0000000900.seg'), 'KERBSEG1 and then nothing');
  await copyFile(join(lane, names[0]!), join(lane, '0000000901.seg'));
  await mkdir(join(lane, '0000000902.seg'));
  await truncate(join(lane, names[1]!), 50 * KIB);
  const lines = await verified(dir);
  t.deepEqual(
    lines.filter(({ whole }) => !whole).map(({ segment }) => segment),
    [names[1]!, '0000000900.seg', '0000000901.seg', '0000000902.seg'],
  );
  const again = await small(t, dir);
  await fill(again, 2001, 2500);
  const found = await numbers(t, again);
  t.is(found.at(-1), 2500);
  const { gaps } = again.lane('telemetry');
  t.is(gaps.length, 1);
  t.is(found.length + gaps[0]!.count, 2500);
  t.is(await readFile(join(lane, '0000000900.seg'), 'utf8'), 'KERBSEG1 and then nothing');
});

test('a segment that somebody took away is a gap; with all of them gone the lane begins a new epoch', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  await fill(outbox, 1, 2000);
  const { epoch } = outbox.lane('telemetry');
  await outbox.close();
  const lane = join(dir, 'telemetry');
  const names = await segmentsIn(dir);
  await unlink(join(lane, names[1]!));
  const again = await small(t, dir);
  const { gaps } = again.lane('telemetry');
  t.is(gaps[0]?.reason, 'missing');
  t.is((await numbers(t, again)).length + gaps[0]!.count, 2000);
  await again.close();
  for (const name of names) await rm(join(lane, name), { force: true });
  const anew = await small(t, dir);
  t.not(anew.lane('telemetry').epoch, epoch);
  await fill(anew, 1, 10);
  t.deepEqual(await numbers(t, anew), upTo(10));
});

/** Fills a lane until the disk is full, frees some, goes on: what was accepted is there, in every round. */
async function fullAndFreed(t: ExecutionContext, dir: string, free: () => Promise<void>, disk: Disk = realDisk) {
  const outbox = await small(t, dir, { disk, reserveBytes: { telemetry: 0 } });
  const accepted: number[] = [];
  const error = await t.throwsAsync(async () => {
    for (let number = 1; number < 3000; number++) {
      const { seq } = await outbox.append('telemetry', { kind: 'opaque', text: text(number) });
      accepted.push(seq);
    }
  });
  t.like(error, { code: 'OUTBOX_DISK_FULL' });
  const batch = await outbox.appendMany('telemetry', Array(2000).fill({ kind: 'opaque', text: text(1) }));
  t.like(batch.refused, { code: 'OUTBOX_DISK_FULL' });
  t.is(batch.count, 0);
  const more = [1, 2, 3].map(() => outbox.append('telemetry', { kind: 'opaque', text: '{}' }));
  for (const each of await Promise.allSettled(more)) t.is(each.status, 'rejected');
  await free();
  const from = accepted.length + 1;
  t.deepEqual(accepted, upTo(accepted.length));
  await fill(outbox, from, from + 400);
  t.deepEqual(await numbers(t, outbox), upTo(from + 400));
  await outbox.close();
  t.true((await verified(dir)).every(({ whole }) => whole));
  const again = await small(t, dir);
  t.deepEqual(await numbers(t, again), upTo(from + 400));
}

test('a full disk refuses, and when it is freed the lane goes on by itself (writes that fail half way)', async (t) => {
  let room = 700 * KIB + 123;
  const disk = boundedDisk(
    () => room,
    (bytes) => {
      room -= bytes;
    },
  );
  await fullAndFreed(
    t,
    await folder(t),
    async () => {
      room = 1e9;
    },
    disk,
  );
});

test('of many at once as many count as are on disk when it is full; the rest goes in later, without a hole', async (t) => {
  const dir = await folder(t);
  let room = 600 * KIB;
  const disk = boundedDisk(
    () => room,
    (bytes) => {
      room -= bytes;
    },
  );
  const outbox = await small(t, dir, { disk, reserveBytes: { telemetry: 0 } });
  const records = upTo(5000).map((number) => ({ kind: 'opaque' as const, text: text(number) }));
  const some = await outbox.appendMany('telemetry', records);
  t.like(some, { first: 1, refused: { code: 'OUTBOX_DISK_FULL' } });
  t.true(some.count > 0 && some.count < 5000);
  t.is(outbox.lane('telemetry').nextSeq, some.count + 1);
  room = 1e9;
  t.like(await outbox.appendMany('telemetry', records.slice(some.count)), {
    first: some.count + 1,
    count: 5000 - some.count,
    refused: null,
  });
  t.deepEqual(await numbers(t, outbox), upTo(5000));
  await outbox.close();
  t.deepEqual(await numbers(t, await small(t, dir)), upTo(5000));
});

test('after a failed sync nothing more is written to that file, and nothing accepted is lost', async (t) => {
  const dir = await folder(t);
  let broken = false;
  const disk: Disk = {
    ...realDisk,
    async datasync(fd) {
      if (broken) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
      await realDisk.datasync(fd);
    },
  };
  const outbox = await small(t, dir, { disk });
  await fill(outbox, 1, 300);
  broken = true;
  await t.throwsAsync(outbox.append('telemetry', { kind: 'opaque', text: '{"ghost":1}' }), {
    code: 'OUTBOX_DISK_FAULT',
  } as object);
  broken = false;
  await fill(outbox, 301, 600);
  t.deepEqual(await numbers(t, outbox), upTo(600));
  t.is((await segmentsIn(dir)).length, 2);
  await outbox.close();
  t.deepEqual(await numbers(t, await small(t, dir)), upTo(600));
  t.true((await verified(dir)).every(({ whole }) => whole));
});
