// agent/camera: things that were parked and are not found any more, remembered by place and look, so that they are the
// same ones when they are found again: after a bus that stood in front, headlights, or a restart. Pure.
import { type Appearance, likeness } from './appearance.ts';
import { iou } from './geometry.ts';
import type { Box } from './types.ts';

/** What is remembered of one thing. */
export interface Remembered {
  readonly id: number;
  readonly group: string;
  readonly votes: readonly (readonly [name: string, weight: number])[];
  readonly box: Box;
  readonly look: Appearance;
  readonly first: number;
  readonly last: number;
  readonly finds: number;
}

/** Things remembered at once; beyond, the longest unseen are forgotten. */
const MAX_REMEMBERED = 64;
/** So long, ms. */
const KEEP_MS = 6 * 3600 * 1000;
/** Overlap and likeness from which a find is the thing that stood there. */
const SAME_PLACE = 0.5;
export const ALIKE = 0.75;

export class ParkedMemory {
  #things: Remembered[] = [];

  get all(): readonly Remembered[] {
    return this.#things;
  }

  add(thing: Remembered): void {
    this.#things = this.#things.filter(({ id }) => id !== thing.id);
    this.#things.push(thing);
    if (this.#things.length > MAX_REMEMBERED) this.#things.shift();
  }

  /** Forgets what was not seen for too long. */
  expire(time: number): void {
    if (this.#things.some(({ last }) => time - last > KEEP_MS)) {
      this.#things = this.#things.filter(({ last }) => time - last <= KEEP_MS);
    }
  }

  clear(): void {
    this.#things = [];
  }

  /** The thing that was there and looks so, if one did; it is remembered no longer. */
  take(group: string, box: Box, look: Appearance | null): Remembered | null {
    if (look === null) return null;
    let best: Remembered | null = null;
    let most = ALIKE;
    for (const thing of this.#things) {
      if (thing.group !== group || thing.look.length !== look.length || iou(thing.box, box) < SAME_PLACE) continue;
      const alike = likeness(thing.look, look);
      if (alike >= most) [best, most] = [thing, alike];
    }
    if (best) this.#things = this.#things.filter((thing) => thing !== best);
    return best;
  }
}
