// What a live picture hides: all that may be a person, but not the lawn that the detector has long known, unsure of it.
import test from 'ava';
import type { Detection } from '../../models/types.ts';
import { Hidden } from './hidden.ts';
import { find, frame } from './testscene.ts';
import type { Box } from './types.ts';

/** The street clip's lawn as the detector finds it, a little elsewhere each time: its scores from 6.2 s to 9.4 s. */
const LAWN: readonly Box[] = [
  [15, 72, 689, 204],
  [27, 67, 675, 207],
  [20, 56, 664, 209],
];
const SCORES = [0.16, 0.25, 0.19, 0.23, 0.28, 0.3, 0.33, 0.46, 0.74, 0.54];

const doubtful = (box: Box, score: number): Detection => ({ ...find('person', box, score), doubtful: true });
const lawn = (i: number, score: number) => doubtful(LAWN[i % LAWN.length]!, score);

/** How many boxes each of these looks hides, four looks a second from a time on. */
function hides(hidden: Hidden, looks: readonly (readonly Detection[])[], from = 0): number[] {
  return looks.map((finds, i) => hidden.boxes(frame(i, from + i * 250, 768, 576), finds, []).length);
}

/** One that knows the lawn. */
function learned(): Hidden {
  const hidden = new Hidden();
  hides(
    hidden,
    SCORES.slice(0, 6).map((score, i) => [lawn(i, score)]),
  );
  return hidden;
}

test('a lawn that was long found unsurely is not hidden when it is found surely', (t) => {
  const looks = SCORES.map((score, i) => [lawn(i, score), find('person', [100, 100, 20, 60], 0.2)]);
  t.deepEqual(hides(new Hidden(), looks), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 'the walker alone');
});

test('what is found surely before it was long found unsurely is hidden, however often', (t) => {
  const sure = Array.from({ length: 20 }, (_, i) => [lawn(i, 0.5)]);
  t.deepEqual([...new Set(hides(new Hidden(), sure))], [1]);
  // somebody who lies there: now surely found, now not
  const both = Array.from({ length: 40 }, (_, i) => [lawn(i, i % 6 === 5 ? 0.5 : 0.3)]);
  t.is(
    hides(new Hidden(), both).reduce((sum, one) => sum + one),
    6,
    'each sure look',
  );
});

test('near the known lawn and on it, everybody is hidden', (t) => {
  const cases: [string, Detection][] = [
    ['one who stands near', doubtful([250, 40, 260, 500], 0.5)],
    ['one who sits near', doubtful([200, 100, 400, 300], 0.5)],
    ['one who lies on a part of it', doubtful([100, 100, 420, 170], 0.5)],
    ['one who lies in front of it', doubtful([20, 300, 680, 210], 0.5)],
    ['one whom the card does not doubt', find('person', LAWN[0]!, 0.7)],
    ['one who is certain, though no other run of the look agrees', doubtful(LAWN[0]!, 0.85)],
    ['one who walks over it', find('person', [300, 100, 30, 80], 0.2)],
  ];
  for (const [who, person] of cases) t.deepEqual(hides(learned(), [[person]], 2000), [1], who);
  t.deepEqual(hides(learned(), [[lawn(0, 0.7)]], 2000), [0]);
  t.deepEqual(hides(learned(), [[lawn(0, 0.9)], [lawn(1, 0.7)]], 2000), [1, 1], 'and known no more');
});

test('the lawn is known no more a minute after it was last found, nor when the clock was set back', (t) => {
  t.deepEqual(hides(learned(), [[lawn(0, 0.5)]], 60_000), [0]);
  t.deepEqual(hides(learned(), [[lawn(0, 0.5)]], 62_000), [1]);
  t.deepEqual(hides(learned(), [[lawn(0, 0.5)]], 500), [1]);
});

test('persons who are followed are hidden where they should be, found or not', (t) => {
  const followed = [
    { score: 0.3, box: [10, 10, 20, 40] as Box },
    { score: 0.3, box: [10, 10, 300, 400] as Box },
  ];
  t.deepEqual(new Hidden().boxes(frame(0, 0, 768, 576), [find('car', [50, 50, 40, 30])], followed), [[10, 10, 20, 40]]);
});
