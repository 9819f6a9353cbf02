// models: the SSD head. In: raw box encodings and class scores of one run. Out: finds in the picture's pixels, before any
// merging. Source of the decoding: SSD (Liu et al. 2016), box coder of the TensorFlow Object Detection API; EfficientDet
// uses the same with its own anchors.
import { type Anchors, anchorsFor } from './anchors.ts';
import type { Card, HeadOf } from './card.ts';
import { type Candidate, type Head, type HeadOutput, logistic, logit, type Placement } from './head.ts';

/** Decodes the outputs for one input size. */
export class SsdHead implements Head {
  readonly outputs: readonly HeadOutput[];
  readonly #card: Card;
  readonly #head: HeadOf<'ssd'>;
  readonly #anchors: Anchors;
  readonly #scale: number;

  /** @param anchors those of the file; the card's own levels where it has them */
  constructor(card: Card, head: HeadOf<'ssd'>, scale: number, anchors: Anchors | null) {
    const { width, height } = card.sizes[scale]!;
    this.#card = card;
    this.#head = head;
    this.#scale = scale;
    this.#anchors =
      'levels' in head.anchors ? anchorsFor(head.anchors, width, height) : (anchors ?? new Float64Array());
    const rows = this.#anchors.length / 4;
    this.outputs = [
      { name: 'boxes', shape: [1, rows, 4] },
      { name: 'scores', shape: [1, rows, head.columns] },
    ];
  }

  /** Equal scores come in the order of the outputs. */
  decode([boxes, scores]: readonly Float32Array[], place: Placement, minScore: number): Candidate[] {
    if (!boxes || !scores) return [];
    const { columns, background } = this.#head;
    const raw = this.#head.scores === 'logit';
    // Column 0 is the background or label 1.
    const first = background ? 0 : 1;
    const labels = this.#card.labels;
    // Scores are float32: compare with the threshold as one, so that 0.5 means 0.5 to the bit.
    const least = Math.fround(raw ? logit(minScore) : minScore);
    const found: number[] = [];
    for (let i = 0; i < scores.length; i++) if (scores[i]! >= least) found.push(i);
    const best = found
      .filter((i) => (labels[(i % columns) + first - 1] ?? null) !== null)
      .sort((a, b) => scores[b]! - scores[a]! || a - b)
      .slice(0, this.#card.merge.candidates);
    const candidates: Candidate[] = [];
    for (const i of best) {
      const [y0, x0, y1, x1] = this.corners(boxes, Math.floor(i / columns));
      const box = [place.x(x0), place.y(y0), place.x(x1), place.y(y1)] as const;
      if (!(box[2] > box[0] && box[3] > box[1])) continue;
      const score = raw ? logistic(scores[i]!) : scores[i]!;
      candidates.push({ label: (i % columns) + first, score, box, scale: this.#scale });
    }
    return candidates;
  }

  /** The box of one anchor as fractions of the input, not clipped: ymin, xmin, ymax, xmax. */
  corners(boxes: Float32Array, anchor: number): [number, number, number, number] {
    const { coder } = this.#head;
    const at = anchor * 4;
    const [cya, cxa, ha, wa] = [0, 1, 2, 3].map((i) => this.#anchors[at + i]!) as [number, number, number, number];
    const cy = boxes[at]! * coder.centre * ha + cya;
    const cx = boxes[at + 1]! * coder.centre * wa + cxa;
    const h = Math.exp(boxes[at + 2]! * coder.size) * ha;
    const w = Math.exp(boxes[at + 3]! * coder.size) * wa;
    return [cy - h / 2, cx - w / 2, cy + h / 2, cx + w / 2];
  }
}
