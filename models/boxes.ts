// models: boxes compared. Pure.
import type { Detection } from './types.ts';

/** Intersection over union of two boxes, 0..1. */
export function overlap(a: Detection['box'], b: Detection['box']): number {
  const across = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (a[2] * a[3] + b[2] * b[3] - across * down);
}
