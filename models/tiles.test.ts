import test from 'ava';
import fc from 'fast-check';
import { defaultCard } from './testing.ts';
import { fromTile, sizeForTile, tilesOf } from './tiles.ts';
import type { Picture } from './types.ts';

function picture(width: number, height: number): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.set([(i % width) & 255, Math.floor(i / width) & 255, 7], i * 3);
  return { width, height, rgb };
}

test('tiles are of one size, cover the picture, and hold its pixels', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 160, max: 900 }), fc.integer({ min: 160, max: 900 }), (width, height) => {
      const tiles = tilesOf(picture(width, height));
      const [{ picture: first }] = tiles as [(typeof tiles)[0]];
      const covered = (at: number, side: 'x' | 'y', length: 'width' | 'height') =>
        tiles.some((tile) => tile[side] <= at && at < tile[side] + tile.picture[length]);
      return (
        tiles.length === 9 &&
        tiles.every(({ x, y, picture: one }) => {
          const at = one.offset;
          const last = at + ((one.height - 1) * one.stride + one.width - 1) * 3;
          return (
            one.width === first.width &&
            one.height === first.height &&
            one.rgb[at] === (x & 255) &&
            one.rgb[at + 1] === (y & 255) &&
            one.rgb[last] === ((x + one.width - 1) & 255) &&
            one.rgb[last + 1] === ((y + one.height - 1) & 255)
          );
        }) &&
        Array.from({ length: width }, (_, x) => x).every((x) => covered(x, 'x', 'width')) &&
        Array.from({ length: height }, (_, y) => y).every((y) => covered(y, 'y', 'height'))
      );
    }),
    { numRuns: 30 },
  );
  t.deepEqual(tilesOf(picture(90, 90)), [], 'too small');
});

test('a find is moved to its place in the picture; one that an inner edge cuts is left to the next tile', (t) => {
  const whole = picture(320, 240);
  const tiles = tilesOf(whole);
  const find = { label: 1, score: 0.9, scale: 0 };
  const middle = tiles[4]!;
  const { width, height } = middle.picture;
  const box = [20, 30, 50, 60] as const;
  t.deepEqual(fromTile(middle, whole, [{ ...find, box }], 104), [
    { ...find, scale: 104, box: [20 + middle.x, 30 + middle.y, 50 + middle.x, 60 + middle.y] },
  ]);
  t.is(fromTile(middle, whole, [{ ...find, box: [0, 30, 50, 60] }], 104).length, 0);
  t.is(fromTile(middle, whole, [{ ...find, box: [20, 30, width, 60] }], 104).length, 0);
  t.is(fromTile(middle, whole, [{ ...find, box: [20, 30, 50, height] }], 104).length, 0);
  const corner = tiles[0]!;
  t.is(
    fromTile(corner, whole, [{ ...find, box: [0, 0, 50, 60] }], 100).length,
    1,
    "the picture's own edge cuts nothing",
  );
});

test('tiles of a large picture are for the second size, which still enlarges them', async (t) => {
  const { card } = await defaultCard();
  const sizeFor = (width: number, height: number) => sizeForTile(card, tilesOf(picture(width, height))[0]!);
  t.is(sizeFor(320, 240), 0);
  t.is(sizeFor(768, 576), 0);
  t.is(sizeFor(1280, 720), 1);
  t.is(sizeFor(1920, 1080), 1);
  t.is(sizeForTile({ sizes: card.sizes.slice(0, 1) }, tilesOf(picture(1920, 1080))[0]!), 0);
});
