// agent/camera: does anything move? In: frames, a few a second. Out: how much of the picture moves, and where. It learns
// the picture without its moving things on a small grid of brightness, forgives noise, lamps and clouds, and costs well
// under a millisecond. Pure: time is the frame's own.
import type { Frame } from '../../drivers/camera/types.ts';
import type { Box } from './types.ts';

export interface Movement {
  /** share of the picture, 0..1 */
  readonly share: number;
  /** around each thing that moves, largest first; in pixels of the frame */
  readonly regions: readonly Box[];
}

/** Cells across; as many down as keep them square. */
const ACROSS = 96;
/** Brightness (of 255) that a cell must differ by, at least, and in units of its own usual unrest. */
const LEAST = 9;
const UNREST = 4;
/** How slowly the picture behind is learnt, seconds: where all is still, and where something moves or has come to rest. */
const STILL_S = 8;
const MOVED_S = 40;
/** Fewer cells together are noise, a leaf, a drop. */
const LEAST_CELLS = 3;
const MAX_REGIONS = 24;
/** Where more than this share moves at once, the light has changed or the camera was turned: all is learnt anew. */
const ALL = 0.7;

export class MotionGate {
  #width = 0;
  #height = 0;
  #down = 0;
  #mean = new Float32Array(0);
  #unrest = new Float32Array(0);
  #now = new Float32Array(0);
  #moves = new Uint8Array(0);
  #time = Number.NaN;

  /** Looks at a frame and learns from it; the first one, and one of another size, moves altogether. */
  look(frame: Frame): Movement {
    const { width, height, time } = frame;
    const everything = { share: 1, regions: [[0, 0, width, height] as const] };
    const anew = width !== this.#width || height !== this.#height || !(time > this.#time);
    const dt = anew ? 0 : (time - this.#time) / 1000;
    this.#time = time;
    if (anew) this.#begin(width, height);
    this.#sample(frame);
    if (anew) {
      this.#mean.set(this.#now);
      this.#unrest.fill(LEAST / UNREST);
      return everything;
    }
    const share = this.#compare(dt);
    if (share <= ALL) return { share, regions: share === 0 ? [] : this.#regions() };
    this.#mean.set(this.#now);
    return everything;
  }

  #begin(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.#down = Math.max(1, Math.round((ACROSS * height) / width));
    const cells = ACROSS * this.#down;
    this.#mean = new Float32Array(cells);
    this.#unrest = new Float32Array(cells);
    this.#now = new Float32Array(cells);
    this.#moves = new Uint8Array(cells);
  }

  /** Brightness of each cell: the mean of four points, green twice, as the eye weighs it. */
  #sample({ rgb, width, height }: Frame): void {
    const [cw, ch] = [width / ACROSS, height / this.#down];
    let cell = 0;
    for (let row = 0; row < this.#down; row++) {
      const upper = Math.floor((row + 0.25) * ch) * width;
      const lower = Math.min(height - 1, Math.floor((row + 0.75) * ch)) * width;
      for (let column = 0; column < ACROSS; column++) {
        const left = Math.floor((column + 0.25) * cw);
        const right = Math.min(width - 1, Math.floor((column + 0.75) * cw));
        let sum = 0;
        for (const at of [(upper + left) * 3, (upper + right) * 3, (lower + left) * 3, (lower + right) * 3]) {
          sum += rgb[at]! + 2 * rgb[at + 1]! + rgb[at + 2]!;
        }
        this.#now[cell++] = sum / 16;
      }
    }
  }

  /** Marks the cells that move, learns, and gives their share. What all cells do together is the light. */
  #compare(dt: number): number {
    const [now, mean, unrest, moves] = [this.#now, this.#mean, this.#unrest, this.#moves];
    const light = this.#light();
    const [still, moved] = [1 - Math.exp(-dt / STILL_S), 1 - Math.exp(-dt / MOVED_S)];
    for (let i = 0; i < now.length; i++) {
      const difference = now[i]! - mean[i]! - light;
      const size = Math.abs(difference);
      const moving = size > Math.max(LEAST, UNREST * unrest[i]!);
      moves[i] = moving ? 1 : 0;
      const share = moving ? moved : still;
      mean[i] = mean[i]! + light + difference * share;
      unrest[i] = unrest[i]! + (Math.min(size, 3 * LEAST) - unrest[i]!) * share;
    }
    let count = 0;
    for (let i = 0; i < moves.length; i++) {
      if (moves[i] === 1 && this.#together(i)) count += 1;
      else if (moves[i] === 1) moves[i] = 2; // alone: noise
    }
    return count < LEAST_CELLS ? 0 : count / moves.length;
  }

  /** The median of all differences: a cloud, a lamp, the camera's own exposure. */
  #light(): number {
    const histogram = new Uint32Array(129);
    for (let i = 0; i < this.#now.length; i++) {
      const difference = Math.max(-64, Math.min(64, Math.round(this.#now[i]! - this.#mean[i]!)));
      histogram[difference + 64]! += 1;
    }
    let left = this.#now.length / 2;
    for (let i = 0; i < histogram.length; i++) {
      left -= histogram[i]!;
      if (left <= 0) return i - 64;
    }
    return 0;
  }

  #together(i: number): boolean {
    const column = i % ACROSS;
    const moves = this.#moves;
    return (
      (column > 0 && moves[i - 1]! > 0) ||
      (column < ACROSS - 1 && moves[i + 1]! > 0) ||
      (moves[i - ACROSS] ?? 0) > 0 ||
      (moves[i + ACROSS] ?? 0) > 0
    );
  }

  /** Boxes around cells that hang together, diagonals too. */
  #regions(): Box[] {
    const [cw, ch] = [this.#width / ACROSS, this.#height / this.#down];
    const seen = new Uint8Array(this.#moves.length);
    const found: { cells: number; box: Box }[] = [];
    for (let start = 0; start < seen.length; start++) {
      if (this.#moves[start] !== 1 || seen[start] === 1) continue;
      let [left, right, top, bottom, cells] = [ACROSS, 0, this.#down, 0, 0];
      const open = [start];
      seen[start] = 1;
      for (let i = open.pop(); i !== undefined; i = open.pop()) {
        const [column, row] = [i % ACROSS, Math.floor(i / ACROSS)];
        cells += 1;
        left = Math.min(left, column);
        right = Math.max(right, column);
        top = Math.min(top, row);
        bottom = Math.max(bottom, row);
        for (let y = Math.max(0, row - 1); y <= Math.min(this.#down - 1, row + 1); y++) {
          for (let x = Math.max(0, column - 1); x <= Math.min(ACROSS - 1, column + 1); x++) {
            const next = y * ACROSS + x;
            if (this.#moves[next] !== 1 || seen[next] === 1) continue;
            seen[next] = 1;
            open.push(next);
          }
        }
      }
      if (cells < LEAST_CELLS) continue;
      found.push({ cells, box: [left * cw, top * ch, (right - left + 1) * cw, (bottom - top + 1) * ch] });
    }
    return found
      .sort((a, b) => b.cells - a.cells)
      .slice(0, MAX_REGIONS)
      .map(({ box }) => box);
  }
}
