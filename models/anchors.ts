// models: the boxes that an SSD head measures its finds against. In: the card's levels and an input size. Out: centres and
// sizes as fractions of the input. Source: the SSD anchor generator of the TensorFlow Object Detection API; its constants
// in the original graph agree to 1.2e-7.
import type { HeadOf } from './card.ts';

/** How a card describes them. */
export type AnchorLevels = Extract<HeadOf<'ssd'>['anchors'], { levels: unknown }>;
/** Per anchor: cy, cx, h, w, all 0..1 of the input. */
export type Anchors = Float64Array;

/**
 * Anchors for an input size, level by level, row by row.
 * Sizes stay those of the reference size in pixels: the network is fully convolutional and knows no other.
 */
export function anchorsFor({ reference, levels }: AnchorLevels, width: number, height: number): Anchors {
  const values: number[] = [];
  for (const { stride, shapes } of levels) {
    const columns = Math.ceil(width / stride);
    const rows = Math.ceil(height / stride);
    const shiftX = phase(width, stride) - phase(reference, stride);
    const shiftY = phase(height, stride) - phase(reference, stride);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const cy = (row + 0.5) / rows + shiftY / height;
        const cx = (column + 0.5) / columns + shiftX / width;
        for (const [size, ratio] of shapes) {
          const root = Math.sqrt(ratio);
          values.push(cy, cx, ((size / root) * reference) / height, (size * root * reference) / width);
        }
      }
    }
  }
  return Float64Array.from(values);
}

/**
 * How far, in input pixels and on average over a level, the network really looks to the right of its anchor centres.
 * 3x3 convolutions of stride 2 with SAME padding pad one pixel before a side of odd length and none before an even one, so
 * each size has its own phase; boxes were learned at the phase of the reference size.
 */
export function phase(side: number, stride: number): number {
  let length = side;
  let position = 0;
  for (let step = 1; step < stride; step *= 2) {
    if (length % 2 === 0) position += step;
    length = Math.ceil(length / 2);
  }
  const middle = (length - 1) / 2;
  const looksAt = middle * stride + position + 0.5;
  const anchorAt = ((middle + 0.5) * side) / length;
  return looksAt - anchorAt;
}
