// The outbox as its producers and its sender use it: accepted means found again, acknowledged means freed, full means said.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { LANES } from '../../contract/index.ts';
import { listOutbox, verifyOutbox } from './inspect.ts';
import { openOutbox } from './outbox.ts';
import { BOOT, fill, folder, KIB, readAll, segmentsIn, small, steppingClock, text } from './testing.ts';

const opaque = (number: number, bytes = 200) => ({ kind: 'opaque' as const, text: text(number, bytes) });

test('each lane numbers from 1 and gives back what it was given, also after it was opened anew', async (t) => {
  const dir = await folder(t);
  const options = { clock: steppingClock(1000), bootId: BOOT, newEpoch: () => 'beefbeef' };
  const outbox = await openOutbox(dir, options);
  const picture = Buffer.from([0, 10, 255, 13, 0]);
  for (const lane of LANES) {
    const accepted = outbox.append(lane, {
      kind: 'evidence',
      text: '{"é": "\\n"}',
      bytes: picture,
      expires: 9e9 + 0.5,
    });
    await outbox.flush(lane);
    t.deepEqual(await accepted, { lane, epoch: 'beefbeef', seq: 1 });
  }
  await outbox.close();
  const again = await openOutbox(dir, { ...options, newEpoch: () => 'dead0000' });
  t.teardown(() => again.close());
  for (const lane of LANES) {
    const [record, ...more] = await readAll(again.lane(lane));
    t.deepEqual(more, []);
    t.like(record, { seq: 1, kind: 'evidence', text: '{"é": "\\n"}', boot: BOOT, clock: 'held', expires: 9e9 + 0.5 });
    t.deepEqual(record?.bytes, picture);
    t.is(again.lane(lane).epoch, 'beefbeef');
    t.is(again.lane(lane).nextSeq, 2);
  }
});

test('a lane that was opened and never used keeps its epoch', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  const { epoch } = outbox.lane('telemetry');
  await outbox.close();
  for await (const line of listOutbox(dir, 0)) t.like(line, { epoch, first: 1, next: 1, waiting: 0 });
  t.is((await small(t, dir)).lane('telemetry').epoch, epoch);
});

test('a reader that follows gets what comes, and ends when it is told to', async (t) => {
  const outbox = await small(t, await folder(t));
  const lane = outbox.lane('telemetry');
  const stop = new AbortController();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { seq } of lane.read(1, { follow: true, signal: stop.signal })) {
      seen.push(seq);
      if (seq === 1500) stop.abort();
    }
  })();
  await fill(outbox, 1, 1500);
  await reading;
  t.deepEqual(
    seen,
    Array.from({ length: 1500 }, (_, index) => index + 1),
  );
  t.true(await lane.waitForMore(1500));
  const waiting = lane.waitForMore(1501);
  await outbox.close();
  t.false(await waiting);
});

test('an acknowledgement frees whole segments, and the disk falls back', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  const lane = outbox.lane('telemetry');
  await fill(outbox, 1, 5000);
  const full = await segmentsIn(dir);
  t.true(full.length > 8);
  t.false(lane.ack('0000000000', 5000), 'another epoch');
  t.false(lane.ack(lane.epoch, 5001), 'more than was sent');
  t.true(lane.ack(lane.epoch, 5000));
  t.is(lane.low, 5001);
  t.like(await lane.stats(), { waiting: 0, oldest: null, strayAcks: 2 });
  await outbox.close();
  t.is((await segmentsIn(dir)).length, 1);
  const again = await small(t, dir);
  t.is(again.lane('telemetry').acked, 5000);
  await fill(again, 5001, 5100);
  t.deepEqual((await readAll(again.lane('telemetry'))).map(({ seq }) => seq)[0], 5001);
});

test('without a restart the cursor is saved soon, whenever the ack came, and segments go', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  const lane = outbox.lane('telemetry');
  await fill(outbox, 1, 3000);
  const saved = async () => {
    for await (const { acked } of listOutbox(dir, 0)) return acked;
    return 0;
  };
  // One ack while the save of another is under way: it must not be forgotten.
  for (let upTo = 1; upTo <= 3000; upTo += 7) {
    lane.ack(lane.epoch, upTo);
    await new Promise(setImmediate);
  }
  lane.ack(lane.epoch, 3000);
  const deadline = Date.now() + 20_000;
  while (((await saved()) ?? 0) < 3000 && Date.now() < deadline) await new Promise(setImmediate);
  t.is(await saved(), 3000);
});

test('a partly acknowledged lane goes on behind its cursor', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  await fill(outbox, 1, 1000);
  const { epoch } = outbox.lane('telemetry');
  outbox.lane('telemetry').ack(epoch, 321);
  await outbox.close();
  const again = await small(t, dir);
  const records = await readAll(again.lane('telemetry'));
  t.is(records.length, 679);
  t.is(records[0]?.text, text(322));
  t.like(await again.lane('telemetry').stats(), { waiting: 679, oldest: records[0]?.at });
});

test('telemetry beyond its quota loses its oldest segments, and says so for good', async (t) => {
  const dir = await folder(t);
  const quotaBytes = { telemetry: 512 * KIB };
  const outbox = await small(t, dir, { quotaBytes });
  await fill(outbox, 1, 6000);
  const lane = outbox.lane('telemetry');
  t.is(lane.gaps.length, 1);
  const [gap] = lane.gaps;
  t.like(gap, { first: 1, count: gap!.last, reason: 'quota' });
  t.deepEqual((await lane.stats()).gone, { quota: gap!.count });
  t.is(lane.low, gap!.last + 1);
  const sizes = await Promise.all((await segmentsIn(dir)).map((name) => stat(join(dir, 'telemetry', name))));
  t.true(sizes.reduce((sum, { size }) => sum + size, 0) <= 512 * KIB);
  const records = await readAll(lane);
  t.is(records.length, 6000 - gap!.count);
  t.is(records[0]?.text, text(gap!.last + 1));
  await outbox.close();
  const again = await small(t, dir, { quotaBytes });
  t.deepEqual(again.lane('telemetry').gaps, lane.gaps);
});

test('what was acknowledged before it was evicted is no loss', async (t) => {
  const outbox = await small(t, await folder(t), { quotaBytes: { telemetry: 256 * KIB } });
  const lane = outbox.lane('telemetry');
  for (let from = 1; from < 6000; from += 100) {
    await fill(outbox, from, from + 99);
    lane.ack(lane.epoch, from + 99);
  }
  t.deepEqual(lane.gaps, []);
});

for (const name of ['case', 'alarm'] as const) {
  test(`the ${name} lane refuses when its quota is full, evicts nothing, and takes again what fits later`, async (t) => {
    const dir = await folder(t);
    const outbox = await small(t, dir, { lanes: [name], quotaBytes: { [name]: 256 * KIB } });
    const lane = outbox.lane(name);
    let accepted = 0;
    const error = await t.throwsAsync(async () => {
      for (; accepted < 1000; accepted++) await outbox.append(name, opaque(accepted + 1, 4000));
    });
    t.like(error, { code: 'OUTBOX_FULL' });
    t.deepEqual(lane.gaps, []);
    t.is((await readAll(lane)).length, accepted);
    lane.ack(lane.epoch, accepted);
    t.is((await outbox.append(name, opaque(accepted + 1, 4000))).seq, accepted + 1);
  });
}

test('a record is refused for what it is, and costs the others nothing', async (t) => {
  const outbox = await small(t, await folder(t));
  const refused = (record: { text: string; bytes?: Buffer }, code: string) =>
    t.throwsAsync(outbox.append('telemetry', { kind: 'opaque', ...record }), { code } as object);
  const before = outbox.append('telemetry', opaque(1));
  await refused({ text: '{' }, 'OUTBOX_NOT_JSON');
  await refused({ text: '{"a":\n1}' }, 'OUTBOX_NOT_JSON');
  await refused({ text: '"\ud800"' }, 'OUTBOX_NOT_JSON');
  await refused({ text: `"${'x'.repeat(64 * KIB)}"` }, 'OUTBOX_TOO_LARGE');
  await refused({ text: '{}', bytes: Buffer.alloc(256 * KIB + 1) }, 'OUTBOX_TOO_LARGE');
  const largest = outbox.append('telemetry', { kind: 'opaque', text: `"${'x'.repeat(64 * KIB - 2)}"` });
  t.deepEqual([(await before).seq, (await largest).seq], [1, 2]);
  await outbox.close();
  await t.throwsAsync(outbox.append('telemetry', opaque(1)), { code: 'OUTBOX_CLOSED' } as object);
});

test('many at once get numbers without a hole, between those that come one by one', async (t) => {
  const outbox = await small(t, await folder(t));
  const one = outbox.append('telemetry', opaque(1));
  const many = outbox.appendMany(
    'telemetry',
    Array.from({ length: 3000 }, (_, index) => opaque(index + 2)),
  );
  const none = outbox.appendMany('telemetry', []);
  const last = outbox.append('telemetry', opaque(3002));
  await outbox.flush('telemetry');
  t.is((await one).seq, 1);
  t.like(await many, { lane: 'telemetry', first: 2, count: 3000, refused: null });
  t.like(await none, { count: 0, refused: null });
  t.is((await last).seq, 3002);
  const found = await readAll(outbox.lane('telemetry'));
  t.deepEqual(
    found.map(({ text: stored }) => stored),
    Array.from({ length: 3002 }, (_, index) => text(index + 1)),
  );
});

test('of many at once those before a bad one are kept, and it and the rest are not', async (t) => {
  const outbox = await small(t, await folder(t));
  const { first, count, refused } = await outbox.appendMany('telemetry', [
    opaque(1),
    opaque(2),
    { kind: 'opaque', text: '{' },
    opaque(3),
  ]);
  t.deepEqual([first, count], [1, 2]);
  t.like(refused, { code: 'OUTBOX_NOT_JSON' });
  t.is((await outbox.append('telemetry', opaque(3))).seq, 3);
  await outbox.close();
  t.like((await outbox.appendMany('telemetry', [opaque(4)])).refused, { code: 'OUTBOX_CLOSED' });
});

test('of more at once than may wait the rest is handed in when the first have settled', async (t) => {
  const outbox = await small(t, await folder(t));
  const records = Array.from({ length: 700 }, () => ({ kind: 'opaque' as const, text: `"${'x'.repeat(60 * KIB)}"` }));
  let done = 0;
  let rounds = 0;
  for (; done < records.length; rounds++) {
    const { first, count, refused } = await outbox.appendMany('telemetry', records.slice(done));
    t.is(first, done + 1);
    done += count;
    if (refused) t.like(refused, { code: 'OUTBOX_BUSY' });
  }
  t.true(rounds > 1);
  t.is((await readAll(outbox.lane('telemetry'))).length, 700);
});

test('who does not wait is told to, before memory is full', async (t) => {
  const outbox = await small(t, await folder(t), { delayMs: { telemetry: 60_000 } });
  const results = Array.from({ length: 400 }, () =>
    outbox.append('telemetry', { kind: 'opaque', text: `"${'x'.repeat(60 * KIB)}"` }).then(
      () => 'accepted',
      (error) => error.code,
    ),
  );
  await outbox.flush('telemetry');
  const counts = Map.groupBy(await Promise.all(results), (each) => each);
  t.deepEqual([...counts.keys()].sort(), ['OUTBOX_BUSY', 'accepted']);
  t.true(counts.get('accepted')!.length * 60 * KIB < 16 * KIB * KIB);
});

test('clocks that jump ten years either way are kept as they were', async (t) => {
  let wall = 1_790_000_000_000;
  const clock = { wall: () => wall, mono: () => 1, quality: () => 'unknown' as const };
  const outbox = await small(t, await folder(t), { clock, delayMs: { telemetry: 50 } });
  const walls = [0, 3.2e11, -3.2e11, 5, 1.79e12].map((jump) => 1_790_000_000_000 + jump - 1);
  const accepted = walls.map((at) => {
    wall = at;
    return outbox.append('telemetry', opaque(1));
  });
  await Promise.all(accepted);
  t.deepEqual(
    (await readAll(outbox.lane('telemetry'))).map(({ at }) => at),
    walls,
  );
});

test('ls and verify find a busy outbox whole, while its segments are filled, freed and recycled', async (t) => {
  const dir = await folder(t);
  const outbox = await small(t, dir);
  const lane = outbox.lane('telemetry');
  let looks = 0;
  let busy = true;
  const looking = (async () => {
    while (busy) {
      for await (const line of verifyOutbox(dir, 0)) t.true(line.whole, JSON.stringify(line));
      for await (const line of listOutbox(dir, 0)) t.deepEqual(line.gaps, []);
      looks++;
    }
  })();
  for (let from = 1; from < 20_000; from += 500) {
    await fill(outbox, from, from + 499);
    lane.ack(lane.epoch, from + 300);
  }
  busy = false;
  await looking;
  t.log(`${looks} looks`);
  t.true(looks > 3);
});

test('any order of appends, acks, evictions and restarts keeps to what it promised', async (t) => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ append: fc.integer({ min: 1, max: 250 }), bytes: fc.integer({ min: 40, max: 900 }) }),
    },
    { weight: 2, arbitrary: fc.record({ ack: fc.double({ min: 0, max: 1, noNaN: true }) }) },
    { weight: 1, arbitrary: fc.constant('reopen' as const) },
  );
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
    const dir = await folder(t);
    const options = { quotaBytes: { telemetry: 512 * KIB } };
    let outbox = await small(t, dir, options);
    const sizes: number[] = [];
    let acked = 0;
    for (const each of steps) {
      const lane = outbox.lane('telemetry');
      if (each === 'reopen') {
        await outbox.close();
        outbox = await small(t, dir, options);
      } else if ('append' in each) {
        await fill(outbox, sizes.length + 1, sizes.length + each.append, each.bytes);
        for (let count = 0; count < each.append; count++) sizes.push(each.bytes);
      } else {
        acked = Math.max(acked, Math.floor(each.ack * sizes.length));
        t.true(lane.ack(lane.epoch, acked));
      }
    }
    const lane = outbox.lane('telemetry');
    const found = await readAll(lane);
    for (const { seq, text: stored } of found) t.is(stored, text(seq, sizes[seq - 1]));
    const gone = lane.gaps.filter(({ last }) => last > acked);
    const isGone = (seq: number) => gone.some(({ first, last }) => first <= seq && seq <= last);
    const due = sizes.map((_, index) => index + 1).filter((seq) => seq > acked && !isGone(seq));
    t.deepEqual(
      found.map(({ seq }) => seq),
      due,
    );
    t.is((await lane.stats()).waiting, due.length);
    await outbox.close();
    for await (const line of listOutbox(dir, 0)) {
      t.like(line, { acked, waiting: due.length, next: sizes.length + 1 });
    }
  });
  await t.notThrowsAsync(fc.assert(property, { numRuns: 15 }));
});
