// models: how alike two ways of looking are. In: what each gave for one picture. Out: how far its scores are from those of
// the plain weights, how many of its finds it shares. Never: a main thread held up by it.
import { overlap } from './boxes.ts';
import type { Card } from './card.ts';
import { isScore, logistic } from './head.ts';
import type { NamedOutputs } from './known.ts';
import type { Detection } from './types.ts';

/** So many of the strongest scores are compared. */
const MOST = 200;

/** Mean difference of the probabilities at these places. */
export function differ(head: Card['head'], at: readonly number[], own: NamedOutputs, reference: NamedOutputs): number {
  const isLogit = head.kind !== 'yolo' && head.scores === 'logit';
  const [a, b] = [own, reference].map((outputs) => at.map((i) => numbersOf(outputs)[i]!));
  const probability = (value: number) => (isLogit ? logistic(value) : value);
  return a!.reduce((sum, value, n) => sum + Math.abs(probability(value) - probability(b![n]!)), 0) / at.length;
}

/**
 * Places of the strongest class scores among a head's numbers; of equal ones the first. A detector gives 200 000, and this
 * runs in the agent's main thread: sorting them all by a function, for each candidate, stopped its cameras for a second.
 */
export function strongestOf(head: Card['head'], outputs: NamedOutputs, most = MOST): number[] {
  const numbers = numbersOf(outputs);
  const scores = numbers.filter((_, i) => isScore(head, i)).sort();
  const least = scores.at(-most) ?? Number.NEGATIVE_INFINITY;
  const at: number[] = [];
  for (const [i, score] of numbers.entries()) if (score >= least && isScore(head, i)) at.push(i);
  return at.sort((a, b) => numbers[b]! - numbers[a]! || a - b).slice(0, most);
}

const numbersOf = ({ scores, rows }: NamedOutputs) => (scores ?? rows)!;

/** Part of the reference's clear finds that are there too, of the same class at the same place, even if a little weaker. */
export function agree(own: readonly Detection[], reference: readonly Detection[]): number {
  const clear = reference.filter(({ score }) => score >= 0.5);
  const met = clear.filter((find) => own.some((one) => one.class === find.class && overlap(one.box, find.box) > 0.7));
  return clear.length === 0 ? 1 : met.length / clear.length;
}
