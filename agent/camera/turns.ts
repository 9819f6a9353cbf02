// agent/camera: whose turn it is. In: boxes that wish to be looked at, look by look, and which of them were. Out: how many
// looks each has waited. A box is known again by its place and size. Pure.
// Never: one that waits without its waiting growing, an unbounded memory.
import { iou } from './geometry.ts';
import type { Box } from './types.ts';

/** A wish that was not known before has waited so long, looks. */
const NEW = 8;
/** Overlap from which it is the same wish. */
const SAME = 0.3;
/** A wish that was not told of for so long is forgotten, looks. */
const FORGOTTEN = 40;

interface Turn {
  box: Box;
  /** the look that served it last */
  served: number;
  told: number;
}

export class Turns {
  #look = 0;
  #turns: Turn[] = [];
  #asked = new Map<Box, Turn>();

  /** The wishes of the next look: how long each has waited, looks. */
  waiting(boxes: readonly Box[]): number[] {
    this.#look += 1;
    this.#turns = this.#turns.filter(({ told }) => this.#look - told <= FORGOTTEN);
    this.#asked = new Map();
    const known = this.#turns;
    const taken = new Set<Turn>();
    return boxes.map((box) => {
      let turn: Turn | null = null;
      let best = SAME;
      for (const one of known) {
        const overlap = taken.has(one) ? 0 : iou(one.box, box);
        if (overlap > best) [turn, best] = [one, overlap];
      }
      turn ??= this.#begin(box);
      taken.add(turn);
      turn.box = box;
      turn.told = this.#look;
      this.#asked.set(box, turn);
      return this.#look - turn.served;
    });
  }

  /** This wish of the look just asked about is granted. */
  serve(box: Box): void {
    const turn = this.#asked.get(box);
    if (turn) turn.served = this.#look;
  }

  #begin(box: Box): Turn {
    const turn = { box, served: this.#look - NEW, told: this.#look };
    this.#turns.push(turn);
    return turn;
  }
}
