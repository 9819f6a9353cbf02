// agent/cases: how much two boxes share. Boxes in pixels come in; shares 0..1 go out.
import type { Box } from './types.ts';

/** Shared area in square pixels. */
export function shared(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union, 0..1. */
export function iou(a: Box, b: Box): number {
  const both = shared(a, b);
  const union = a[2] * a[3] + b[2] * b[3] - both;
  return union > 0 ? both / union : 0;
}

/** Share of the smaller box that lies in the other, 0..1. */
export function contained(a: Box, b: Box): number {
  const smaller = Math.min(a[2] * a[3], b[2] * b[3]);
  return smaller > 0 ? shared(a, b) / smaller : 0;
}
