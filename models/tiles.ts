// models: parts of a picture, so that small and far things are looked at enlarged: overlapping tiles, or any crop.
// In: a picture. Out: views of it and where they lie; a tile's finds back in the picture. Pure; no pixel is copied.
import type { Card } from './card.ts';
import type { Candidate } from './head.ts';
import type { Detection, Picture, View } from './types.ts';

/** Tiles a side, and how much of its side each shares with its neighbour: a thing cut by one lies whole in another. */
const SIDE = 3;
const OVERLAP = 0.3;
/** A tile below this is enlarged into mush, pixels. */
const LEAST_SIDE = 64;
/** So much smaller may a tile be made by the first size; a larger tile is for the second one, which enlarges it again. */
const SHRUNK = 4 / 3;
/** A find that ends within so much of an inner edge was cut there, share of the tile's side. */
const EDGE = 0.02;

export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly picture: View;
}

/** Nine tiles in rows, all of one size; none where they would be too small. */
export function tilesOf(picture: Picture): Tile[] {
  const share = 1 / (SIDE - (SIDE - 1) * OVERLAP);
  const [width, height] = [Math.ceil(picture.width * share), Math.ceil(picture.height * share)];
  if (Math.min(width, height) < LEAST_SIDE) return [];
  const at = (i: number, all: number, side: number) => Math.round(((all - side) * i) / (SIDE - 1));
  return Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [at(i % SIDE, picture.width, width), at(Math.floor(i / SIDE), picture.height, height)];
    return tileAt(picture, [x, y, width, height]);
  });
}

/** Which of the card's sizes looks at a tile. */
export function sizeForTile({ sizes }: Pick<Card, 'sizes'>, { picture: { width, height } }: Tile): 0 | 1 {
  const [first] = sizes;
  const fits = width <= first!.width * SHRUNK && height <= first!.height * SHRUNK;
  return fits || sizes.length === 1 ? 0 : 1;
}

/** @param box x, y, width, height in whole pixels, within the picture */
export function tileAt({ rgb, width: stride }: Picture, [x, y, width, height]: Detection['box']): Tile {
  return { x, y, picture: { width, height, rgb, offset: (y * stride + x) * 3, stride } };
}

/** A tile's finds in pixels of the whole picture, without those that its inner edges cut. @param scale number of the tile */
export function fromTile(tile: Tile, whole: Picture, finds: readonly Candidate[], scale: number): Candidate[] {
  const { x, y, picture } = tile;
  const [dx, dy] = [EDGE * picture.width, EDGE * picture.height];
  const isCut = ([left, top, right, bottom]: Candidate['box']) =>
    (x > 0 && left < dx) ||
    (y > 0 && top < dy) ||
    (x + picture.width < whole.width && right > picture.width - dx) ||
    (y + picture.height < whole.height && bottom > picture.height - dy);
  return finds
    .filter(({ box }) => !isCut(box))
    .map(({ box: [left, top, right, bottom], ...find }) => ({
      ...find,
      scale,
      box: [left + x, top + y, right + x, bottom + y],
    }));
}
