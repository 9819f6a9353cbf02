// What nearly became an event: each reason, from made detections; what goes on is no near-miss; the list is bounded.
import test from 'ava';
import type { Detection } from '../../models/types.ts';
import { type Rule, ruleSchema } from '../config/rules.ts';
import { CameraJudge } from './judge.ts';
import { type NearMiss, NearMisses } from './near-misses.ts';
import { at, camera, find, rules } from './testscene.ts';

const SIZE = { width: 400, height: 300 };
const cited = (value: number) => ({ value, source: 'test' });
const base = { id: 'rule', code: '09009', zones: ['no-parking'], min_score: 0.5, dwell_s: cited(30), absent_s: 2 };
const rule = (value: object): Rule => ruleSchema.parse({ ...base, ...value });
const parked = rule({ kind: 'dwell', classes: ['car'] });
const heap = rule({ kind: 'count', classes: ['bicycle'], min_count: cited(5), dwell_s: cited(10) });
const stall = rule({ kind: 'stall', classes: ['umbrella'], dwell_s: cited(10) });

/** Two looks a second; gives the near-misses after all of them. */
function misses(one: Rule, seconds: number, scene: (s: number) => Detection[], from = 0): readonly NearMiss[] {
  const judge = new CameraJudge({ device: 'box', site: 'site', camera, profile: rules(one), timeZone: 'UTC' });
  for (let i = 0; i <= seconds * 2; i++) judge.look(from + i * 500, scene(i / 2), SIZE);
  return judge.nearMisses();
}
const car = (score = 0.8) => find('car', at(150, 150), score);
const bikes = (n: number) => Array.from({ length: n }, (_, i) => find('bicycle', [100 + i * 18, 130, 16, 16], 0.7));
const night = ['22:00', '06:00'] as const;

const TABLE: [string, () => readonly NearMiss[], Partial<NearMiss> | null][] = [
  [
    'a car that left before its time',
    () => misses(parked, 40, (s) => (s <= 24 ? [car()] : [])),
    { kind: 'object', class: 'car', zone: 'kerb', rule: 'rule', at: 0, dwell_s: 24, limit_s: 30, reason: 'left' },
  ],
  ['a car of which the box was never sure', () => misses(parked, 60, (s) => (s <= 40 ? [car(0.5 - 0.1)] : [])), null],
  [
    'a car of which it was once sure and then not',
    () => misses(parked, 60, (s) => (s <= 40 ? [car(s < 2 ? 0.8 : 0.4)] : [])),
    { dwell_s: 40, limit_s: 30, reason: 'score', min_score: 0.5 },
  ],
  [
    'three bicycles where five make a heap',
    () => misses(heap, 40, (s) => (s <= 20 ? bikes(3) : [])),
    { kind: 'group', class: 'bicycle', count: 3, needed: 5, reason: 'few' },
  ],
  ['two of five are not near', () => misses(heap, 40, (s) => (s <= 20 ? bikes(2) : [])), null],
  [
    'five that were cleared away in time',
    () => misses(heap, 40, (s) => (s <= 8 ? bikes(5) : [])),
    { kind: 'group', count: 5, needed: 5, reason: 'left' },
  ],
  [
    'goods without anybody beside them',
    () => misses(stall, 60, (s) => (s <= 30 ? [find('umbrella', [140, 120, 30, 30])] : [])),
    { kind: 'group', class: 'umbrella', reason: 'unattended' },
  ],
  [
    "a car that stood until the rule's hours ended",
    () =>
      misses(
        rule({ kind: 'dwell', classes: ['car'], when: [{ from: night[0], to: night[1] }] }),
        40,
        () => [car()],
        Date.UTC(2026, 4, 12, 5, 59, 40),
      ),
    { dwell_s: 19.5, reason: 'hours' },
  ],
  ['a car that drove through', () => misses(parked, 20, (s) => (s <= 2 ? [car()] : [])), null],
  ['a car that became an event', () => misses(parked, 60, (s) => (s <= 40 ? [car()] : [])), null],
];
for (const [what, run, expected] of TABLE) {
  test(`${what}: ${expected?.reason ?? 'no near-miss'}`, (t) => {
    const all = run();
    t.is(all.length, expected ? 1 : 0, JSON.stringify(all));
    if (expected) t.like(all[0], expected);
  });
}

test('an object below the score from which a track begins is near when the rule asks for more', (t) => {
  const strict = rule({ kind: 'dwell', classes: ['car'], min_score: 0.7 });
  const [miss] = misses(strict, 60, (s) => (s <= 40 ? [car(0.6)] : []));
  t.like(miss, { reason: 'score', dwell_s: 40, min_score: 0.7, kind: 'object' });
  t.true(Math.abs(miss!.score - 0.6) < 1e-9);
});

test('a stay that goes on after it was hidden is taken back', (t) => {
  const hiding = (s: number) => s > 12 && s < 20;
  const judge = new CameraJudge({ device: 'b', site: 's', camera, profile: rules(parked), timeZone: 'UTC' });
  const rgb = new Uint8Array(400 * 300 * 3).map((_, i) => (i * 37) % 251);
  let between = 0;
  for (let i = 0; i <= 50; i++) {
    judge.look(i * 500, hiding(i / 2) ? [] : [car()], { ...SIZE, rgb: hiding(i / 2) ? rgb.map((v) => 255 - v) : rgb });
    if (i === 36) between = judge.nearMisses().length;
  }
  t.is(between, 1, 'it was told while it was away');
  t.deepEqual(judge.nearMisses(), []);
});

test('an hour of frame time, fifty at most, the longest first and the least near forgotten', (t) => {
  const list = new NearMisses();
  const miss = (dwell_s: number, until: number): NearMiss => ({
    kind: 'object',
    zone: 'z',
    rule: 'r',
    class: 'car',
    at: until - dwell_s * 1000,
    until,
    dwell_s,
    limit_s: 100,
    score: 0.6,
    min_score: 0.5,
    box: [0, 0, 1, 1],
    reason: 'left',
  });
  for (let i = 0; i < 60; i++) list.add(miss(30 + i, i * 1000));
  t.deepEqual(
    list.list(60_000).map(({ dwell_s }) => dwell_s),
    Array.from({ length: 50 }, (_, i) => 89 - i),
  );
  t.is(list.list(3600_000 + 50_000).length, 10);
  t.deepEqual(list.list(2 * 3600_000), []);
});
