import test from 'ava';
import type { KerbEvent } from '../../contract/index.ts';
import { Random } from './random.ts';
import { type Actor, mattersOf, placeOf, stories } from './scenes.ts';
import { judged } from './stage.ts';

const actor = (kind: Actor['kind'], ...way: Actor['way'][number][]): Actor => ({
  kind,
  look: 0,
  mirrored: false,
  size: 1,
  way,
});

test('an actor goes straight from step to step, and is there from its first to its last', (t) => {
  const one = actor('vehicle', [2, 100, 50], [4, 200, 50], [6, 200, 90]);
  t.is(placeOf(one, 1.9), null);
  t.deepEqual(placeOf(one, 2), [100, 50]);
  t.deepEqual(placeOf(one, 3), [150, 50]);
  t.deepEqual(placeOf(one, 5), [200, 70]);
  t.is(placeOf(one, 6.1), null);
});

test('truth: standing longer than allowed is one matter from its entry on; shorter, elsewhere or a person is none', (t) => {
  const parked = actor('vehicle', [0, 790, 115], [2, 620, 210], [15, 620, 210], [17, 180, 222]);
  const [matter, ...more] = mattersOf([parked], 20);
  t.deepEqual(more, []);
  t.is(matter!.rule, 'parked-vehicle');
  t.true(matter!.from > 0 && matter!.from < 2, `${matter!.from}`);
  t.true(matter!.until > 15 && matter!.until < 17, `${matter!.until}`);
  t.deepEqual(mattersOf([actor('vehicle', [0, 620, 210], [8, 620, 210])], 20), []);
  t.deepEqual(mattersOf([actor('vehicle', [0, 200, 400], [20, 200, 400])], 20), []);
  t.deepEqual(mattersOf([actor('person', [0, 620, 210], [20, 620, 210])], 20), []);
});

test('truth: five in the square for long enough are a crowd; four are not, and neither are five for a moment', (t) => {
  const crowd = (count: number, until: number) =>
    Array.from({ length: count }, (_, n) => actor('person', [1, 360 + 30 * n, 310], [until, 360 + 30 * n, 310]));
  t.deepEqual(mattersOf(crowd(5, 12), 20), [{ rule: 'crowd', from: 1, until: 12 }]);
  t.deepEqual(mattersOf(crowd(4, 12), 20), []);
  t.deepEqual(mattersOf(crowd(5, 6), 20), []);
});

test('every seed tells each story in each light, with the matters that its plot is about', (t) => {
  const due: Record<string, string[]> = {
    parked: ['parked-vehicle'],
    passing: ['crowd'],
    creeping: ['parked-vehicle'],
    short: [],
    hidden: ['parked-vehicle'],
    walkers: [],
  };
  for (let seed = 1; seed <= 60; seed++) {
    const all = stories(new Random(seed));
    t.is(all.length, 36);
    for (const { name, matters } of all)
      t.deepEqual(
        matters.map(({ rule }) => rule),
        due[name],
        `${seed} ${name}`,
      );
  }
  t.deepEqual(stories(new Random(7)), stories(new Random(7)));
  t.notDeepEqual(stories(new Random(7)), stories(new Random(8)));
});

test('an event answers one matter of its rule at its time; every other one is a false alarm', (t) => {
  const story = {
    name: 'x',
    light: 'day' as const,
    seconds: 20,
    actors: [],
    matters: [{ rule: 'parked-vehicle', from: 2, until: 20 }],
  };
  const event = (rule: string, at: number, until: number) =>
    ({ rule, at: at * 1000, until: until * 1000 }) as KerbEvent;
  const of = (...events: KerbEvent[]) => judged(story, events).get('parked-vehicle');
  t.deepEqual(of(), { found: 0, missed: 1, extra: 0 });
  t.deepEqual(of(event('parked-vehicle', 2.5, 12)), { found: 1, missed: 0, extra: 0 });
  t.deepEqual(of(event('parked-vehicle', 2.5, 12), event('parked-vehicle', 5, 15)), { found: 1, missed: 0, extra: 1 });
  t.deepEqual(judged(story, [event('crowd', 2.5, 12)]).get('crowd'), { found: 0, missed: 0, extra: 1 });
});
