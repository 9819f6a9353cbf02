// models/import: weights in a byte each. In: a convolution's floats. Out: whole numbers and what one of them is worth.
// Symmetric (zero is zero) and per channel, as the TFLite specification of 8-bit quantisation demands of weights.
import type { Convolution } from './lower.ts';

/** Steps on either side of zero; -128 is left out by that specification. */
const most = 127;

/**
 * Dead channels (all weights nearly zero: about 900 of the default detector's 28,500) get a scale that divides still.
 * @param least the smallest scale a channel may have
 */
export function perChannel(
  { kind, shape, weights }: Pick<Convolution, 'kind' | 'shape' | 'weights'>,
  least: (channel: number) => number = () => 1e-12,
): { values: Int8Array; scales: number[] } {
  // conv: [out, h, w, in], a channel lies together; depthwise: [1, h, w, channels], a channel is every n-th
  const channels = kind === 'conv' ? shape[0]! : shape[3]!;
  const size = weights.length / channels;
  const at = kind === 'conv' ? (c: number, i: number) => c * size + i : (c: number, i: number) => i * channels + c;
  const values = new Int8Array(weights.length);
  const scales: number[] = [];
  for (let c = 0; c < channels; c++) {
    let largest = 0;
    for (let i = 0; i < size; i++) largest = Math.max(largest, Math.abs(weights[at(c, i)]!));
    // rounded to what the file can hold, so that values and scale belong together
    const scale = Math.fround(Math.max(largest / most, least(c)));
    for (let i = 0; i < size; i++) {
      const value = Math.round(weights[at(c, i)]! / scale);
      values[at(c, i)] = Math.min(most, Math.max(-most, value));
    }
    scales.push(scale);
  }
  return { values, scales };
}
