import test from 'ava';
import type { Frame } from '../../drivers/camera/types.ts';
import { readPicture } from '../../models/image.ts';
import { CameraPath } from './path.ts';
import { at, camera, find, frame, MadeLooker, profile, seqOf } from './testscene.ts';
import type { FrameReport, Sighting } from './types.ts';

const parked = () => [find('car', at(150, 150)), find('person', [300, 100, 40, 100], 0.16)];

function start(looker: MadeLooker, more: Partial<ConstructorParameters<typeof CameraPath>[0]> = {}) {
  const reports: FrameReport[] = [];
  const sightings: Sighting[] = [];
  const faults: unknown[] = [];
  const path = new CameraPath({
    device: 'box',
    site: 'site',
    camera,
    profile: profile(5),
    looker,
    onReport: (report) => reports.push(report),
    onSighting: (sighting) => void sightings.push(sighting),
    onFault: (fault) => faults.push(fault),
    ...more,
  });
  return { path, reports, sightings, faults };
}

async function* recording(frames: number, rate: number): AsyncGenerator<Frame> {
  for (let seq = 0; seq < frames; seq++) yield frame(seq, Math.round((seq * 1000) / rate));
}

/** Lets everything that can go on go on. */
const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
};

test('a recording: due frames by frame time, a wide look each second, all in order', async (t) => {
  const looker = new MadeLooker(2, parked);
  const { path, reports } = start(looker);
  await path.feed(recording(30, 10));
  t.deepEqual(
    reports.map((report) => report.time),
    [0, 300, 500, 800, 1000, 1300, 1500, 1800, 2000, 2300, 2500, 2800],
  );
  t.deepEqual(
    looker.asked.filter((one) => one.depth === 'wide').map((one) => one.seq),
    [0, 10, 20],
  );
  t.true(
    reports.every((report) => report.objects.length === 1),
    'what is hidden only is no object of the report',
  );
});

test('one worker or three: the same reports and sightings, and the first sight is the frame of its time', async (t) => {
  const results = [];
  for (const workers of [1, 3]) {
    const { path, reports, sightings } = start(new MadeLooker(workers, parked));
    await path.feed(recording(100, 4));
    t.is(sightings.length, 1);
    const { event, first, proof } = sightings[0]!;
    t.is(event.until, 5250);
    t.deepEqual([first.frame.time, first.frame.seq, proof.frame.time], [0, 0, 5250]);
    t.true(first.frame.rgb.buffer instanceof SharedArrayBuffer);
    t.is(seqOf(proof.frame), 21);
    t.true(Math.abs(first.frame.rgb[40_000]! - 120) <= 2);
    results.push({ reports, event, first: Buffer.from(first.frame.rgb).toString('base64') });
  }
  t.deepEqual(results[0], results[1]);
});

test('looks that end out of turn are handled in the order of their frames', async (t) => {
  const looker = new MadeLooker(3, parked, true);
  const { path, reports } = start(looker);
  for (let seq = 0; seq < 3; seq++) path.offer(frame(seq, seq * 250));
  await turns();
  for (const finish of looker.waiting.toReversed()) {
    t.is(reports.length, 0);
    finish();
  }
  await path.settled();
  t.deepEqual(
    reports.map((report) => report.seq),
    [0, 1, 2],
  );
});

test('live: a frame that is due while all workers are busy is let go and counted; a later one of its slot may do', async (t) => {
  const looker = new MadeLooker(1, parked, true);
  const { path } = start(looker);
  for (let i = 0; i < 10; i++) path.offer(frame(i, i * 100));
  t.deepEqual(
    looker.asked.map((one) => one.seq),
    [0],
  );
  t.is(path.stats(1000).skipped, 2, 'the slots from 250 and 500 ms are over');
  looker.waiting.shift()!();
  await path.settled();
  path.offer(frame(10, 990));
  t.is(looker.asked.length, 2);
  looker.waiting.shift()!();
  await path.settled();
  path.offer(frame(11, 1010));
  t.is(path.stats(1010).skipped, 2);
  looker.waiting.shift()!();
  await path.close();
});

test('live: a look that fails costs its frame and nothing else', async (t) => {
  const looker = new MadeLooker(1, (seq) => (seq === 3 ? new Error('LOOK_TIMEOUT') : parked()));
  const { path, reports, sightings, faults } = start(looker);
  for (let i = 0; i < 30; i++) {
    path.offer(frame(i, i * 250));
    await path.settled();
  }
  t.is(reports.length, 29);
  t.is(path.stats(7500).failed, 1);
  t.is(faults.length, 1);
  t.is(sightings.length, 1);
});

test('a recording tries a failed look again, so that the result stays the same', async (t) => {
  let fails = 2;
  const looker = new MadeLooker(1, (seq) => (seq === 3 && fails-- > 0 ? new Error('LOOK_TIMEOUT') : parked()));
  const { path, reports } = start(looker);
  await path.feed(recording(8, 4));
  t.is(reports.length, 8);
  t.is(path.stats(2000).failed, 0);
});

test('a recording waits for who takes its sightings, and ends with its fault', async (t) => {
  const looker = new MadeLooker(2, parked);
  const { path, reports } = start(looker, { onSighting: () => Promise.reject(new Error('no room')) });
  let ended = false;
  const frames = async function* () {
    try {
      yield* recording(1000, 4);
    } finally {
      ended = true;
    }
  };
  await t.throwsAsync(path.feed(frames()), { message: 'no room' });
  t.true(ended, 'the source was ended too');
  t.true(reports.length < 40);
});

test('the page gets the picture of a look with its own persons hidden, weak ones too, and only the last few', async (t) => {
  const looker = new MadeLooker(1, parked);
  const { path } = start(looker);
  t.is(await path.jpeg(null), null);
  for (let i = 0; i < 12; i++) {
    const one = frame(i, i * 250);
    // Stripes where the person is and where the car is.
    for (let y = 100; y < 200; y++) {
      for (let x = 130; x < 340; x += 4) one.rgb.fill(255, (y * 400 + x) * 3, (y * 400 + x + 2) * 3);
    }
    path.offer(one);
    await path.settled();
  }
  t.is(path.stats(3000).latest, 11);
  t.is(await path.jpeg(0), null);
  const newest = await path.jpeg(null);
  t.is(newest!.seq, 11);
  t.is((await path.jpeg(11))!.jpeg, newest!.jpeg, 'encoded once');
  t.is(path.report(11)!.seq, 11);
  const { rgb } = await readPicture(newest!.jpeg);
  const spread = (x0: number) => {
    const row = Array.from({ length: 32 }, (_, i) => rgb[(150 * 400 + x0 + i) * 3]!);
    return Math.max(...row) - Math.min(...row);
  };
  t.true(spread(304) < 40, `the person is flat: ${spread(304)}`);
  t.true(spread(134) > 80, 'the car is not');
});

test('real rates come from the times of the frames', async (t) => {
  const { path } = start(new MadeLooker(1, parked));
  for (let i = 0; i <= 100; i++) {
    path.offer(frame(i, i * 100));
    await path.settled();
  }
  t.like(path.stats(10_000), { frames_per_s: 10, looks_per_s: 4, look_ms: 1 });
  t.like(path.stats(20_000), { frames_per_s: 0, looks_per_s: 0 });
});

/** Two boxes walk through a grey picture. */
const walk = (seq: number, time: number): Frame => {
  const one = frame(seq, time);
  for (const [top, step] of [
    [60, 3],
    [220, -2],
  ] as const) {
    const left = (200 + step * seq + 4000) % 360;
    for (let y = top; y < top + 30; y++) one.rgb.fill(240, (y * 400 + left) * 3, (y * 400 + left + 16) * 3);
  }
  return one;
};

test('a recording enlarges what moves and the zone, as much as it may, the same with one worker or three', async (t) => {
  const asked = [];
  for (const workers of [1, 3]) {
    const looker = new MadeLooker(workers, parked);
    const { path } = start(looker, { camera: { ...camera, crops: 2 } });
    await path.feed(
      (async function* () {
        for (let seq = 0; seq < 60; seq++) yield walk(seq, seq * 250);
      })(),
    );
    asked.push(looker.asked);
    const crops = looker.asked.flatMap((one) => one.crops);
    t.true(crops.length >= 110, `${crops.length}`);
    const places = [60, 220, 150].map((y) => crops.filter((crop) => crop[1] < y && y < crop[1] + crop[3]).length);
    t.true(
      places.every((count) => count > 15),
      `${places}`,
    );
  }
  t.deepEqual(asked[0], asked[1]);
});

test('live: crops come by the time there is, go at once when looks are late, and come back', async (t) => {
  const looker = new MadeLooker(1, parked, true);
  looker.ms = 20;
  const { path, reports } = start(looker, { camera: { ...camera, crops: 2 } });
  /** @param late looks end only when all frames were offered */
  const live = async (from: number, until: number, late = false) => {
    const before = looker.asked.length;
    for (let time = from; time < until; time += 125) {
      path.offer(frame(1, time));
      if (late) continue;
      looker.waiting.shift()?.();
      await path.settled();
    }
    looker.waiting.shift()?.();
    await turns();
    looker.waiting.shift()?.();
    await path.settled();
    return looker.asked.slice(before).map(({ crops }) => crops.length);
  };
  t.deepEqual(new Set(await live(0, 1000)), new Set([0]));
  await live(1000, 15_000);
  const before = await live(15_000, 20_000);
  t.deepEqual(new Set(before), new Set([1]), 'the zone with the car that stands in it, at each look');
  t.is(path.stats(20_000).crops_per_s, 4);
  t.is(path.stats(20_000).look_ms, 20, 'of an inference');
  t.deepEqual(await live(20_000, 22_000, true), [1]);
  t.true(path.stats(22_000).skipped > 3);
  t.deepEqual(new Set(await live(22_000, 22_500)), new Set([0]));
  await live(22_500, 34_000);
  t.deepEqual(new Set(await live(34_000, 36_000)), new Set([1]));
  t.true(reports.length > 100);
  path.adopt({ ...camera, crops: 0 }, profile(5));
  t.deepEqual(new Set(await live(36_000, 38_000)), new Set([0]));
});

test('live: a camera of which each look is a wide one has crops too, and its time is known', async (t) => {
  const looker = new MadeLooker(1, parked);
  looker.ms = 20;
  const { path } = start(looker, { camera: { ...camera, crops: 2, looks_per_s: 1, wide_every_s: 1 } });
  for (let time = 0; time < 20_000; time += 500) {
    path.offer(frame(1, time));
    await path.settled();
  }
  t.deepEqual(new Set(looker.asked.map(({ depth }) => depth)), new Set(['wide']));
  t.is(looker.asked.at(-1)!.crops.length, 1, 'the zone with the car that stands in it');
  t.is(path.stats(20_000).look_ms, 20);
});

test('live: a look is told in time: where its crops would take too long it has none', async (t) => {
  for (const [ms, crops] of [
    [60, 1],
    [100, 0],
  ] as const) {
    const looker = new MadeLooker(4, parked);
    looker.ms = ms;
    const { path } = start(looker, { camera: { ...camera, wide_every_s: 0, crops: 2 } });
    for (let time = 0; time < 20_000; time += 250) {
      path.offer(frame(1, time));
      await path.settled();
    }
    t.is(looker.asked.at(-1)!.crops.length, crops, `${ms} ms`);
  }
});

test('live: a still picture is looked at now and then, movement and what comes to rest at every turn', async (t) => {
  const looker = new MadeLooker(2, parked);
  const gated = { ...camera, gate: true, idle_look_s: 2 };
  const { path, reports } = start(looker, { camera: gated });
  const moving = (i: number): Frame => {
    const one = frame(0, i * 250);
    // something walks through between the tenth and the fifteenth second
    if (i >= 40 && i < 60)
      for (let y = 100; y < 140; y++) one.rgb.fill(250, (y * 400 + i * 4) * 3, (y * 400 + i * 4 + 30) * 3);
    return one;
  };
  for (let i = 0; i < 100; i++) {
    path.offer(moving(i));
    await path.settled();
  }
  const times = (from: number, to: number) => reports.filter(({ time }) => time >= from && time < to).length;
  t.true(times(2000, 10_000) <= 5, `still: ${times(2000, 10_000)}`);
  t.is(times(10_000, 15_000), 20, 'moving');
  t.true(times(15_000, 16_500) >= 5, 'what came to rest is looked at once more');
  t.true(times(19_000, 25_000) <= 4, `still again: ${times(19_000, 25_000)}`);
  const { gated_per_s, skipped, moving: share } = path.stats(24_750);
  t.true(gated_per_s > 2, `${gated_per_s}`);
  t.is(skipped, 0, 'a look that was not needed was not missed');
  t.is(share, 0);
});
