// models/add: what only a run shows of a model. In: a draft card, the outputs for a picture of something. Out: a better
// draft, or null where it was right. Never: nonsense corrected; numbers that are none are refused.
import { KerbError } from '../../contract/errors.ts';
import type { Card } from '../card.ts';
import type { NamedOutputs } from '../known.ts';

export interface Corrected {
  readonly card: Card;
  readonly note: string;
}

/** Fractions of the input may lie a little outside it. */
const largestFraction = 4;

/** @throws KerbError MODEL_UNSUPPORTED */
export function corrected(card: Card, outputs: NamedOutputs, where: string): Corrected | null {
  const refuse = (what: string) => new KerbError('MODEL_UNSUPPORTED', what, where, 'export it anew, and try it there');
  for (const values of Object.values(outputs)) {
    if (values.some((value) => !Number.isFinite(value))) throw refuse('gives numbers that are none (NaN, infinite)');
  }
  const { head } = card;
  if (head.kind !== 'yolo') {
    const kind = scoreKind(outputs.scores!, head);
    if (kind === head.scores) return null;
    const note = kind === 'logit' ? 'scores are logits, by a run' : 'scores are probabilities, by a run';
    return { card: { ...card, head: { ...head, scores: kind } }, note };
  }
  const rows = outputs.rows!;
  const at = (row: number, column: number) =>
    rows[head.transposed ? column * head.rows + row : row * head.columns + column]!;
  let [largestBox, largestScore] = [0, 0];
  for (let row = 0; row < head.rows; row++) {
    for (let c = 0; c < 4; c++) largestBox = Math.max(largestBox, Math.abs(at(row, c)));
    const last = head.layout === 'end' ? 5 : head.columns;
    for (let c = 4; c < last; c++) largestScore = Math.max(largestScore, at(row, c));
  }
  if (largestScore > 1.01) throw refuse(`gives class scores up to ${largestScore.toFixed(1)}, not probabilities`);
  if (largestBox <= largestFraction || head.boxes === 'pixels') return null;
  return { card: { ...card, head: { ...head, boxes: 'pixels' } }, note: 'boxes are in pixels, by a run' };
}

/** What the graph says holds unless the numbers cannot be that. */
function scoreKind(values: Float32Array, head: Exclude<Card['head'], { kind: 'yolo' }>): 'probability' | 'logit' {
  let [least, most, sum] = [Infinity, -Infinity, 0];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    sum += value;
  }
  if (least < -0.01 || most > 1.01) return 'logit';
  // A classifier's add up to one; not to the digit where they are kept in bytes, so only to find them where none were seen.
  return head.kind === 'classifier' && Math.abs(sum - 1) >= 0.1 ? head.scores : 'probability';
}
