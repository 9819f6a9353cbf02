// agent/camera: boxes as sets of points. Pure; pixels in, pixels or shares out.
import type { Box } from './types.ts';

/** Square pixels that two boxes share. */
export function common(a: Box, b: Box): number {
  const across = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return across > 0 && down > 0 ? across * down : 0;
}

/** Intersection over union, 0..1. */
export function iou(a: Box, b: Box): number {
  const shared = common(a, b);
  return shared === 0 ? 0 : shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

/** Pixels between two boxes, 0 where they touch. */
export function gap(a: Box, b: Box): number {
  const across = Math.max(a[0] - (b[0] + b[2]), b[0] - (a[0] + a[2]), 0);
  const down = Math.max(a[1] - (b[1] + b[3]), b[1] - (a[1] + a[3]), 0);
  return Math.hypot(across, down);
}

/** The smallest box around all of these; there is at least one. */
export function union(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map(([x]) => x));
  const top = Math.min(...boxes.map(([, y]) => y));
  const right = Math.max(...boxes.map(([x, , width]) => x + width));
  const bottom = Math.max(...boxes.map(([, y, , height]) => y + height));
  return [left, top, right - left, bottom - top];
}

export function centre([x, y, width, height]: Box): readonly [number, number] {
  return [x + width / 2, y + height / 2];
}

/** Where an object stands on the ground: the middle of its box's lower edge. */
export function foot([x, y, width, height]: Box): readonly [number, number] {
  return [x + width / 2, y + height];
}

/** Coordinates to a tenth of a pixel: more is noise in a record. */
export function rounded(box: Box): [number, number, number, number] {
  const tenth = (value: number) => Math.round(value * 10) / 10;
  return [tenth(box[0]), tenth(box[1]), tenth(box[2]), tenth(box[3])];
}
