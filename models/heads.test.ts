import test from 'ava';
import { anchorsFor, phase } from './anchors.ts';
import { type Candidate, stretched } from './head.ts';
import { cocoCard } from './import/coco.ts';
import { mergeCandidates } from './merge.ts';
import { Resizer } from './resize.ts';
import { SsdHead } from './ssd.ts';
import { defaultCard } from './testing.ts';

const ssdCard = async () => cocoCard((await defaultCard()).card, 'the default card');
/** value = pixel x scale + offset, as the default detector wants it */
const resizer = (width: number, height: number, scale = 1, offset = 0) =>
  new Resizer({ width, height, scale, offset, layout: 'nhwc', resize: 'legacy-bilinear' });

test('anchors: as many as the network has, centred where it looks', async (t) => {
  const { anchors } = (await ssdCard()).head;
  t.is(anchorsFor(anchors, 300, 300).length, 1917 * 4);
  t.is(anchorsFor(anchors, 640, 480).length, 6048 * 4);
  t.is(anchorsFor(anchors, 1024, 768).length, 15360 * 4);
  const [cy, cx, h, w] = anchorsFor(anchors, 300, 300);
  t.deepEqual([cy, cx, h, w], [0.5 / 19, 0.5 / 19, 0.1, 0.1]);
  // Even sides all the way down look two pixels further right at the finest level than 300 does, and ten at the next.
  t.is(Math.round(phase(640, 16) - phase(300, 16)), 2);
  t.is(Math.round(phase(640, 32) - phase(300, 32)), 10);
  t.is(phase(300, 16) - phase(300, 16), 0);
});

test('resize: neither corners aligned nor half pixels, clamped at the far edge', (t) => {
  const row = (values: number[]) => Uint8Array.from(values.flatMap((value) => [value, value, value]));
  const picture = { width: 4, height: 1, rgb: row([0, 40, 80, 120]) };
  const out = (width: number) =>
    [...resizer(width, 1).run(picture)].filter((_, i) => i % 3 === 0).map((value) => Math.round(value * 1e3) / 1e3);
  t.deepEqual(out(4), [0, 40, 80, 120]);
  t.deepEqual(out(8), [0, 20, 40, 60, 80, 100, 120, 120]);
  t.deepEqual(out(2), [0, 80]);
  t.deepEqual(
    [...resizer(1, 1, 2 / 255, -1).run({ width: 1, height: 1, rgb: Uint8Array.of(0, 255, 51) })].map(Math.fround),
    [-1, 1, Math.fround(51 * (2 / 255) - 1)],
  );
  // The tables follow the picture's size.
  const two = resizer(2, 2);
  two.run(picture);
  t.deepEqual([...two.run({ width: 1, height: 1, rgb: Uint8Array.of(7, 8, 9) })], [7, 8, 9, 7, 8, 9, 7, 8, 9, 7, 8, 9]);
});

test('decoding: an encoding of zeros is its anchor, clipped; background, unused ids and low scores are not finds', async (t) => {
  const card = await ssdCard();
  const head = new SsdHead(card, card.head, 0, null);
  const boxes = new Float32Array(1917 * 4);
  const scores = new Float32Array(1917 * 91);
  const anchor = 3 * (19 * 9 + 9);
  scores[anchor * 91 + 0] = 0.99;
  scores[anchor * 91 + 1] = 0.5;
  scores[anchor * 91 + 12] = 0.9;
  scores[anchor * 91 + 3] = 0.499;
  scores[3] = 0.7;
  const finds = head.decode([boxes, scores], stretched(600, 300), 0.5);
  t.is(finds.length, 2);
  t.is(finds[0]?.label, 3);
  t.is(finds[0]?.box[0], 0);
  t.is(finds[1]?.label, 1);
  const [x0, y0, x1, y1] = finds[1]!.box;
  t.deepEqual([x0, y0, x1, y1].map(Math.round), [270, 135, 330, 165]);
});

const find = (label: number, score: number, box: [number, number, number, number], scale = 0): Candidate => ({
  label,
  score,
  box,
  scale,
});

test('merging: one find of one object, and no object lost behind another', async (t) => {
  const { card } = await defaultCard();
  const [person, car, truck] = [1, 3, 8];
  const classes = (candidates: Candidate[]) => mergeCandidates(card, candidates).map((o) => `${o.class} ${o.score}`);
  t.deepEqual(classes([find(person, 0.6, [0, 0, 10, 30]), find(person, 0.9, [1, 0, 11, 30])]), ['person 0.9']);
  t.deepEqual(classes([find(truck, 0.6, [0, 0, 100, 50]), find(car, 0.7, [2, 0, 100, 50])]), ['car 0.7']);
  // A person before a car, a person far behind another, a car before a bus of the same look.
  t.is(classes([find(car, 0.9, [0, 0, 100, 60]), find(person, 0.6, [40, 5, 60, 55], 1)]).length, 2);
  t.is(classes([find(person, 0.9, [0, 0, 60, 200]), find(person, 0.6, [20, 20, 35, 60], 1)]).length, 2);
  t.is(classes([find(car, 0.9, [0, 0, 100, 60]), find(car, 0.6, [10, 10, 60, 50])]).length, 2);
  // A part of a person seen at another size.
  t.is(classes([find(person, 0.9, [0, 0, 30, 90]), find(person, 0.6, [3, 0, 27, 40], 1)]).length, 1);
});

test('merging: a higher threshold gives the same finds, cut; order of arrival does not matter', async (t) => {
  const { card } = await defaultCard();
  const candidates: Candidate[] = [];
  for (let i = 0; i < 200; i++) {
    const x = (i * 37) % 90;
    const y = (i * 53) % 70;
    const label = 1 + ((i * 7) % 3);
    candidates.push(find(label, ((i * 29) % 100) / 100, [x, y, x + 20 + (i % 9), y + 30 + (i % 7)], i % 3));
  }
  const all = mergeCandidates(card, candidates);
  t.deepEqual(mergeCandidates(card, candidates.toReversed()), all);
  const high = mergeCandidates(
    card,
    candidates.filter((c) => c.score >= 0.5),
  );
  t.deepEqual(
    high,
    all.filter((o) => o.score >= 0.5),
  );
});
