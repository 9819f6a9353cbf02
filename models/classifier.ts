// models: the classifier's head. In: a score for each class. Out: the best few, each a find of the whole picture.
import type { Card, HeadOf } from './card.ts';
import type { Candidate, Head, HeadOutput, Placement } from './head.ts';

/** More are noise: a classifier gives every class a score. */
const most = 5;

export class ClassifierHead implements Head {
  readonly outputs: readonly HeadOutput[];
  readonly #card: Card;
  readonly #head: HeadOf<'classifier'>;
  readonly #scale: number;

  constructor(card: Card, head: HeadOf<'classifier'>, scale: number) {
    this.#card = card;
    this.#head = head;
    this.#scale = scale;
    this.outputs = [{ name: 'scores', shape: [1, head.columns] }];
  }

  decode([values]: readonly Float32Array[], place: Placement, minScore: number): Candidate[] {
    if (!values) return [];
    const scores = this.#head.scores === 'logit' ? softmax(values) : values;
    const least = Math.fround(minScore);
    const box = [place.x(0), place.y(0), place.x(1), place.y(1)] as const;
    return [...scores.keys()]
      .filter((i) => scores[i]! >= least && (this.#card.labels[i] ?? null) !== null)
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, Math.min(most, this.#card.merge.objects))
      .map((i) => ({ label: i + 1, score: scores[i]!, box, scale: this.#scale }));
  }
}

function softmax(values: Float32Array): Float32Array {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  const powers = Float32Array.from(values, (value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
