import test from 'ava';
import fc from 'fast-check';
import { common } from './geometry.ts';
import { type Known, Regions, type Seeing } from './regions.ts';
import type { Box } from './types.ts';

const SIZE = { width: 768, height: 576 };
const seeing = (more: Partial<Seeing> = {}): Seeing => ({ ...SIZE, moving: [], followed: [], zones: [], ...more });
const holds = (crop: Box, box: Box) => common(crop, box) >= box[2] * box[3];

const box = fc.tuple(
  ...[fc.integer({ min: -200, max: 2000 }), fc.integer({ min: -200, max: 2000 })],
  ...[fc.double({ min: 0, max: 900, noNaN: true }), fc.double({ min: 0, max: 900, noNaN: true })],
);
const known: fc.Arbitrary<Known> = fc.record({ box, found: fc.boolean(), standing: fc.boolean() });
const scene: fc.Arbitrary<Seeing> = fc.record({
  width: fc.integer({ min: 1, max: 2000 }),
  height: fc.integer({ min: 1, max: 2000 }),
  moving: fc.array(box, { maxLength: 24 }),
  followed: fc.array(known, { maxLength: 24 }),
  zones: fc.array(box, { maxLength: 8 }),
});

test('crops are whole squares in the picture that enlarge it, no more than asked, and the same again', (t) => {
  fc.assert(
    fc.property(fc.array(scene, { minLength: 1, maxLength: 6 }), fc.integer({ min: 0, max: 8 }), (scenes, most) => {
      const [one, again] = [new Regions(), new Regions()];
      for (const now of scenes) {
        const crops = one.choose(now, most);
        t.deepEqual(crops, again.choose(now, most));
        t.true(crops.length <= most);
        for (const [x, y, width, height] of crops) {
          t.true([x, y, width, height].every(Number.isInteger));
          t.true(x >= 0 && y >= 0 && x + width <= now.width && y + height <= now.height);
          t.true(width === height && width >= 100 && width <= 0.6 * Math.min(now.width, now.height));
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('nobody waits for ever: each thing that stays is enlarged again and again, whatever else wishes', (t) => {
  // one place each in a grid of 6 x 4, of any kind
  const place = fc.record({
    kind: fc.constantFrom('unexplained', 'lost', 'small', 'still', 'zone'),
    shift: fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })),
    size: fc.tuple(fc.integer({ min: 4, max: 60 }), fc.integer({ min: 4, max: 60 })),
  });
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 24 }), fc.integer({ min: 1, max: 3 }), (places, most) => {
      const all = places.map(({ kind, shift, size }, i) => {
        const at = [(i % 6) * 128 + shift[0], Math.floor(i / 6) * 144 + shift[1]] as const;
        return { kind, box: [...at, ...size] as Box };
      });
      const of = (kind: string) => all.filter((one) => one.kind === kind).map((one) => one.box);
      const followed = ['lost', 'small', 'still'].flatMap((kind) =>
        of(kind).map((one) => ({ box: one, found: kind !== 'lost', standing: kind === 'still' })),
      );
      const regions = new Regions();
      const now = seeing({ moving: of('unexplained'), followed, zones: of('zone') });
      const looks = Array.from({ length: 400 }, () => regions.choose(now, most));
      for (const { box: one } of all) {
        const turns = looks.flatMap((crops, i) => (crops.some((crop) => holds(crop, one)) ? [i] : []));
        const gaps = [...turns, looks.length].map((turn, i) => turn - (turns[i - 1] ?? 0));
        t.true(Math.max(...gaps) <= 150, `${JSON.stringify(one)} waits ${Math.max(...gaps)} looks`);
      }
    }),
    { numRuns: 30 },
  );
});

test('what moves and nothing explains comes before what was found, and that before a zone', (t) => {
  const [strange, person, zone]: Box[] = [
    [60, 60, 20, 30],
    [400, 300, 20, 40],
    [640, 80, 80, 40],
  ];
  const follows = [{ box: person!, found: true, standing: false }];
  const scene = seeing({ moving: [strange!, person!], followed: follows, zones: [zone!] });
  const crops = new Regions().choose(scene, 8);
  t.is(crops.length, 3);
  t.deepEqual(
    [strange, person, zone].map((one) => crops.findIndex((crop) => holds(crop, one!))),
    [0, 1, 2],
  );
});

test('what is near together shares a crop; what is large, or too small a picture, gets none', (t) => {
  const pair: Box[] = [
    [300, 300, 20, 50],
    [340, 310, 20, 50],
  ];
  const crops = new Regions().choose(seeing({ moving: pair }), 8);
  t.is(crops.length, 1);
  t.true(pair.every((one) => holds(crops[0]!, one)));
  t.deepEqual(new Regions().choose(seeing({ moving: [[0, 0, 768, 576]] }), 8), []);
  const large = { box: [100, 100, 60, 200] as Box, found: true, standing: false };
  t.deepEqual(new Regions().choose(seeing({ followed: [large] }), 8), []);
  t.deepEqual(new Regions().choose({ ...seeing({ moving: pair }), width: 160, height: 120 }, 8), []);
});

test('a thing that walks takes its turns with it', (t) => {
  const regions = new Regions();
  const still: Box = [700, 500, 30, 30];
  const served = { walker: 0, still: 0 };
  for (let i = 0; i < 60; i++) {
    const walker: Box = [20 + 8 * i, 100, 20, 40];
    const [crop] = regions.choose(seeing({ moving: [walker, still] }), 1);
    served[holds(crop!, walker) ? 'walker' : 'still'] += 1;
  }
  t.true(Math.abs(served.walker - served.still) <= 2, JSON.stringify(served));
});
