// What nobody wants any more goes by itself, judged by time since boot alone, and is noted; cases never go.
import test from 'ava';
import fc from 'fast-check';
import { LANES } from '../../contract/index.ts';
import { Ages, addBoot, type Boot } from './ages.ts';
import { laneBounds } from './bounds.ts';
import { listOutbox } from './inspect.ts';
import type { Outbox, OutboxOptions } from './outbox.ts';
import { BOOT, folder, KIB, readAll, segmentsIn, small, text } from './testing.ts';

const OTHER = 'fedcba98-7654-3210-fedc-ba9876543210';

/** A clock whose monotonic time is set by hand; its wall clock is of no use. */
function handClock(now: number) {
  const clock = { now, mono: (): number => clock.now, wall: (): number => (clock.now * 7919) % 1e12 };
  return Object.assign(clock, { quality: () => 'unknown' as const });
}

async function put(outbox: Outbox, from: number, to: number, expires?: number): Promise<void> {
  const records = Array.from({ length: to - from + 1 }, (_, index) => ({
    kind: 'telemetry' as const,
    text: text(from + index),
    ...(expires === undefined ? {} : { expires }),
  }));
  const done = outbox.appendMany('telemetry', records);
  await outbox.flush('telemetry');
  await done;
}

const numbers = async (outbox: Outbox) => (await readAll(outbox.lane('telemetry'))).map(({ seq }) => seq);

test('a reader passes over what has expired, and the lane says for good that it is gone and why', async (t) => {
  const dir = await folder(t);
  const clock = handClock(1000);
  const outbox = await small(t, dir, { clock });
  const lane = outbox.lane('telemetry');
  await put(outbox, 1, 3, 2000);
  await put(outbox, 4, 5);
  await put(outbox, 6, 6, 3000);
  t.deepEqual(await numbers(outbox), [1, 2, 3, 4, 5, 6]);
  clock.now = 2000;
  t.deepEqual(await numbers(outbox), [4, 5, 6]);
  t.like(lane.gaps, [{ first: 1, last: 3, count: 3, reason: 'expired' }]);
  t.is(lane.low, 4);
  t.is((await lane.stats()).waiting, 3);
  clock.now = 3000;
  t.deepEqual(await numbers(outbox), [4, 5]);
  await outbox.close();
  for await (const { gaps, waiting } of listOutbox(dir, 0)) {
    t.like(gaps, [
      { count: 3, reason: 'expired' },
      { first: 6, count: 1, reason: 'expired' },
    ]);
    t.is(waiting, 2);
  }
});

test('cases and alarms never expire here, whatever their producer wrote', async (t) => {
  const clock = handClock(1000);
  const outbox = await small(t, await folder(t), { clock, lanes: ['alarm', 'case'] });
  for (const lane of ['alarm', 'case'] as const) {
    await outbox.append(lane, { kind: 'case', text: '{}', expires: 1500 });
    clock.now = 1e12;
    t.like(await readAll(outbox.lane(lane)), [{ seq: 1, expires: 1500 }]);
    t.deepEqual(outbox.lane(lane).gaps, []);
  }
});

test('at its quota a lane lets go of expired segments first, and of older ones only then', async (t) => {
  const dir = await folder(t);
  const clock = handClock(1000);
  const options: Partial<OutboxOptions> = { clock, quotaBytes: { telemetry: 768 * KIB } };
  let outbox = await small(t, dir, options);
  await put(outbox, 1, 600);
  await put(outbox, 601, 2400, 2000);
  // What the segments were sealed with survives a restart.
  await outbox.close();
  outbox = await small(t, dir, options);
  clock.now = 2001;
  const full = (await segmentsIn(dir)).length;
  t.true(full >= 4);
  await put(outbox, 2401, 3400);
  const { gaps } = outbox.lane('telemetry');
  t.true(
    gaps.length > 0 && gaps.every(({ reason, first, last }) => reason === 'expired' && first > 600 && last < 2401),
  );
  const never = [...Array(600).keys(), ...Array.from({ length: 1000 }, (_, index) => 2400 + index)];
  t.deepEqual(
    await numbers(outbox),
    never.map((index) => index + 1),
  );
  t.is((await outbox.lane('telemetry').stats()).waiting, 1600);
});

test('age goes on over a reboot by what each boot is known to have run; a wall clock never counts', async (t) => {
  const dir = await folder(t);
  const clock = handClock(5000);
  let outbox = await small(t, dir, { clock });
  await put(outbox, 1, 1, 6000);
  clock.now = 5600;
  await put(outbox, 2, 2);
  await outbox.close();
  clock.now = 300;
  outbox = await small(t, dir, { clock, bootId: OTHER });
  t.deepEqual(await numbers(outbox), [1, 2], '600 + 300 ms old');
  clock.now = 399;
  t.deepEqual(await numbers(outbox), [1, 2]);
  clock.now = 400;
  t.deepEqual(await numbers(outbox), [2], '600 + 400 ms old');
});

test('an age is never more than what has passed, and never goes back within a boot', (t) => {
  const life = fc.record({ runs: fc.integer({ min: 1, max: 1e6 }), known: fc.double({ min: 0, max: 1, noNaN: true }) });
  const property = fc.property(fc.array(life, { minLength: 1, maxLength: 20 }), fc.nat(1e6), (lives, now) => {
    let boots: Boot[] = [];
    for (const [index, { runs, known }] of lives.entries()) {
      boots = addBoot(boots, { boot: String(index), mono: Math.floor(runs * known) });
    }
    t.true(boots.length <= 16);
    const ages = new Ages('now', () => now, boots);
    let passed = now;
    for (const [index, { runs }] of [...lives.entries()].reverse()) {
      for (const mono of [0, runs / 2, runs]) {
        t.true(ages.since(String(index), mono) <= passed + (runs - mono));
        t.true(ages.since(String(index), mono) >= now);
      }
      passed += runs;
    }
    t.is(ages.since('now', now / 2), now / 2);
  });
  t.notThrows(() => fc.assert(property, { numRuns: 200 }));
});

test('the lanes’ bounds follow the disk: never more than a quarter of it, never less than two segments', (t) => {
  const property = fc.property(fc.double({ min: 2 ** 26, max: 2 ** 42, noNaN: true }), (disk) => {
    let sum = 0;
    for (const lane of LANES) {
      const { quotaBytes, segmentBytes, reserveBytes } = laneBounds(lane, disk);
      t.true(quotaBytes >= 2 * segmentBytes && segmentBytes >= 128 * KIB && segmentBytes % 4096 === 0);
      t.true(reserveBytes <= segmentBytes && reserveBytes >= 128 * KIB);
      sum += quotaBytes + reserveBytes;
    }
    t.true(sum <= disk / 4, `${sum} of ${disk}`);
  });
  t.notThrows(() => fc.assert(property, { numRuns: 200 }));
  t.is(laneBounds('telemetry', 8e9).quotaBytes, 480_002_048);
  t.is(laneBounds('telemetry', 1e12).quotaBytes, 2 ** 30);
  t.like(laneBounds('case', 1e12, { quotaBytes: 2 ** 20, segmentBytes: 2 ** 18 }), { quotaBytes: 2 ** 20 });
});

test('a lane whose disk has become smaller keeps to its new quota from the next segment on', async (t) => {
  const dir = await folder(t);
  const large = await small(t, dir, { quotaBytes: { telemetry: 2048 * KIB } });
  await put(large, 1, 5000);
  await large.close();
  t.true((await segmentsIn(dir)).length > 8);
  const smaller = await small(t, dir, { quotaBytes: { telemetry: 512 * KIB }, bootId: BOOT });
  await put(smaller, 5001, 5600);
  t.true((await segmentsIn(dir)).length <= 4);
  t.like(smaller.lane('telemetry').gaps, [{ first: 1, reason: 'quota' }]);
});
