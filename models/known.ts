// models: the known picture. A runtime can fail without saying so and give numbers that mean nothing; so each session is
// tried on a picture that needs no file, and must give what the card expects. In: outputs. Out: nothing, or MODEL_INSANE.
import { KerbError } from '../contract/errors.ts';
import type { Card, CardSize } from './card.ts';
import { isScore, type OutputName } from './head.ts';
import type { Picture } from './types.ts';

/** pattern-1: slopes, blocks and a grain, from integer arithmetic alone, so that every machine makes the same bytes. */
export function knownPicture(): Picture {
  const width = 160;
  const height = 120;
  const rgb = new Uint8Array(width * height * 3);
  let state = 12345;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      const grain = (state >>> 16) & 31;
      const figure = Math.abs(x - 60) < 12 && y > 30 && y < 105;
      const block = x > 95 && x < 150 && y > 60 && y < 100;
      rgb[at++] = figure ? 40 + grain : block ? 190 + grain : 90 + ((y * 3) >> 2) + (grain >> 2);
      rgb[at++] = figure ? 35 + y : block ? 30 + grain : 110 + (x >> 1) + (grain >> 2);
      rgb[at++] = figure ? 90 + grain : block ? 40 + (x >> 2) : 200 - y + (grain >> 2);
    }
  }
  return { width, height, rgb };
}

/** What a card expects of one output. */
export type Expected = NonNullable<CardSize['known']['boxes']>;
/** A run's outputs by the head's names for them. */
export type NamedOutputs = Partial<Record<OutputName, Float32Array>>;

const names = ['boxes', 'scores', 'rows'] as const;
const mostElements = 6;

/**
 * Compares the outputs for the known picture with the card.
 * @param tolerance of values up to 1; of larger ones a fraction
 * @throws KerbError MODEL_INSANE
 */
export function checkKnown(known: CardSize['known'], outputs: NamedOutputs, tolerance: number, where: string): void {
  for (const name of names) {
    const expected = known[name];
    if (!expected) continue;
    const values = outputs[name] ?? new Float32Array();
    const pairs: [string, number, number][] = expected.at.map(([i, value]) => [
      `${name}[${i}]`,
      values[i] ?? NaN,
      value,
    ]);
    pairs.unshift([`mean of ${name}`, mean(values), expected.mean]);
    for (const [what, got, wanted] of pairs) {
      if (Math.abs(got - wanted) <= tolerance * Math.max(1, Math.abs(wanted))) continue;
      const text = `gives nonsense for the known picture: ${what} is ${got.toPrecision(6)}, not ${wanted}`;
      throw new KerbError('MODEL_INSANE', text, where, 'run `npm run setup` again, or give another model');
    }
  }
}

/** Largest difference from what a card expects, as `checkKnown` measures it. */
export function knownDifference(known: CardSize['known'], outputs: NamedOutputs): number {
  let largest = 0;
  for (const name of names) {
    const values = outputs[name];
    for (const [i, wanted] of known[name]?.at ?? []) {
      largest = Math.max(largest, Math.abs((values?.[i] ?? NaN) - wanted) / Math.max(1, Math.abs(wanted)));
    }
  }
  return largest;
}

/** What a card should expect: the mean, and the elements at the best scores (for writing a card). */
export function describeKnown(outputs: NamedOutputs, head: Card['head']): CardSize['known'] {
  const { boxes, scores, rows } = outputs;
  const counts = (index: number) => isScore(head, index);
  if (rows) return { rows: pick(rows, strongest(rows, counts)) };
  if (!scores) return {};
  const best = strongest(scores, counts);
  if (!boxes) return { scores: pick(scores, best) };
  const anchors = [...new Set(best.map((i) => Math.floor(i / head.columns)))].slice(0, 3);
  const around = anchors.flatMap((anchor) => [0, 1, 2, 3].map((i) => anchor * 4 + i));
  return { boxes: pick(boxes, around), scores: pick(scores, best) };
}

function strongest(values: Float32Array, counts: (index: number) => boolean): number[] {
  return [...values.keys()]
    .filter(counts)
    .sort((a, b) => values[b]! - values[a]! || a - b)
    .slice(0, mostElements);
}

function pick(values: Float32Array, indices: number[]): Expected {
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  return { mean: round(mean(values)), at: indices.map((i) => [i, round(values[i]!)]) };
}

/** NaN where any element is not finite. */
function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
