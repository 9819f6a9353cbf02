// models: the known picture. A runtime can fail without saying so and give numbers that mean nothing; so each session is
// tried on a picture that needs no file, and must give what the card expects. In: outputs. Out: nothing, or MODEL_INSANE.
import { KerbError } from '../contract/errors.ts';
import type { CardSize } from './card.ts';
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
export type Expected = CardSize['known']['boxes'];

/** Compares the outputs for the known picture with the card. @throws KerbError MODEL_INSANE */
export function checkKnown(
  size: CardSize,
  outputs: { boxes: Float32Array; scores: Float32Array },
  tolerance: number,
  where: string,
): void {
  for (const name of ['boxes', 'scores'] as const) {
    const expected = size.known[name];
    const values = outputs[name];
    const pairs: [string, number, number][] = expected.at.map(([i, value]) => [
      `${name}[${i}]`,
      values[i] ?? NaN,
      value,
    ]);
    pairs.unshift([`mean of ${name}`, mean(values), expected.mean]);
    for (const [what, got, wanted] of pairs) {
      if (Math.abs(got - wanted) <= tolerance) continue;
      const text = `gives nonsense for the known picture: ${what} is ${got.toPrecision(6)}, not ${wanted}`;
      throw new KerbError('MODEL_INSANE', text, where, 'run `npm run setup` again, or give another model');
    }
  }
}

/** What a card should expect: the mean, and the elements at the best scores (for writing a card). */
export function describeKnown(
  outputs: { boxes: Float32Array; scores: Float32Array },
  columns: number,
): CardSize['known'] {
  const best = [...outputs.scores.keys()]
    .filter((i) => i % columns !== 0)
    .sort((a, b) => outputs.scores[b]! - outputs.scores[a]! || a - b)
    .slice(0, 6);
  const round = (value: number) => Math.round(value * 1e6) / 1e6;
  const pick = (values: Float32Array, indices: number[]) => ({
    mean: round(mean(values)),
    at: indices.map((i): [number, number] => [i, round(values[i]!)]),
  });
  const anchors = [...new Set(best.map((i) => Math.floor(i / columns)))].slice(0, 3);
  return {
    boxes: pick(
      outputs.boxes,
      anchors.flatMap((anchor) => [0, 1, 2, 3].map((i) => anchor * 4 + i)),
    ),
    scores: pick(outputs.scores, best),
  };
}

/** NaN where any element is not finite. */
function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
