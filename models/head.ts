// models: what makes finds of a model's numbers. In: outputs of one run. Out: candidates in the picture's pixels, before
// any merging. Each kind of head has its own file; none knows a runtime.
import type { Anchors } from './anchors.ts';
import type { Card } from './card.ts';
import { ClassifierHead } from './classifier.ts';
import type { Shape } from './runtime.ts';
import { SsdHead } from './ssd.ts';
import { YoloHead } from './yolo.ts';

/** A find before merging. */
export interface Candidate {
  /** label number, from 1 */
  readonly label: number;
  readonly score: number;
  /** x0, y0, x1, y1 in pixels of the picture, within it */
  readonly box: readonly [number, number, number, number];
  /** which input size found it */
  readonly scale: number;
}

/** Where a point of the model's input lies in the picture: fractions of the input to pixels, within the picture. */
export interface Placement {
  x(fraction: number): number;
  y(fraction: number): number;
}

/** What a card calls an output. */
export type OutputName = 'boxes' | 'scores' | 'rows';

/** One output that a head reads. */
export interface HeadOutput {
  readonly name: OutputName;
  readonly shape: Shape;
}

export interface Head {
  readonly outputs: readonly HeadOutput[];
  /**
   * @param values one array per output, in the order of `outputs`
   * @returns at most the card's number of candidates, best first
   */
  decode(values: readonly Float32Array[], place: Placement, minScore: number): Candidate[];
}

/**
 * The head of one size of a card.
 * @param scale position of the size in the card
 * @param anchors those that lie in the file, where the card says so
 */
export function headOf(card: Card, scale: number, anchors: Anchors | null): Head {
  const { head } = card;
  switch (head.kind) {
    case 'ssd':
      return new SsdHead(card, head, scale, anchors);
    case 'yolo':
      return new YoloHead(card, head, scale);
    case 'classifier':
      return new ClassifierHead(card, head, scale);
  }
}

/** A whole picture, stretched over the input. */
export function stretched(width: number, height: number): Placement {
  const clip = (value: number, side: number) => Math.min(Math.max(value * side, 0), side);
  return { x: (fraction) => clip(fraction, width), y: (fraction) => clip(fraction, height) };
}

/** The inverse of the logistic function; what a logit must reach for a probability. */
export function logit(probability: number): number {
  return probability <= 0 ? -Infinity : probability >= 1 ? Infinity : Math.log(probability / (1 - probability));
}

export function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Which numbers of its main output are class scores (or an objectness), by their place. */
export function isScore(head: Card['head'], index: number): boolean {
  switch (head.kind) {
    case 'ssd':
      return !head.background || index % head.columns !== 0;
    case 'classifier':
      return true;
    case 'yolo': {
      const column = head.transposed ? Math.floor(index / head.rows) : index % head.columns;
      return column === 4 || (column > 4 && head.layout !== 'end');
    }
  }
}
