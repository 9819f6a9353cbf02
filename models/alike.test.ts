import test from 'ava';
import { differ, strongestOf } from './alike.ts';
import { defaultCard } from './testing.ts';

/** Numbers as a detector gives them, many of them equal. */
function numbers(count: number): Float32Array {
  let seed = 7;
  const next = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  return Float32Array.from({ length: count }, () => Math.round(-80 + 100 * next() * next()) / 10);
}

test('the strongest class scores are those that sorting all of them gives, the background is none', async (t) => {
  const { head } = (await defaultCard()).card;
  if (head.kind !== 'ssd') return t.fail('the default detector is an SSD');
  const scores = numbers(head.columns * 400);
  const sorted = [...scores.keys()]
    .filter((i) => !head.background || i % head.columns !== 0)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
  t.deepEqual(strongestOf(head, { scores }), sorted.slice(0, 200));
  const few = scores.slice(0, head.columns);
  t.is(strongestOf(head, { scores: few }).length, head.columns - (head.background ? 1 : 0));
});

test('what differs is told in probabilities', async (t) => {
  const { head } = (await defaultCard()).card;
  const one = { scores: new Float32Array([0, 2, -3]) };
  t.is(differ(head, [1, 2], one, one), 0);
  const other = { scores: new Float32Array([9, 2, 0]) };
  const by = head.kind !== 'yolo' && head.scores === 'logit' ? 0.5 - 1 / (1 + Math.exp(3)) : 3;
  t.true(Math.abs(differ(head, [1, 2], one, other) - by / 2) < 1e-6);
});
