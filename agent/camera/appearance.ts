// agent/camera: what a thing looks like, small enough to keep for hours. In: a picture and a box. Out: a few hundred
// numbers that do not change with the light, and how alike two of them are. Pure.
import type { Picture } from '../../models/types.ts';
import type { Box } from './types.ts';

/** Cells a side. */
const CELLS = 12;
/** Points a side that are averaged in each cell. */
const POINTS = 3;
/** Smaller things show nothing that could be told apart, pixels. */
const LEAST_SIDE = 8;
/** Contrast below which a place is a plain surface, of 255: nothing is there to be recognised. */
const LEAST_CONTRAST = 6;

/**
 * Brightness and two colour differences for each cell, the brightness without its mean and scaled by its contrast, so
 * that dusk, a cloud or a lamp change little. 3 x 144 numbers.
 */
export type Appearance = Int8Array;

const SIZE = CELLS * CELLS;

/** What is seen in a box; null where it is too small, outside the picture, or a plain surface. */
export function appearanceOf(picture: Picture, [x, y, width, height]: Box): Appearance | null {
  if (width < LEAST_SIDE || height < LEAST_SIDE) return null;
  const luma = new Float64Array(SIZE);
  const red = new Float64Array(SIZE);
  const blue = new Float64Array(SIZE);
  for (let cell = 0; cell < SIZE; cell++) {
    let [r, g, b, n] = [0, 0, 0, 0];
    for (let point = 0; point < POINTS * POINTS; point++) {
      const px = Math.floor(x + ((cell % CELLS) + ((point % POINTS) + 0.5) / POINTS) * (width / CELLS));
      const py = Math.floor(
        y + (Math.floor(cell / CELLS) + (Math.floor(point / POINTS) + 0.5) / POINTS) * (height / CELLS),
      );
      if (px < 0 || py < 0 || px >= picture.width || py >= picture.height) continue;
      const at = (py * picture.width + px) * 3;
      r += picture.rgb[at]!;
      g += picture.rgb[at + 1]!;
      b += picture.rgb[at + 2]!;
      n += 1;
    }
    if (n === 0) return null;
    // ITU-R BT.601 luma, and how much redder and bluer than it
    luma[cell] = (0.299 * r + 0.587 * g + 0.114 * b) / n;
    red[cell] = r / n - luma[cell]!;
    blue[cell] = b / n - luma[cell]!;
  }
  const mean = luma.reduce((sum, value) => sum + value, 0) / SIZE;
  const contrast = Math.sqrt(luma.reduce((sum, value) => sum + (value - mean) ** 2, 0) / SIZE);
  if (contrast < LEAST_CONTRAST) return null;
  const seen = new Int8Array(3 * SIZE);
  const limited = (value: number) => Math.max(-127, Math.min(127, Math.round(value)));
  for (let cell = 0; cell < SIZE; cell++) {
    seen[cell] = limited(((luma[cell]! - mean) / contrast) * 40);
    // colours fade at dusk with the light: in units of the contrast as well
    seen[SIZE + cell] = limited((red[cell]! / contrast) * 20);
    seen[2 * SIZE + cell] = limited((blue[cell]! / contrast) * 20);
  }
  return seen;
}

/** -1 ... 1, as a correlation: 1 the same, about 0 two different things. */
export function likeness(a: Appearance, b: Appearance): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return aa === 0 || bb === 0 ? 0 : ab / Math.sqrt(aa * bb);
}

/** A little nearer to what is seen now: light drifts, and a thing is known by what it was lately. */
export function drifted(known: Appearance, now: Appearance, share: number): Appearance {
  return known.map((value, i) => Math.round(value + (now[i]! - value) * share));
}
