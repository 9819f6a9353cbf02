// The city's rules over made detections: heaps, crowds, stalls, hours, limits by class, counting lines.
import test from 'ava';
import type { Detection } from '../../models/types.ts';
import type { Rule } from '../config/rules.ts';
import { ruleSchema } from '../config/rules.ts';
import { CameraJudge } from './judge.ts';
import { camera, find, rules } from './testscene.ts';
import type { Box } from './types.ts';

const SIZE = { width: 400, height: 300 };
const cited = (value: number) => ({ value, source: 'test' });
const base = { code: '09010', zones: ['no-parking'], min_score: 0.5, dwell_s: cited(10) };
const rule = (value: object): Rule => ruleSchema.parse({ id: 'rule', ...base, ...value });

const heap = rule({ kind: 'count', classes: ['bicycle', 'motorcycle'], min_count: cited(4), near: 1 });
const crowd = rule({ kind: 'count', classes: ['person'], min_count: cited(5), standing: false });
const stall = rule({ kind: 'stall', classes: ['umbrella', 'dining table'] });

const bike = (x: number, y = 150): Detection => find('bicycle', [x - 10, y - 20, 20, 20], 0.7);
const person = (x: number, y = 150): Detection => find('person', [x - 6, y - 40, 12, 40], 0.8);
const umbrella = (x: number, y = 150): Detection => find('umbrella', [x - 15, y - 40, 30, 40], 0.7);

function judge(...all: Rule[]): CameraJudge {
  return new CameraJudge({ device: 'box', site: 'site', camera, profile: rules(...all), timeZone: 'Asia/Shanghai' });
}

/** Looks 250 ms apart; gives [seconds, event] for each event. */
function run(one: CameraJudge, seconds: number, scene: (s: number) => Detection[], from = 0) {
  const events: [number, ReturnType<CameraJudge['look']>['verdicts'][number]['event']][] = [];
  for (let i = 0; i * 250 <= seconds * 1000; i++) {
    for (const { event } of one.look(from + i * 250, scene(i / 4), SIZE).verdicts) events.push([i / 4, event]);
  }
  return events;
}

const times = (events: ReturnType<typeof run>) => events.map(([s]) => s);
const row = (n: number, step = 24) => Array.from({ length: n }, (_, i) => bike(110 + i * step));

test('bicycles in a heap are one matter, told once, with their number and a box around them all', (t) => {
  const events = run(judge(heap), 60, () => row(4));
  t.is(events.length, 1);
  const [at, event] = events[0]!;
  // two looks until a thing is known to stand, then the dwell
  t.true(at > 10 && at < 11.5, `${at}`);
  t.like(event, { count: 4, class: 'bicycle', track: 1, rule: 'rule', zone: 'kerb', limit_s: 10 });
  t.deepEqual(event.box, [100, 130, 92, 20] satisfies Box);
});

const heaps: [string, (s: number) => Detection[], number][] = [
  ['three are too few', () => row(3), 0],
  [
    'four that stand far apart are no heap',
    () => row(4, 29).map((one, i) => (i < 2 ? one : bike(150 + i * 14, 190))),
    0,
  ],
  ['four that are ridden through are none', (s) => [0, 1, 2, 3].map((i) => bike(60 + i * 24 + s * 12)), 0],
  ['one that is hidden for a while ends nothing', (s) => (s > 5 && s < 8 ? row(3) : row(4)), 1],
  ['the fourth that comes late counts from its coming', (s) => (s < 30 ? row(3) : row(4)), 1],
  ['those beyond the zone do not count', () => [...row(3), bike(240), bike(264)], 0],
];
for (const [title, scene, count] of heaps) {
  test(`heaps: ${title}`, (t) => {
    t.is(run(judge(heap), 60, scene).length, count);
  });
}

test('a crowd may move, and is a matter when enough stay long enough', (t) => {
  const people = (n: number) => (s: number) =>
    Array.from({ length: n }, (_, i) => person(110 + ((i * 17 + s * 3) % 85), 120 + i * 12));
  t.is(run(judge(crowd), 40, people(6)).length, 1);
  t.is(run(judge(crowd), 40, people(4)).length, 0);
  t.is(run(judge(crowd), 40, (s) => people(s % 16 < 8 ? 6 : 1)(s)).length, 0, 'one that scatters every time is none');
});

test('a crowd that has left lasts no longer for being waited for', (t) => {
  const people = (until: number) => (s: number) =>
    s > until ? [] : Array.from({ length: 6 }, (_, i) => person(110 + i * 14, 120 + i * 12));
  t.is(run(judge(crowd), 40, people(8)).length, 0);
  const [[, event]] = run(judge(crowd), 40, people(11)) as [ReturnType<typeof run>[number]];
  t.is(event.until, 10_250);
});

test('a stall is goods that stand with someone beside them; goods alone, and a person alone, are none', (t) => {
  const events = run(judge(stall), 60, (s) => [umbrella(150), person(s % 4 < 3 ? 175 : 380)]);
  t.is(events.length, 1);
  t.like(events[0]![1], { class: 'umbrella', count: 1 });
  t.is(run(judge(stall), 60, () => [umbrella(150)]).length, 0);
  t.is(run(judge(stall), 60, () => [person(150)]).length, 0);
  t.is(run(judge(stall), 60, (s) => [umbrella(150), ...(s % 10 < 2 ? [person(150 + s)] : [])]).length, 0, 'passers-by');
  const carried = run(judge(stall), 60, (s) => [umbrella(110 + ((s * 9) % 85)), person(112 + ((s * 9) % 85))]);
  t.is(carried.length, 0, 'an umbrella that is carried');
});

test('why a gathering is not an event yet is told, with its numbers', (t) => {
  const one = judge(stall);
  run(one, 20, () => [umbrella(150)]);
  t.like(one.look(20_250, [umbrella(150)], SIZE).groups[0], { reason: 'unattended', count: 1, needed: 1, limit_s: 10 });
  const two = judge(heap);
  run(two, 5, () => row(4));
  const look = two.look(5250, row(4), SIZE);
  t.like(look.groups[0], { reason: 'timing', count: 4, needed: 4 });
  t.is(look.why[0]!.reason, 'group');
});

test('a heavy vehicle is a matter in forbidden hours alone, and its time begins with them', (t) => {
  const heavy = rule({ kind: 'dwell', classes: ['truck'], dwell_s: cited(2), when: [{ from: '07:00', to: '09:00' }] });
  const truck = () => [find('truck', [120, 120, 60, 60])];
  const day = Date.parse('2026-11-02T06:59:00+08:00');
  const events = run(judge(heavy), 120, truck, day);
  t.deepEqual(times(events), [62.25]);
  t.is(events[0]![1].at, day + 60_000);
  t.deepEqual(times(run(judge(heavy), 60, truck, Date.parse('2026-11-02T12:00:00+08:00'))), []);
  const one = judge(heavy);
  one.look(day, truck(), SIZE);
  t.is(one.look(day + 250, truck(), SIZE).why[0]!.reason, 'hours');
});

test('another time zone is in force at the next look, and a stay goes on in it', (t) => {
  const night = rule({ kind: 'dwell', classes: ['car'], when: [{ from: '22:00', to: '06:00' }] });
  const one = judge(night); // Asia/Shanghai
  const car = () => [find('car', [130, 120, 40, 30])];
  const noon = Date.UTC(2026, 4, 12, 4, 0, 0);
  t.is(run(one, 20, car, noon).length, 0, 'noon in Shanghai');
  one.adopt(camera, rules(night), 'America/New_York');
  const events = run(one, 20, car, noon + 21_000);
  t.is(events.length, 1, 'midnight in New York');
  t.is(events[0]![1].at, noon + 21_000);
});

test('a class may have a limit of its own in the same zone', (t) => {
  const parked = rule({ kind: 'dwell', classes: ['car', 'truck'], dwell_s_of: { truck: 3 } });
  const events = run(judge(parked), 60, () => [find('car', [110, 120, 30, 30]), find('truck', [150, 120, 40, 40])]);
  t.deepEqual(
    events.map(([s, { class: name, limit_s }]) => [s, name, limit_s]),
    [
      [3.25, 'truck', 3],
      [10.25, 'car', 10],
    ],
  );
});

test('an object that came to rest before its dwell was reached must still alarm', (t) => {
  const parked = rule({ kind: 'dwell', classes: ['car'] });
  // it creeps through the zone and stops a quarter of a second before its ten seconds are over
  const scene = (s: number) => [find('car', [80 + Math.min(s, 9.75) * 8, 120, 40, 30])];
  t.deepEqual(times(run(judge(parked), 60, scene)), [10.25]);
  const grouped = rule({ kind: 'count', classes: ['car'], min_count: cited(1) });
  t.is(run(judge(grouped), 60, scene).length, 1);
});

test('another state of the rules keeps the gatherings that it still knows, with their time so far', (t) => {
  const one = judge(heap);
  t.deepEqual(times(run(one, 8, () => row(4))), []);
  one.adopt(camera, rules(rule({ ...heap, dwell_s: cited(6) })));
  t.is(one.look(8250, row(4), SIZE).verdicts.length, 1, 'its eight seconds count under the new limit');
});

test('a line counts each crossing once, by class and direction, and no trembling on it', (t) => {
  const line = { id: 'gate', name: { zh: '门', en: 'gate' }, from: [200, 0], to: [200, 300] };
  const withLine = { ...camera, lines: [{ ...line, classes: ['person', 'car'] }] } as typeof camera;
  const one = new CameraJudge({ device: 'box', site: 'site', camera: withLine, profile: rules(heap) });
  const walk = (s: number) => (s < 20 ? 120 + s * 8 : 280 - (s - 20) * 8);
  run(one, 35, (s) => [person(walk(s)), find('car', [190 + Math.sin(s * 9) * 3, 200, 30, 30])]);
  t.deepEqual(one.counts(), [
    { line: 'gate', class: 'person', left: 1, right: 1 },
    { line: 'gate', class: 'car', left: 0, right: 0 },
  ]);
});
