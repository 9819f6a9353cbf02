// agent/camera: the newest frames of a camera's larger stream, from which evidence is taken. In: its frames as they come.
// Out: the one nearest to a moment of the smaller stream. Never: more than a few frames held.
import type { Frame } from '../../drivers/camera/types.ts';
import type { Moment } from './types.ts';

/** Frames held: a 4 megapixel one has 12 MB. */
const KEPT = 3;
/** Farther from the moment than this it shows another one, ms. */
const NEAR_MS = 1200;

export class LargerFrames {
  #frames: Frame[] = [];

  add(frame: Frame): void {
    this.#frames = [...this.#frames, frame].slice(-KEPT);
  }

  /** The same moment in the larger picture, its box at the same place; the moment itself where there is none. */
  at(moment: Moment): Moment {
    const { frame, box } = moment;
    const distance = (other: Frame) => Math.abs(other.time - frame.time);
    const [nearest] = this.#frames.toSorted((a, b) => distance(a) - distance(b));
    if (!nearest || distance(nearest) > NEAR_MS || nearest.width <= frame.width) return moment;
    const [sx, sy] = [nearest.width / frame.width, nearest.height / frame.height];
    return { frame: nearest, box: [box[0] * sx, box[1] * sy, box[2] * sx, box[3] * sy] };
  }
}
