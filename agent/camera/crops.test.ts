import test from 'ava';
import { Crops, LAG } from './crops.ts';
import { common } from './geometry.ts';
import { camera, profile } from './testscene.ts';
import type { Followed } from './track.ts';
import type { Box } from './types.ts';

const SIZE = { width: 800, height: 600 };
const holds = (crop: Box | undefined, box: Box) => crop !== undefined && common(crop, box) >= box[2] * box[3];

/** Seen at this time, walking so many pixels a second to the right. */
const walker = (time: number, box: Box, speed: number): Followed => ({
  ...{ id: 1, class: 'person', score: 0.8, box, first: 0, last: time, finds: 9, present: time },
  ...{ standing: false, velocity: [speed, 0] },
});

/** A camera whose zone lies apart. */
const elsewhere = (polygon: [number, number][]) => ({
  ...camera,
  picture: [800, 600] as [number, number],
  zones: [{ ...camera.zones[0]!, polygon }],
});
const CORNER: [number, number][] = [
  [700, 500],
  [780, 500],
  [780, 580],
];

test('what is followed is sought where it should be by now', (t) => {
  const crops = new Crops(elsewhere(CORNER), profile(5));
  crops.ended({ time: 1000, followed: [walker(1000, [100, 100, 20, 40], 100)] });
  const [crop] = crops.choose({ ...SIZE, time: 3000 }, [], 1, false);
  t.true(holds(crop, [300, 100, 20, 40]), `${crop}`);
});

test("a recording's crops rest on the look LAG before, however many later ones have ended", (t) => {
  const places: Box[] = Array.from({ length: 12 }, (_, i) => [40 + 60 * i, 100, 20, 40]);
  for (const ahead of [0, 1, LAG - 1]) {
    const crops = new Crops(elsewhere(CORNER), profile(5));
    let ended = 0;
    for (const [i] of places.entries()) {
      // looks up to i - LAG have ended, and so many more
      for (; ended <= Math.min(i - 1, i - LAG + ahead); ended++) {
        crops.ended({ time: ended * 250, followed: [walker(ended * 250, places[ended]!, 0)] });
      }
      const chosen = crops.choose({ ...SIZE, time: i * 250 }, [], 2, true);
      if (i < LAG) t.is(chosen.length, 1, 'nothing is known yet: the zone');
      else
        t.true(
          chosen.some((crop) => holds(crop, places[i - LAG]!)),
          `${ahead} ${i}`,
        );
    }
  }
});

test('a zone larger than a crop is enlarged piece by piece, and only where it is', (t) => {
  // along the upper edge and down the right one
  const polygon: [number, number][] = [
    [0, 0],
    [800, 0],
    [800, 600],
    [700, 600],
    [700, 100],
    [0, 100],
  ];
  const crops = new Crops(elsewhere(polygon), profile(5));
  const all = Array.from({ length: 40 }, () => crops.choose({ ...SIZE, time: 0 }, [], 1, false)).flat();
  for (const place of [
    [5, 5],
    [400, 40],
    [790, 5],
    [780, 590],
  ]) {
    const [x, y] = place as [number, number];
    t.true(
      all.some((crop) => holds(crop, [x, y, 1, 1])),
      `${place}`,
    );
  }
  t.false(all.some((crop) => holds(crop, [150, 400, 1, 1])));
  t.true(new Set(all.map(String)).size >= 4);
});

test('only zones that time vehicles are enlarged for themselves, and others as soon as others are in force', (t) => {
  const one = elsewhere(CORNER);
  const rule = profile(5).rules[0]!;
  const persons = { ...profile(5), rules: [{ ...rule, classes: ['person'] }] } as ReturnType<typeof profile>;
  const crops = new Crops(one, persons);
  const choose = () => crops.choose({ ...SIZE, time: 0 }, [], 4, false).length;
  t.is(choose(), 0);
  crops.adopt(one, profile(5));
  t.is(choose(), 1);
  crops.adopt({ ...one, zones: [] }, profile(5));
  t.is(choose(), 0);
});
