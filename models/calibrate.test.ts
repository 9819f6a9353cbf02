import test from 'ava';
import { calibrated, rawScore } from './calibrate.ts';
import { parseCard } from './card.ts';
import { defaultCard } from './testing.ts';
import type { Detection } from './types.ts';

const find = (name: string, score: number): Detection => ({ class: name, score, box: [0, 0, 40, 30] });
const near = (a: number, b: number) => Math.abs(a - b) < 1e-9;

test('a vehicle of raw 0.4 counts as 0.5, one of raw 0.2 as 0.35, a person as what it says; the order is by what they are worth', async (t) => {
  const { card } = await defaultCard();
  const finds = calibrated(card, [find('person', 0.45), find('car', 0.4), find('truck', 0.2)]);
  t.deepEqual(
    finds.map((one) => one.class),
    ['car', 'person', 'truck'],
  );
  t.true(near(finds[0]!.score, 0.5));
  t.is(finds[1]!.score, 0.45);
  // a larger model agrees with more than every third of those
  t.true(near(finds[2]!.score, 0.35));
});

test('calibration keeps the order of scores, from 0 to 1, and rawScore asks for what is needed', async (t) => {
  const { card } = await defaultCard();
  let before = -1;
  for (let raw = 0; raw <= 1.0001; raw += 0.01) {
    const [one] = calibrated(card, [find('car', Math.min(1, raw))]);
    t.true(one!.score > before && one!.score <= 1, `${raw}`);
    before = one!.score;
    // what counts as so much is asked for
    t.true(rawScore(card, one!.score) <= raw + 1e-9, `${raw}`);
  }
  t.true(near(rawScore(card, 0.5), 0.4));
  t.is(rawScore({ ...card, calibration: [] }, 0.5), 0.5);
  t.is(rawScore(card, 1), 1);
  t.is(rawScore(card, 0), 0);
});

test('a card whose calibration does not rise is refused', async (t) => {
  const { card } = await defaultCard();
  const points = (all: number[][]) =>
    Buffer.from(JSON.stringify({ ...card, calibration: [{ classes: ['car'], points: all }] }));
  t.notThrows(() =>
    parseCard(
      points([
        [0.3, 0.4],
        [0.5, 0.6],
      ]),
      'card.yaml',
    ),
  );
  t.throws(
    () =>
      parseCard(
        points([
          [0.3, 0.4],
          [0.5, 0.35],
        ]),
        'card.yaml',
      ),
    { code: 'CARD_BROKEN', message: /does not rise/ },
  );
  t.throws(() => parseCard(points([[0, 0.4]]), 'card.yaml'), { code: 'CARD_BROKEN' });
});
