// models: makes a picture the size of a model's input, as the model was trained: legacy bilinear (neither corners aligned
// nor half-pixel centres), float32. In: RGB bytes. Out: normalised NHWC floats. Never: a read outside the picture.
import type { Picture } from './types.ts';

/** For each output column or row: the two source positions and the weight of the second. */
interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly part: Float32Array;
}

function axis(from: number, to: number, step: number): Axis {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const part = new Float32Array(to);
  const scale = Math.fround(from / to);
  for (let i = 0; i < to; i++) {
    const position = Math.fround(i * scale);
    const floor = Math.min(Math.floor(position), from - 1);
    low[i] = floor * step;
    high[i] = Math.min(floor + 1, from - 1) * step;
    part[i] = position - floor;
  }
  return { low, high, part };
}

/** Resizes pictures to one size; keeps the tables of the last source size. */
export class Resizer {
  readonly width: number;
  readonly height: number;
  readonly #scale: number;
  readonly #offset: number;
  readonly #out: Float32Array;
  #columns: Axis | undefined;
  #rows: Axis | undefined;
  #from = '';

  /** value = pixel x scale + offset */
  constructor(width: number, height: number, scale: number, offset: number) {
    this.width = width;
    this.height = height;
    this.#scale = scale;
    this.#offset = offset;
    this.#out = new Float32Array(width * height * 3);
  }

  /** @returns height x width x 3 floats; the same array each time */
  run(picture: Picture): Float32Array {
    const from = `${picture.width}x${picture.height}`;
    if (from !== this.#from || !this.#columns || !this.#rows) {
      this.#columns = axis(picture.width, this.width, 3);
      this.#rows = axis(picture.height, this.height, picture.width * 3);
      this.#from = from;
    }
    const { low, high, part } = this.#columns;
    const rows = this.#rows;
    const source = picture.rgb;
    const out = this.#out;
    const scale = this.#scale;
    const offset = this.#offset;
    let at = 0;
    for (let y = 0; y < this.height; y++) {
      const upper = rows.low[y]!;
      const lower = rows.high[y]!;
      const down = rows.part[y]!;
      for (let x = 0; x < this.width; x++) {
        const left = low[x]!;
        const right = high[x]!;
        const along = part[x]!;
        for (let c = 0; c < 3; c++) {
          const a = source[upper + left + c]!;
          const b = source[lower + left + c]!;
          const top = a + (source[upper + right + c]! - a) * along;
          const bottom = b + (source[lower + right + c]! - b) * along;
          out[at++] = (top + (bottom - top) * down) * scale + offset;
        }
      }
    }
    return out;
  }
}
