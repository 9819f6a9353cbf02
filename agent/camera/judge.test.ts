import test from 'ava';
import { eventSchema } from '../../contract/index.ts';
import type { Detection } from '../../models/types.ts';
import { eventId } from './ids.ts';
import { CameraJudge, type Judgement } from './judge.ts';
import { at, camera, find, profile } from './testscene.ts';

const SIZE = { width: 400, height: 300 };
const inZone = at(150, 150);

function judge(dwell_s = 10, absent_s = 5) {
  return new CameraJudge({ device: 'box', site: 'site', camera, profile: profile(dwell_s, absent_s) });
}

/** Looks 250 ms apart; what is found at each second of a scene. Gives [seconds, verdict] for each event. */
function run(one: CameraJudge, seconds: number, scene: (s: number) => Detection[], from = 0) {
  const events: [number, Judgement['verdicts'][number]][] = [];
  for (let i = 0; i * 250 <= seconds * 1000; i++) {
    const time = from + i * 250;
    for (const verdict of one.look(time, scene(i / 4), SIZE).verdicts) events.push([i / 4, verdict]);
  }
  return events;
}

const times = (events: ReturnType<typeof run>) => events.map(([s]) => s);

const tables: [string, number, (s: number) => Detection[], number[]][] = [
  ['a parked car alarms once, when its stay is longer than the limit', 60, () => [find('car', inZone)], [10.25]],
  ['one that leaves before does not', 60, (s) => [find('car', s < 9 ? inZone : at(300, 150))], []],
  ['one outside the zone does not', 60, () => [find('car', at(210, 150))], []],
  ['only the foot counts, not the box', 60, () => [find('car', [140, 40, 40, 55])], []],
  ['a person does not', 60, () => [find('person', inZone)], []],
  ['what is never sure does not', 60, () => [find('car', inZone, 0.45)], []],
  [
    'a car that drives in and comes to rest counts from its first sight in the zone',
    60,
    (s) => [find('car', at(Math.min(150, 20 + s * 20), 150))],
    [14.25],
  ],
  [
    'one that came to rest just before its dwell was reached still alarms',
    60,
    (s) => [find('car', at(s < 9.75 ? 110 + 8 * s : 188, 150))],
    [10.25],
  ],
  [
    'a flicker shorter than the absence does not reset',
    60,
    (s) => (s > 4 && s < 8 ? [] : [find('car', inZone)]),
    [10.25],
  ],
  ['an absence that is longer does', 60, (s) => (s > 4 && s < 10 ? [] : [find('car', inZone)]), [20.25]],
  [
    'weak finds continue a stay, the proof waits for a sure one',
    60,
    (s) => [find('car', inZone, s < 1 || s >= 20 ? 0.8 : 0.3)],
    [20],
  ],
  [
    'a van whose class flips is one stay',
    60,
    (s) => [find(['car', 'truck', 'bus'][Math.floor(s * 4) % 3]!, inZone, 0.6)],
    [10.25],
  ],
  [
    'someone who walks in front changes nothing',
    60,
    (s) => {
      const walker = find('person', at(20 + s * 10, 155));
      return s > 11 && s < 14 ? [walker] : [find('car', inZone), walker];
    },
    [10.25],
  ],
  [
    'a second stay after a real absence is a second event',
    40,
    (s) => (s > 15 && s < 21 ? [] : [find('car', inZone)]),
    [10.25, 31.25],
  ],
  [
    'two cars side by side are two events',
    60,
    () => [find('car', at(130, 150)), find('car', at(172, 150))],
    [10.25, 10.25],
  ],
  [
    'the seam of a looped recording: everyone jumps, the parked car does not',
    60,
    (s) => [find('car', inZone), find('person', at(20 + ((s * 12) % 90), 250))],
    [10.25],
  ],
];

for (const [title, seconds, scene, expected] of tables) {
  test(title, (t) => {
    t.deepEqual(times(run(judge(), seconds, scene)), expected);
  });
}

test('an event says what the contract asks, and the same scene gives the same event', (t) => {
  const scene = (s: number) => [find('truck', inZone, s < 5 ? 0.6 : 0.8)];
  const [[, verdict]] = run(judge(), 20, scene, 1_700_000_000_000) as [[number, Judgement['verdicts'][number]]];
  const { event } = verdict;
  t.deepEqual(eventSchema.parse(event), event);
  t.like(event, {
    at: 1_700_000_000_000,
    until: 1_700_000_010_250,
    code: '09009',
    zone: 'kerb',
    class: 'truck',
    track: 1,
  });
  t.like(event, { dwell_s: 10.25, limit_s: 10, rule: 'parked', camera: 'cam', box: [130, 120, 40, 30] });
  t.true(event.certainty > 0.69 && event.certainty < 0.71);
  t.regex(event.id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  t.deepEqual(run(judge(), 20, scene, 1_700_000_000_000)[0]![1], verdict);
});

test('every part of what makes an event one of its own changes its id; time sorts', (t) => {
  const name = { device: 'd', site: 's', camera: 'c', rule: 'r', zone: 'z', entry: 1000, track: 1 };
  const others = Object.keys(name).map((key) =>
    eventId({ ...name, [key]: key === 'entry' ? 1001 : key === 'track' ? 2 : 'x' }),
  );
  t.is(new Set([eventId(name), ...others]).size, 8);
  t.is(eventId(name).slice(0, 10), '00000000Z8');
  t.true(eventId({ ...name, entry: 1_700_000_000_000 }) > eventId({ ...name, entry: 1_699_999_999_999 }));
});

test('every track is told why it is or is not an event', (t) => {
  const one = judge();
  const cars = [find('car', inZone, 0.9), find('car', at(300, 150), 0.8), find('person', at(150, 250), 0.7)];
  const reasons = (judged: Judgement) =>
    judged.why.map((why) => `${why.track} ${why.reason} ${why.zone} ${why.dwell_s}`);
  t.deepEqual(reasons(one.look(0, cars, SIZE)), ['1 timing kerb 0', '2 outside null 0', '3 class null 0']);
  for (let i = 1; i < 41; i++) one.look(i * 250, cars, SIZE);
  t.deepEqual(reasons(one.look(10_250, cars, SIZE))[0], '1 reported kerb 10.25');
  t.is(one.look(10_500, cars, SIZE).why[0]!.limit_s, 10);
  const unsure = judge(2);
  unsure.look(0, [find('car', at(300, 150), 0.6)], SIZE);
  t.is(unsure.look(250, [find('car', at(290, 150), 0.3)], SIZE).why[0]!.reason, 'outside');
  const weak = judge(2);
  weak.look(0, [find('car', at(205, 150), 0.6)], SIZE);
  t.is(weak.look(250, [find('car', at(195, 150), 0.3)], SIZE).why[0]!.reason, 'score');
});

test('zones are scaled to the frames that really come', (t) => {
  const one = judge();
  const twice: Detection[] = [find('car', [260, 240, 80, 60])];
  t.is(one.look(0, twice, { width: 800, height: 600 }).why[0]!.zone, 'kerb');
});

test('a clock that is set back begins every stay anew; one that leaps ahead makes none longer', (t) => {
  const one = judge();
  const scene = () => [find('car', inZone)];
  t.deepEqual(times(run(one, 9, scene, 1_000_000)), []);
  t.deepEqual(times(run(one, 20, scene, 500_000)), [10.25]);
  const other = judge();
  run(other, 9, scene, 0);
  t.deepEqual(times(run(other, 20, scene, 1_700_000_000_000)), [10.25]);
});

test('a camera that looks rarely still sees a stay', (t) => {
  const rare = { ...camera, looks_per_s: 0.1 };
  const one = new CameraJudge({ device: 'box', site: 'site', camera: rare, profile: profile(60) });
  const seen = Array.from({ length: 10 }, (_, i) => one.look(i * 10_000, [find('car', inZone)], SIZE).verdicts.length);
  t.is(seen.indexOf(1), 7);
});

test('each stay begins and ends once, so that its picture is kept as long as it is needed', (t) => {
  const one = judge();
  const began: number[] = [];
  const ended: number[] = [];
  for (let i = 0; i < 400; i++) {
    const there = i % 100 < 30 || i > 300;
    const judged = one.look(i * 250, there ? [find('car', inZone)] : [], SIZE);
    began.push(...judged.began);
    ended.push(...judged.ended);
  }
  t.deepEqual(began, [1, 2, 3, 4]);
  t.deepEqual(ended, [1, 2, 3, 4]);
});

test('other rules keep the dwell so far: 30 s become 20 s while a van has stood 22 s, and the next look tells', (t) => {
  const one = judge(30);
  t.deepEqual(times(run(one, 22, () => [find('car', inZone)])), []);
  one.adopt(camera, profile(20));
  const { verdicts, tracks, ended } = one.look(22_250, [find('car', inZone)], SIZE);
  t.is(tracks[0]?.id, 1, 'the track goes on');
  t.deepEqual(ended, [verdicts[0]!.stay]);
  t.like(verdicts[0]!.event, { at: 0, until: 22_250, dwell_s: 22.25, limit_s: 20 });
  one.adopt(camera, profile(10));
  t.deepEqual(times(run(one, 30, () => [find('car', inZone)], 22_500)), [], 'a stay is told once');
});

test('a stay whose zone or rule is gone ends, and its first picture is let go; another zone begins anew', (t) => {
  const one = judge(30);
  run(one, 22, () => [find('car', inZone)]);
  const [zone] = camera.zones;
  one.adopt({ ...camera, zones: [{ ...zone!, id: 'other' }] }, profile(20));
  const { ended, began, verdicts } = one.look(22_250, [find('car', inZone)], SIZE);
  t.deepEqual([ended, began, verdicts], [[1], [2], []]);
  t.deepEqual(times(run(one, 30, () => [find('car', inZone)], 22_500)), [20]);
  one.adopt({ ...camera, zones: [] }, profile(20));
  t.deepEqual(one.look(60_000, [find('car', inZone)], SIZE).verdicts, []);
});

test('rules that come before the first look, or twice between two looks, are in force at the next', (t) => {
  const one = judge(30);
  one.adopt(camera, profile(5));
  t.deepEqual(times(run(one, 8, () => [find('car', inZone)])), [5.25]);
  one.adopt({ ...camera, zones: [] }, profile(5));
  one.adopt(camera, profile(5));
  const { began } = one.look(8_250, [find('car', inZone)], SIZE);
  t.deepEqual(began, [2]);
});
