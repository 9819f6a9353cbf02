// The arithmetic of drawing: what a finger means, corners, the picture's edges, and a draft's steps.
import test from 'ava';
import fc from 'fast-check';
import { inside, type Point } from '../config/polygon.ts';
import type { SiteDocument } from './api-site.ts';
import { DOCUMENT } from './made-site.ts';
import {
  addLine,
  addZone,
  begin,
  changed,
  copiedRule,
  kindsOf,
  step,
  undone,
  withCamera,
  without,
  withoutRule,
  withRule,
} from './page/draft.ts';
import {
  addCorner,
  fromSegment,
  grab,
  moveCorner,
  moveWhole,
  rectangleIn,
  removeCorner,
  type Shape,
} from './page/shapes.ts';

const SIZE = { width: 768, height: 576 };
const SQUARE: Point[] = [
  [100, 100],
  [200, 100],
  [200, 200],
  [100, 200],
];
const zone = (points: Shape['points'], index = 0): Shape => ({ kind: 'zone', index, points });
const point = fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: -2000, max: 2000 }));

test('nothing that is moved leaves the picture, and what is moved whole keeps its form', (t) => {
  const fits = (points: Shape['points']) =>
    points.every(([x, y]) => x >= 0 && y >= 0 && x <= 768 && y <= 576 && Number.isInteger(x) && Number.isInteger(y));
  const held = fc.check(
    fc.property(point, fc.integer({ min: 0, max: 3 }), (to, corner) => {
      const whole = moveWhole(SQUARE, to, SIZE);
      const side = [whole[1]![0] - whole[0]![0], whole[2]![1] - whole[1]![1]];
      return fits(moveCorner(SQUARE, corner, to, SIZE)) && fits(whole) && side[0] === 100 && side[1] === 100;
    }),
  );
  t.false(held.failed, JSON.stringify(held.counterexample));
});

test('corners are added in the middle of an edge, and three stay', (t) => {
  t.deepEqual(addCorner(SQUARE, 3), [...SQUARE, [100, 150]]);
  t.is(removeCorner(SQUARE, 0).length, 3);
  t.is(removeCorner(removeCorner(SQUARE, 0), 0).length, 3);
  const many = Array.from({ length: 64 }, (_, i): Point => [i, i]);
  t.is(addCorner(many, 0).length, 64);
});

const picked = { kind: 'zone', index: 0, corner: null } as const;
const inner = zone(
  [
    [140, 140],
    [160, 140],
    [160, 160],
  ],
  1,
);
const line: Shape = { kind: 'line', index: 0, points: [SQUARE[0]!, SQUARE[2]!] };
const TABLE: [string, Parameters<typeof grab>, ReturnType<typeof grab>][] = [
  ['a corner of what is picked', [[zone(SQUARE)], picked, [210, 95], 24], { ...picked, corner: 1, part: 'corner' }],
  ['not of what is not', [[zone(SQUARE)], null, [205, 95], 24], null],
  ['the middle of an edge', [[zone(SQUARE)], picked, [150, 90], 24], { ...picked, corner: 0, part: 'edge' }],
  ['the inside', [[zone(SQUARE)], null, [130, 160], 24], { ...picked, part: 'whole' }],
  ['the smaller of two', [[zone(SQUARE), inner], null, [157, 145], 5], { ...picked, index: 1, part: 'whole' }],
  ['a line over a zone', [[zone(SQUARE), line], null, [150, 153], 10], { ...picked, kind: 'line', part: 'whole' }],
  ['nothing', [[zone(SQUARE), line], picked, [500, 500], 24], null],
];
for (const [what, given, held] of TABLE) {
  test(`a finger means ${what}`, (t) => {
    t.deepEqual(grab(...given), held);
  });
}

test('how far a point is from a piece of a line', (t) => {
  t.is(fromSegment([5, 3], [0, 0], [10, 0]), 3);
  t.is(fromSegment([13, 4], [0, 0], [10, 0]), 5);
  t.is(fromSegment([3, 4], [0, 0], [0, 0]), 5);
});

test('a drag is one step, another one another; undo goes back to the beginning and no further', (t) => {
  const zero = DOCUMENT;
  const [one, two, three] = ['a', 'b', 'c'].map((id) => ({ ...DOCUMENT, id })) as [
    SiteDocument,
    SiteDocument,
    SiteDocument,
  ];
  let draft = begin(zero);
  draft = step(draft, one, 'drag 1');
  draft = step(draft, two, 'drag 1');
  t.is(draft.past.length, 1);
  draft = step(draft, three, 'drag 2');
  t.is(undone(draft).now, two);
  t.is(undone(undone(draft)).now, zero);
  t.is(undone(undone(undone(draft))).now, zero);
  t.false(changed(undone(undone(draft)), zero));
  t.is(step(draft, draft.now, null), draft);
  let long = begin(zero);
  for (let i = 0; i < 300; i++) long = step(long, { ...zero, id: `${i}` }, null);
  t.is(long.past.length, 100);
});

test('new shapes get names that are free, and lie in what is seen', (t) => {
  const camera = DOCUMENT.cameras[0]!;
  const twice = addZone(addZone(camera, [400, 300, 100, 90], 'road'), [0, 0, 768, 576], 'road');
  t.deepEqual(
    twice.zones.map(({ id }) => id),
    ['north-kerb', 'zone-1', 'zone-2'],
  );
  t.true(twice.zones[1]!.polygon.every(([x, y]) => x >= 400 && x <= 500 && y >= 300 && y <= 390));
  t.true(inside(rectangleIn([0, 0, 90, 90]), [45, 45]));
  const lines = addLine(camera, [0, 0, 100, 100], ['car']).lines;
  t.like(lines.at(-1), { id: 'line-1', from: [25, 50], to: [75, 50] });
  t.deepEqual(
    without(twice, { kind: 'zone', index: 1, corner: null }).zones.map(({ id }) => id),
    ['north-kerb', 'zone-2'],
  );
});

test('a copied rule has a name of its own and stands beside the first; the last rule stays', (t) => {
  const ids = (document: SiteDocument) => document.profile.rules.map(({ id }) => id);
  const twice = copiedRule(copiedRule(DOCUMENT, 0), 1);
  t.deepEqual(ids(twice), ['parked-vehicle', 'parked-vehicle-2', 'parked-vehicle-3', 'bicycles']);
  t.like(twice.profile.rules[2], { code: '09009', dwell_s: DOCUMENT.profile.rules[0]!.dwell_s });
  const last = withoutRule(DOCUMENT, 0);
  t.deepEqual(ids(last), ['bicycles']);
  t.is(withoutRule(last, 0), last);
});

test('kinds are told once; a rule loses a key that is taken away; other cameras stay', (t) => {
  t.deepEqual(kindsOf(DOCUMENT), ['no-parking', 'no-bicycles']);
  const always = withRule(DOCUMENT, 1, { when: undefined });
  t.false('when' in always.profile.rules[1]!);
  t.is(always.profile.rules[0], DOCUMENT.profile.rules[0]);
  const untouched = withCamera(DOCUMENT, 'other', (camera) => ({ ...camera, id: 'changed' }));
  t.deepEqual(untouched, DOCUMENT);
});
