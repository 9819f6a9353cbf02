import test from 'ava';
import type { Box } from '../../agent/camera/types.ts';
import { assign } from './assign.ts';
import { type MotFrame, motScore, type Seen } from './mot.ts';

const box = (x: number): Box => [x, 0, 10, 20];
const seen = (id: number, x: number, kind = 'person'): Seen => ({ id, kind, box: box(x) });
const near = (a: number, b: number) => Math.abs(a - b) < 1e-9;

test('the pairing worth most is not always that of the best pair; what is worth nothing stays alone', (t) => {
  t.deepEqual(
    assign([
      [9, 8],
      [8, 1],
    ]),
    [1, 0],
  );
  t.deepEqual(
    assign([
      [0, 3, 5],
      [0, 0, 4],
      [0, 0, 0],
    ]),
    [1, 2, -1],
  );
  t.deepEqual(assign([[1], [2], [3]]), [-1, -1, 0]);
  t.deepEqual(assign([]), []);
  t.deepEqual(assign([[], []]), [-1, -1]);
});

test('the pairing is the best of all, for any small table', (t) => {
  let state = 7;
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  const best = (worth: number[][], row = 0, used = new Set<number>()): number => {
    if (row === worth.length) return 0;
    const rest = best(worth, row + 1, used);
    const taken = worth[row]!.map((value, column) => {
      if (used.has(column)) return 0;
      return value + best(worth, row + 1, new Set(used).add(column));
    });
    return Math.max(rest, ...taken);
  };
  for (let round = 0; round < 200; round++) {
    const [rows, columns] = [1 + Math.floor(random() * 5), 1 + Math.floor(random() * 5)];
    const worth = Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => (random() < 0.3 ? 0 : Math.floor(random() * 20))),
    );
    const pairs = assign(worth);
    const partners = pairs.filter((column) => column >= 0);
    t.is(new Set(partners).size, partners.length);
    t.is(
      pairs.reduce((sum, column, row) => sum + (column < 0 ? 0 : worth[row]![column]!), 0),
      best(worth),
    );
  }
});

test('all found under one id each: both scores are 1; nothing found: both 0', (t) => {
  const frames = [0, 1, 2].map((n): MotFrame => {
    const truth = [seen(1, n * 3), seen(2, 100 + n * 3)];
    return { truth, found: truth.map((one) => ({ ...one, id: one.id + 50 })) };
  });
  t.like(motScore(frames), { mota: 1, idf1: 1, objects: 6, missed: 0, extra: 0, switched: 0 });
  t.like(motScore(frames.map(({ truth }) => ({ truth, found: [] }))), { mota: 0, idf1: 0, missed: 6 });
  t.is(motScore([]).mota, 0);
});

test('a miss, an extra find and a change of id count as they should', (t) => {
  const truth = [seen(1, 0), seen(2, 100)];
  const frames = [
    { truth, found: [seen(7, 0), seen(8, 100)] },
    { truth, found: [seen(7, 1)] }, // 2 is missed
    { truth, found: [seen(7, 0), seen(9, 100)] }, // 2 goes on as 9: switched, though it was unseen between
    { truth, found: [seen(7, 0), seen(9, 100), seen(10, 300)] },
  ];
  const score = motScore(frames);
  t.like(score, { objects: 8, missed: 1, extra: 1, switched: 1 });
  t.true(near(score.mota, 1 - 3 / 8));
  // 7 is object 1 four times, 9 object 2 twice, of 8 + 8 said
  t.true(near(score.idf1, (2 * 6) / 16), `${score.idf1}`);
});

test('a pair that held goes on while it overlaps enough, though another one overlaps more', (t) => {
  const frames = [
    { truth: [seen(1, 0)], found: [seen(7, 0)] },
    { truth: [seen(1, 0)], found: [seen(7, 2), seen(8, 0)] },
  ];
  t.like(motScore(frames), { switched: 0, extra: 1, missed: 0 });
});

test('a car is no person; less than half an overlap is no find', (t) => {
  t.like(motScore([{ truth: [seen(1, 0)], found: [seen(1, 0, 'vehicle')] }]), { missed: 1, extra: 1 });
  t.like(motScore([{ truth: [seen(1, 0)], found: [seen(1, 4)] }]), { missed: 1, extra: 1 });
  t.like(motScore([{ truth: [seen(1, 0)], found: [seen(1, 3)] }]), { missed: 0, extra: 0 });
});

test('an unsure object is neither missed nor an extra find', (t) => {
  const hidden = { ...seen(1, 0), unsure: true };
  t.like(motScore([{ truth: [hidden], found: [] }]), { objects: 0, missed: 0, extra: 0 });
  t.like(motScore([{ truth: [hidden], found: [seen(1, 1)] }]), { objects: 0, missed: 0, extra: 0 });
  t.like(motScore([{ truth: [hidden], found: [seen(1, 40)] }]), { extra: 1 });
});
