// models: regions become unrecognisable, and nothing else of a picture changes.
import test from 'ava';
import { blockFor, copyPicture, dissolve, pixelate, pixelated, regionOf } from './pixelate.ts';
import type { Picture } from './types.ts';

/** Pixels that all differ from their neighbours. */
function noise(width: number, height: number): Picture {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919 + Math.floor(i / 13) * 31) % 256);
  return { width, height, rgb };
}

const pixel = ({ rgb, width }: Picture, x: number, y: number) => [
  ...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];

test('a block becomes its mean colour, blocks at the edge are smaller', (t) => {
  const picture: Picture = { width: 3, height: 1, rgb: Uint8Array.of(0, 10, 20, 100, 30, 41, 7, 8, 9) };
  pixelate(picture, { x: 0, y: 0, width: 3, height: 1 }, 2);
  t.deepEqual([...picture.rgb], [50, 20, 30, 50, 20, 30, 7, 8, 9]);
});

for (const [name, work] of Object.entries({
  pixelate: (picture: Picture) => pixelate(picture, { x: 5, y: 7, width: 20, height: 30 }, 6),
  dissolve: (picture: Picture) => dissolve(picture, { x: 5, y: 7, width: 20, height: 30 }),
})) {
  test(`${name} changes only its region, and gives the same bytes again`, (t) => {
    const before = noise(40, 50);
    const after = copyPicture(before);
    work(after);
    const again = copyPicture(before);
    work(again);
    t.deepEqual(after.rgb, again.rgb);
    let changed = 0;
    for (let y = 0; y < 50; y++) {
      for (let x = 0; x < 40; x++) {
        const inside = x >= 5 && x < 25 && y >= 7 && y < 37;
        const same = pixel(before, x, y).join() === pixel(after, x, y).join();
        if (!inside) t.true(same, `${x},${y}`);
        else if (!same) changed++;
      }
    }
    t.true(changed > 590, `${changed} of 600 pixels changed`);
  });
}

test('dissolve leaves nothing of the region: it depends on its surroundings alone', (t) => {
  const one = noise(40, 40);
  const two = copyPicture(one);
  pixelate(two, { x: 10, y: 10, width: 20, height: 20 }, 20);
  dissolve(one, { x: 10, y: 10, width: 20, height: 20 });
  dissolve(two, { x: 10, y: 10, width: 20, height: 20 });
  t.deepEqual(one.rgb, two.rgb);
});

test('dissolve of a flat surrounding is flat, at the border and over the whole picture too', (t) => {
  const flat: Picture = { width: 20, height: 20, rgb: new Uint8Array(1200).fill(90) };
  flat.rgb.fill(255, 0, 30);
  dissolve(flat, { x: 0, y: 0, width: 10, height: 1 });
  t.true(flat.rgb.every((value) => value === 90));
  const whole = noise(20, 20);
  dissolve(whole, { x: 0, y: 0, width: 20, height: 20 });
  t.is(new Set(Array.from({ length: 400 }, (_, i) => pixel(whole, i % 20, Math.floor(i / 20)).join())).size, 1);
});

test('regions are whole pixels inside the picture, or none', (t) => {
  const size = { width: 100, height: 50 };
  t.deepEqual(regionOf([10.6, 10.2, 10, 20], 0, size), { x: 10, y: 10, width: 11, height: 21 });
  t.deepEqual(regionOf([10, 10, 10, 20], 0.1, size), { x: 9, y: 8, width: 12, height: 24 });
  t.deepEqual(regionOf([-5, -5, 200, 200], 0.5, size), { x: 0, y: 0, width: 100, height: 50 });
  t.is(regionOf([120, 10, 10, 10], 0, size), null);
  t.is(regionOf([Number.NaN, 10, 10, 10], 0, size), null);
});

test('the block follows the person: three blocks across whatever its size', (t) => {
  t.is(blockFor({ x: 0, y: 0, width: 30, height: 90 }, 3), 10);
  t.is(blockFor({ x: 0, y: 0, width: 2, height: 9 }, 3), 1);
});

test('a live picture is a copy: the frame that others share stays as it was', (t) => {
  const frame = noise(40, 50);
  const kept = copyPicture(frame);
  const shown = pixelated(frame, [
    [5, 5, 20, 30],
    [500, 5, 1, 1],
  ]);
  t.deepEqual(frame.rgb, kept.rgb);
  t.notDeepEqual(shown.rgb, kept.rgb);
});
