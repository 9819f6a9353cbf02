// models: the YOLO heads, as Ultralytics and its relatives export them. In: rows of one run. Out: finds in the picture's
// pixels, before any merging. v5: centre, size, objectness, classes; v8, v9, v11: centre, size, classes; end (v10 and
// later): corners, score, class, already merged. A row counts for its best class only, as in the originals.
import type { Card, HeadOf } from './card.ts';
import type { Candidate, Head, HeadOutput, Placement } from './head.ts';

export class YoloHead implements Head {
  readonly outputs: readonly HeadOutput[];
  readonly #card: Card;
  readonly #head: HeadOf<'yolo'>;
  readonly #scale: number;
  readonly #unit: readonly [number, number];
  readonly #best: Float32Array;
  readonly #label: Uint16Array;

  constructor(card: Card, head: HeadOf<'yolo'>, scale: number) {
    const { width, height } = card.sizes[scale]!;
    this.#card = card;
    this.#head = head;
    this.#scale = scale;
    this.#unit = head.boxes === 'pixels' ? [1 / width, 1 / height] : [1, 1];
    this.#best = new Float32Array(head.rows);
    this.#label = new Uint16Array(head.rows);
    const shape = head.transposed ? [1, head.columns, head.rows] : [1, head.rows, head.columns];
    this.outputs = [{ name: 'rows', shape }];
  }

  decode([values]: readonly Float32Array[], place: Placement, minScore: number): Candidate[] {
    if (!values) return [];
    const { layout, rows } = this.#head;
    const least = Math.fround(minScore);
    if (layout === 'end') this.#readEnd(values);
    else this.#readClasses(values, layout === 'v5' ? 5 : 4);
    const best = this.#best;
    const found: number[] = [];
    for (let row = 0; row < rows; row++) {
      const known = (this.#card.labels[this.#label[row]!] ?? null) !== null;
      if (best[row]! >= least && known) found.push(row);
    }
    found.sort((a, b) => best[b]! - best[a]! || a - b);
    const candidates: Candidate[] = [];
    for (const row of found.slice(0, this.#card.merge.candidates)) {
      const [x0, y0, x1, y1] = this.#corners(values, row);
      const box = [place.x(x0), place.y(y0), place.x(x1), place.y(y1)] as const;
      if (!(box[2] > box[0] && box[3] > box[1])) continue;
      candidates.push({ label: this.#label[row]! + 1, score: best[row]!, box, scale: this.#scale });
    }
    return candidates;
  }

  /** Best class of each row, column by column as they lie in a transposed output. */
  #readClasses(values: Float32Array, first: number): void {
    const { rows, columns, layout } = this.#head;
    const [row, column] = this.#steps();
    this.#best.fill(-1);
    for (let c = first; c < columns; c++) {
      for (let r = 0, at = c * column; r < rows; r++, at += row) {
        if (values[at]! <= this.#best[r]!) continue;
        this.#best[r] = values[at]!;
        this.#label[r] = c - first;
      }
    }
    if (layout !== 'v5') return;
    for (let r = 0; r < rows; r++) this.#best[r]! *= values[4 * column + r * row]!;
  }

  #readEnd(values: Float32Array): void {
    const { rows } = this.#head;
    const [row, column] = this.#steps();
    for (let r = 0; r < rows; r++) {
      this.#best[r] = values[r * row + 4 * column]!;
      this.#label[r] = Math.min(Math.max(Math.round(values[r * row + 5 * column]!), 0), 65_535);
    }
  }

  /** Fractions of the input: x0, y0, x1, y1. */
  #corners(values: Float32Array, r: number): [number, number, number, number] {
    const [row, column] = this.#steps();
    const [ux, uy] = this.#unit;
    const at = (i: number) => values[r * row + i * column]!;
    if (this.#head.layout === 'end') return [at(0) * ux, at(1) * uy, at(2) * ux, at(3) * uy];
    const [cx, cy, w, h] = [at(0) * ux, at(1) * uy, at(2) * ux, at(3) * uy];
    return [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
  }

  /** How far apart rows and columns lie. */
  #steps(): [row: number, column: number] {
    const { transposed, rows, columns } = this.#head;
    return transposed ? [1, rows] : [columns, 1];
  }
}
