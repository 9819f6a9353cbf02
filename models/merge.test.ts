import test from 'ava';
import type { Candidate } from './head.ts';
import { leastScore, mergeRuns } from './merge.ts';
import type { Run } from './runs.ts';
import { defaultCard } from './testing.ts';

const person = (score: number, box: Candidate['box'], scale: number): Candidate => ({ label: 1, score, box, scale });
/** Of a picture of 768x576, at 300, 640 and 1024. */
const runs: Run[] = [
  [300, 300],
  [640, 480],
  [1024, 768],
].map(([width, height], number) => ({ number, part: [0, 0, 768, 576], input: { width: width!, height: height! } }));

test('a small person off its place in the coarser size is one person, with the finer box', async (t) => {
  const { card } = await defaultCard();
  // as found in the street clip at 18.2 s: 9 pixels off, an overlap of a third
  const coarse = person(0.82, [688, 108, 704, 160], 0);
  const finer = person(0.6, [679, 99, 698, 156], 1);
  const merged = mergeRuns(card, [coarse, finer], runs);
  t.is(merged.length, 1);
  t.is(merged[0]!.score, 0.82);
  t.deepEqual(merged[0]!.box, [679, 99, 19, 57]);
  t.deepEqual(mergeRuns(card, [finer, coarse], runs), merged);
});

test('a finer box that is much less sure corrects nothing, and the first that is sure enough is the last', async (t) => {
  const { card } = await defaultCard();
  const coarse = person(0.8, [688, 108, 704, 160], 0);
  const boxes = (...finer: Candidate[]) => mergeRuns(card, [coarse, ...finer], runs).map(({ box }) => box);
  t.deepEqual(boxes(person(0.3, [679, 99, 698, 156], 1)), [[688, 108, 16, 52]]);
  t.deepEqual(boxes(person(0.7, [679, 99, 698, 156], 1), person(0.6, [680, 100, 698, 156], 2)), [[679, 99, 19, 57]]);
});

test('two beside each other at one size stay two, and so do two that the coarser size can tell apart', async (t) => {
  const { card } = await defaultCard();
  const left = person(0.8, [100, 100, 120, 160], 1);
  t.is(mergeRuns(card, [left, person(0.7, [112, 100, 132, 160], 1)], runs).length, 2);
  const wide = person(0.8, [100, 100, 160, 160], 1);
  t.is(mergeRuns(card, [wide, person(0.7, [125, 100, 185, 160], 0)], runs).length, 2);
  // a person and another one half as tall
  t.is(mergeRuns(card, [left, person(0.7, [114, 130, 126, 160], 2)], runs).length, 2);
});

test('a higher threshold gives the same finds, cut, corrected boxes too, if candidates come from leastScore on', async (t) => {
  const { card } = await defaultCard();
  const candidates = Array.from({ length: 300 }, (_, i) => {
    const [x, y] = [(i * 37) % 300, (i * 53) % 200];
    return person(((i * 29) % 100) / 100, [x, y, x + 20 + (i % 9), y + 50 + (i % 7)], i % 3);
  });
  const all = mergeRuns(card, candidates, runs).filter(({ score }) => score >= 0.5);
  const enough = candidates.filter(({ score }) => score >= leastScore(card, 0.5));
  t.deepEqual(
    mergeRuns(card, enough, runs).filter(({ score }) => score >= 0.5),
    all,
  );
  t.true(all.length > 10);
});
