// bench/eye: what scenes are composed of: the street without its walkers, and vehicles and walkers cut out of it. In: the
// clip's own frames and labels. Out: pictures with soft edges. Nothing here is drawn.
import type { Box } from '../../agent/camera/types.ts';
import { inside, type Point } from '../../agent/config/polygon.ts';
import type { Picture } from '../../models/types.ts';
import type { Seen } from './mot.ts';

/** Pixels with how much of each belongs to the thing, 0..1. */
export interface Cutout extends Picture {
  readonly alpha: Float32Array;
}

/** The van beside the double yellow lines, and the car behind it: their outlines, followed by hand in the frame at 44 s. */
const VAN: readonly Point[] = [
  [655, 48],
  [660, 45.5],
  [680, 44],
  [704, 45],
  [711.5, 47],
  [714, 54],
  [715.5, 61],
  [722.5, 68],
  [724, 81],
  [723, 92],
  [716.5, 93.5],
  [703, 95.5],
  [699.5, 101.5],
  [682, 99.5],
  [657, 98.5],
  [654, 91],
  [651.5, 85],
  [653.5, 63],
];
const CAR: readonly Point[] = [
  [741, 53],
  [739, 59],
  [734.5, 74],
  [734, 89],
  [736, 96],
  [767.5, 96],
  [767.5, 53],
];
/** Brightness by which a walker's pixel differs from the empty street: surely not, surely. */
const [SAME, OTHER] = [10, 34];

/** The street with nobody in it: the median of each channel of each pixel over frames far apart. */
export function emptyStreet(frames: readonly Picture[]): Picture {
  const { width, height } = frames[0]!;
  const rgb = new Uint8Array(width * height * 3);
  const values = new Uint8Array(frames.length);
  for (let i = 0; i < rgb.length; i++) {
    for (let n = 0; n < frames.length; n++) values[n] = frames[n]!.rgb[i]!;
    values.sort();
    rgb[i] = values[frames.length >> 1]!;
  }
  return { width, height, rgb };
}

export const vehicles = (frame: Picture): Cutout[] => [cut(frame, VAN), cut(frame, CAR)];

/** Where these two stand in the empty street. */
export const outlines = (): Box[] =>
  [VAN, CAR].map((outline) => {
    const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)];
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    return [left, top, Math.max(...xs) - left, Math.max(...ys) - top];
  });

/** A vehicle inside its outline. */
function cut(frame: Picture, outline: readonly Point[]): Cutout {
  const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)];
  const box = [Math.min(...xs) - 1, Math.min(...ys) - 1, Math.max(...xs) + 1, Math.max(...ys) + 1] as const;
  return softly(crop(frame, box, (x, y) => (inside(outline, [x + 0.5, y + 0.5]) ? 1 : 0)));
}

/** A labelled walker: what differs from the empty street inside the label's box. */
export function walker(frame: Picture, street: Picture, { box: [x, y, width, height] }: Seen): Cutout {
  const box = [x - 2, y - 2, x + width + 2, y + height + 2] as const;
  return softly(
    crop(frame, box, (px, py) => {
      const at = (py * frame.width + px) * 3;
      let difference = 0;
      for (let i = 0; i < 3; i++) difference = Math.max(difference, Math.abs(frame.rgb[at + i]! - street.rgb[at + i]!));
      return Math.min(1, Math.max(0, (difference - SAME) / (OTHER - SAME)));
    }),
  );
}

function crop(
  frame: Picture,
  [left, top, right, bottom]: readonly [number, number, number, number],
  alphaOf: (x: number, y: number) => number,
): Cutout {
  const [x0, y0] = [Math.max(0, Math.floor(left)), Math.max(0, Math.floor(top))];
  const [width, height] = [
    Math.min(frame.width, Math.ceil(right)) - x0,
    Math.min(frame.height, Math.ceil(bottom)) - y0,
  ];
  const rgb = new Uint8Array(width * height * 3);
  const alpha = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((y0 + y) * frame.width + x0 + x) * 3;
      rgb.set(frame.rgb.subarray(from, from + 3), (y * width + x) * 3);
      alpha[y * width + x] = alphaOf(x0 + x, y0 + y);
    }
  }
  return { width, height, rgb, alpha };
}

/** Holes closed and edges feathered: the mean over 3 x 3 pixels. */
function softly(cutout: Cutout): Cutout {
  const { width, height, alpha } = cutout;
  const soft = alpha.map((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    let sum = 0;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        const isIn = x + dx >= 0 && x + dx < width && y + dy >= 0 && y + dy < height;
        if (isIn) sum += alpha[i + dy * width + dx]!;
      }
    }
    return sum / 9;
  });
  return { ...cutout, alpha: soft };
}
