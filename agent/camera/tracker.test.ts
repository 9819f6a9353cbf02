import test from 'ava';
import { at, find } from './testscene.ts';
import { Tracker } from './tracker.ts';
import type { Box } from './types.ts';

const options = { sure: 0.5, weak: 0.2, keep_s: 5, lasting: ['car', 'truck', 'bus'], keep_moving_s: 5 };

type Finds = ReturnType<typeof find>[];

/** Runs looks, 250 ms apart, and gives the ids found in each (in the order of ids). */
function ids(looks: Finds[]): string[] {
  const tracker = new Tracker(options);
  return looks.map((finds, i) => {
    const found = tracker.update(i * 250, finds).filter((track) => track.last === i * 250);
    return found.map((track) => `${track.id}${track.class[0]}`).join(' ');
  });
}

const repeat = (n: number, finds: Finds): Finds[] => Array.from({ length: n }, () => finds);
const van: Box = [642, 41, 75, 59];
const right: Box = [724, 49, 44, 48];

test('ids count from 1 in the order of first sight, surest first', (t) => {
  t.deepEqual(ids([[find('car', van, 0.7), find('person', at(100, 200), 0.9)], [find('car', van)]]), ['1p 2c', '2c']);
});

test('a van that is taken for a car, a truck and a bus keeps its id; its class is the one with most weight', (t) => {
  const flips = [find('car', van, 0.7), find('truck', van, 0.6), find('bus', van, 0.5), find('truck', van, 0.9)];
  t.deepEqual(ids(flips.map((one) => [one])), ['1c', '1c', '1c', '1t']);
});

test('one thing that is found as car and as truck in the same look is one', (t) => {
  const [x, y, w, h] = van;
  t.deepEqual(ids([[find('car', van, 0.7), find('truck', [x + 2, y + 1, w, h], 0.6)]]), ['1c']);
});

test('a person never joins a vehicle, however well it lies over it', (t) => {
  t.deepEqual(ids([[find('car', van)], [find('person', van)], [find('car', van)]]), ['1c', '2p', '1c']);
});

test('weak finds keep a track alive and begin none', (t) => {
  const looks = [[find('car', van, 0.3)], [find('car', van, 0.7)], ...repeat(30, [find('car', van, 0.25)])];
  t.deepEqual(ids(looks).slice(0, 3), ['', '1c', '1c']);
  t.is(ids(looks).at(-1), '1c');
  t.is(ids([[find('car', van)], [find('car', van, 0.1)]])[1], '', 'below the weak limit it is nothing');
});

test('a parked car keeps its id while someone stands before it, up to the absence limit', (t) => {
  const hidden = (looks: number) => ids([[find('car', van)], ...repeat(looks, []), [find('car', van)]]).at(-1);
  t.is(hidden(18), '1c');
  t.is(hidden(21), '2c');
});

test('two vehicles side by side keep their ids when one is missed and when their order changes', (t) => {
  const both = [find('car', van, 0.7), find('car', right, 0.8)];
  const looks = [both, [find('car', right, 0.8)], [find('car', van, 0.9)], both.toReversed(), [find('truck', van)]];
  t.deepEqual(ids(looks), ['1c 2c', '1c', '2c', '1c 2c', '2c']);
});

test('a truck that drives past a parked car takes nothing of it', (t) => {
  const looks = Array.from({ length: 30 }, (_, i): Finds => {
    const truck = find('truck', [i * 40, 20, 200, 100], 0.9);
    const covered = i * 40 < 717 && i * 40 + 200 > 642;
    return covered ? [truck] : [find('car', van, 0.7), truck];
  });
  const seen = ids(looks);
  t.is(seen[0], '1t 2c');
  t.is(seen.at(-1), '1t 2c');
});

test('a walking person keeps the id through a short gap, and small fast ones that do not overlap', (t) => {
  const walk = (i: number) => [find('person', [100 + i * 14, 100, 12, 40])];
  const looks = Array.from({ length: 12 }, (_, i) => (i === 6 || i === 7 ? [] : walk(i)));
  t.is(ids(looks).at(-1), '1p');
});

test('people who cross keep their ids', (t) => {
  const looks = Array.from({ length: 13 }, (_, i) => [
    find('person', [100 + i * 10, 100, 20, 60], 0.8),
    find('person', [220 - i * 10, 112, 20, 60], 0.7),
  ]);
  const tracker = new Tracker(options);
  const last = looks.map((finds, i) => tracker.update(i * 250, finds)).at(-1)!;
  t.deepEqual(
    last.map((track) => [track.id, track.box[0]]),
    [
      [1, 220],
      [2, 100],
    ],
  );
});

test('what is hidden is told where it should be; what stands stays', (t) => {
  const tracker = new Tracker(options);
  for (let i = 0; i <= 8; i++) {
    tracker.update(i * 250, [find('person', [100 + i * 10, 100, 20, 60]), find('car', [642 + (i % 2), 41, 75, 59])]);
  }
  const [person, car] = tracker.update(2500, []);
  t.true(person!.box[0] > 190 && person!.box[0] < 202, `${person!.box}`);
  t.deepEqual(car!.box, [642, 41, 75, 59]);
  t.true(car!.standing);
  t.false(person!.standing);
});

test('the same finds give the same tracks, and their number is bounded', (t) => {
  const crowd = Array.from({ length: 30 }, (_, look) =>
    Array.from({ length: 80 }, (_, i) =>
      find('person', [(i % 20) * 200 + look * 37, Math.floor(i / 20) * 300, 20, 60]),
    ),
  );
  const run = () => {
    const tracker = new Tracker(options);
    return crowd.map((finds, i) => tracker.update(i * 250, finds));
  };
  t.deepEqual(run(), run());
  t.true(run().every((tracks) => tracks.length <= 200));
});

test('odd boxes and names do no harm', (t) => {
  const tracker = new Tracker(options);
  const odd = [find('__proto__', [0, 0, 0, 0]), find('constructor', [5, 5, 0, 10]), find('', [-50, -50, 20, 20])];
  for (let i = 0; i < 5; i++) t.notThrows(() => tracker.update(i * 250, odd));
});

test('what a sign hides bit by bit keeps the size that it was last found with', (t) => {
  const tracker = new Tracker(options);
  const seen = [80, 80, 80, 60, 40].map((height, i): Box => [100 + 10 * i, 100, 30, height]);
  for (const [i, box] of seen.entries()) tracker.update(i * 200, [find('person', box)]);
  for (let i = 5; i < 10; i++) {
    const [lost] = tracker.update(i * 200, []);
    t.true(lost!.box[3] > 35 && lost!.box[3] < 85, `${i}: ${lost!.box}`);
  }
});

test('a stream of cars, of which some are missed now and then, leaves none behind that seems to stand', (t) => {
  const tracker = new Tracker({ ...options, keep_s: 60 });
  const speed = 54;
  for (let look = 0; look < 240; look++) {
    const time = look * 500;
    // one every two seconds, on the same lane: each passes where one before was lost
    const finds = Array.from({ length: 7 }, (_, n) => n).flatMap((n) => {
      const x = ((look / 2 - 2 * n) % 14) * speed;
      return x < 0 || (look * 7 + n * 3) % 5 === 0 ? [] : [find('car', [x, 100, 44, 34])];
    });
    const stand = tracker.update(time, finds).filter((track) => track.standing && track.finds >= 4);
    t.true(stand.length <= 1, `${time}: ${stand.map(({ id, box }) => `${id} at ${box[0]}`)}`);
  }
});

test('what moves when it is lost is not waited for as long as what stands', (t) => {
  const tracker = new Tracker({ ...options, keep_s: 60 });
  for (let i = 0; i < 10; i++) tracker.update(i * 250, [find('car', at(100 + 15 * i, 200)), find('car', van)]);
  t.is(tracker.update(10_000, []).length, 1);
  t.is(tracker.update(50_000, []).length, 1);
  t.is(tracker.update(63_000, []).length, 0);
});
