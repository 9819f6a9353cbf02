// models: makes a picture the size of a model's input, as the model was trained: bilinear, float32. In: RGB bytes.
// Out: normalised floats, and where the input's points lie in the picture. Never: a read outside the picture.
import type { Card } from './card.ts';
import { type Placement, stretched } from './head.ts';
import type { Picture, View } from './types.ts';

/** For each output column or row: the two source positions and the weight of the second. */
interface Axis {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly part: Float32Array;
}

/** Where the picture lies in the input, in pixels of the input. */
interface Inner {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export type ResizeOptions = Pick<Card['input'], 'layout' | 'scale' | 'offset' | 'resize'> & {
  readonly width: number;
  readonly height: number;
};

/** The grey around a picture that is put in whole, as YOLO's own training has it. */
const grey = 114;

/** @param centres whether pixels meet at their centres, or corners at corners (legacy: neither aligned nor shifted) */
function axis(from: number, to: number, step: number, centres: boolean): Axis {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const part = new Float32Array(to);
  const scale = Math.fround(from / to);
  for (let i = 0; i < to; i++) {
    const position = centres ? Math.max((i + 0.5) * scale - 0.5, 0) : Math.fround(i * scale);
    const floor = Math.min(Math.floor(position), from - 1);
    low[i] = floor * step;
    high[i] = Math.min(floor + 1, from - 1) * step;
    part[i] = position - floor;
  }
  return { low, high, part };
}

/** Resizes pictures to one size; keeps the tables of the last source size. */
export class Resizer {
  readonly #options: ResizeOptions;
  readonly #out: Float32Array;
  readonly #planes: Float32Array | null;
  #columns: Axis | undefined;
  #rows: Axis | undefined;
  #inner: Inner | undefined;
  #from = '';

  constructor(options: ResizeOptions) {
    const length = options.width * options.height * 3;
    this.#options = options;
    this.#out = new Float32Array(length);
    this.#planes = options.layout === 'nchw' ? new Float32Array(length) : null;
  }

  /** @returns floats in the input's layout, value = pixel x scale + offset; the same array each time */
  run(picture: Picture | View): Float32Array {
    const { offset: from, stride } = 'stride' in picture ? picture : { offset: 0, stride: picture.width };
    const inner = this.#prepare(picture, stride);
    const { low, high, part } = this.#columns!;
    const rows = this.#rows!;
    const source = picture.rgb;
    const out = this.#out;
    const { scale, offset, width } = this.#options;
    for (let y = 0; y < inner.height; y++) {
      const upper = from + rows.low[y]!;
      const lower = from + rows.high[y]!;
      const down = rows.part[y]!;
      let at = ((inner.top + y) * width + inner.left) * 3;
      for (let x = 0; x < inner.width; x++) {
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
    return this.#planes ? intoPlanes(out, this.#planes) : out;
  }

  /** Where points of the input lie in a picture. */
  placement(picture: Picture): Placement {
    const whole = stretched(picture.width, picture.height);
    if (this.#options.resize !== 'letterbox') return whole;
    const inner = innerOf(picture, this.#options);
    const { width, height } = this.#options;
    return {
      x: (fraction) => whole.x((fraction * width - inner.left) / inner.width),
      y: (fraction) => whole.y((fraction * height - inner.top) / inner.height),
    };
  }

  #prepare(picture: Picture, stride: number): Inner {
    const from = `${picture.width}x${picture.height} of ${stride}`;
    if (from === this.#from && this.#inner) return this.#inner;
    const centres = this.#options.resize !== 'legacy-bilinear';
    const inner = innerOf(picture, this.#options);
    this.#columns = axis(picture.width, inner.width, 3, centres);
    this.#rows = axis(picture.height, inner.height, stride * 3, centres);
    this.#inner = inner;
    this.#from = from;
    this.#out.fill(grey * this.#options.scale + this.#options.offset);
    return inner;
  }
}

function innerOf(picture: Picture, { width, height, resize }: ResizeOptions): Inner {
  if (resize !== 'letterbox') return { left: 0, top: 0, width, height };
  const ratio = Math.min(width / picture.width, height / picture.height);
  const across = Math.max(1, Math.round(picture.width * ratio));
  const down = Math.max(1, Math.round(picture.height * ratio));
  return { left: (width - across) >> 1, top: (height - down) >> 1, width: across, height: down };
}

/** Colour by colour instead of pixel by pixel. */
function intoPlanes(pixels: Float32Array, planes: Float32Array): Float32Array {
  const size = pixels.length / 3;
  for (let c = 0; c < 3; c++) for (let i = 0, at = c; i < size; i++, at += 3) planes[c * size + i] = pixels[at]!;
  return planes;
}
