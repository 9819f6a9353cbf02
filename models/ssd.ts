// models: the SSD head. In: raw box encodings and class scores of one run. Out: finds in the picture's pixels, before any
// merging. Source of the decoding: SSD (Liu et al. 2016), box coder of the TensorFlow Object Detection API.
import { type Anchors, anchorsFor } from './anchors.ts';
import type { Card } from './card.ts';

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

/** Decodes the outputs for one input size. */
export class SsdHead {
  readonly #card: Card;
  readonly #anchors: Anchors;
  readonly #scale: number;

  /** @param scale position of the size in the card */
  constructor(card: Card, scale: number) {
    const size = card.sizes[scale]!;
    this.#card = card;
    this.#scale = scale;
    this.#anchors = anchorsFor(card, size.width, size.height);
  }

  /** Shapes that the model must have. */
  shapes(): { input: number[]; boxes: number[]; scores: number[] } {
    const size = this.#card.sizes[this.#scale]!;
    const rows = this.#anchors.length / 4;
    return {
      input: [1, size.height, size.width, 3],
      boxes: [1, rows, 4],
      scores: [1, rows, this.#card.head.columns],
    };
  }

  /** @returns at most the card's number of candidates, best first; equal scores in the order of the outputs */
  decode(boxes: Float32Array, scores: Float32Array, width: number, height: number, minScore: number): Candidate[] {
    const { columns } = this.#card.head;
    const labels = this.#card.labels;
    // Scores are float32: compare with the threshold as one, so that 0.5 means 0.5 to the bit.
    const least = Math.fround(minScore);
    const found: number[] = [];
    for (let i = 0; i < scores.length; i++) if (scores[i]! >= least) found.push(i);
    const best = found
      .filter((i) => i % columns !== 0 && labels[(i % columns) - 1] !== null)
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, this.#card.merge.candidates);
    const candidates: Candidate[] = [];
    for (const i of best) {
      const box = this.box(boxes, Math.floor(i / columns), width, height);
      if (box[2] > box[0] && box[3] > box[1]) {
        candidates.push({ label: i % columns, score: scores[i]!, box, scale: this.#scale });
      }
    }
    return candidates;
  }

  /** The box of one anchor, clipped to a picture: x0, y0, x1, y1. */
  box(boxes: Float32Array, anchor: number, width: number, height: number): [number, number, number, number] {
    const [y0, x0, y1, x1] = this.corners(boxes, anchor);
    const clip = (value: number, side: number) => Math.min(Math.max(value * side, 0), side);
    return [clip(x0, width), clip(y0, height), clip(x1, width), clip(y1, height)];
  }

  /** The box of one anchor as fractions of the picture, not clipped: ymin, xmin, ymax, xmax. */
  corners(boxes: Float32Array, anchor: number): [number, number, number, number] {
    const { coder } = this.#card.head;
    const at = anchor * 4;
    const [cya, cxa, ha, wa] = [0, 1, 2, 3].map((i) => this.#anchors[at + i]!) as [number, number, number, number];
    const cy = boxes[at]! * coder.centre * ha + cya;
    const cx = boxes[at + 1]! * coder.centre * wa + cxa;
    const h = Math.exp(boxes[at + 2]! * coder.size) * ha;
    const w = Math.exp(boxes[at + 3]! * coder.size) * wa;
    return [cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2];
  }
}
