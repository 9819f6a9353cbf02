// agent/camera: which frames are looked at, and how deep. Pure: frame times in, decisions out.
import type { LookDepth } from '../../models/types.ts';

/** A timer's tick or a rounded time stamp may come so much early, ms. */
const EARLY_MS = 2;

/** Divides time into slots of equal length, counted from the first frame; a clock set back begins anew. */
class Slots {
  readonly #length_ms: number;
  #base = Number.NaN;
  #last = 0;

  constructor(length_ms: number) {
    this.#length_ms = length_ms;
  }

  /** The slot of a time; a new count begins with 0. */
  at(time: number): number {
    if (!(time >= this.#last)) this.#base = Number.NaN;
    if (Number.isNaN(this.#base)) this.#base = time;
    this.#last = time;
    return Math.floor((time - this.#base + EARLY_MS) / this.#length_ms);
  }
}

/**
 * One look in each slot of 1 / looks_per_s, the first frame in it that can be looked at; the first look in each slot of
 * wide_every_s is a wide one.
 */
export class Schedule {
  readonly #looks: Slots;
  readonly #wides: Slots | null;
  #looked = -1;
  #wide = -1;
  #slot = -1;
  #refused = false;
  /** slots that went by without a look, though one was due */
  skipped = 0;

  constructor(looks_per_s: number, wide_every_s: number) {
    this.#looks = new Slots(1000 / looks_per_s);
    this.#wides = wide_every_s > 0 ? new Slots(wide_every_s * 1000) : null;
  }

  /** Is a frame of this time due? It stays due until `looked` or `refused` is told. */
  due(time: number): boolean {
    const slot = this.#looks.at(time);
    if (slot !== this.#slot) {
      if (this.#refused) this.skipped += 1;
      this.#refused = false;
      this.#slot = slot;
    }
    if (slot < this.#looked) this.#looked = -1;
    return slot > this.#looked;
  }

  /** The frame just found due will be looked at: so deep. */
  looked(time: number): LookDepth {
    this.#looked = this.#slot;
    this.#refused = false;
    if (!this.#wides) return 'base';
    const wide = this.#wides.at(time);
    if (wide === this.#wide) return 'base';
    this.#wide = wide;
    return 'wide';
  }

  /** The frame just found due shows nothing new: its slot is served without a look. */
  passed(): void {
    this.#looked = this.#slot;
    this.#refused = false;
  }

  /** The frame just found due cannot be looked at now; a later one of its slot may. */
  refused(): void {
    this.#refused = true;
  }
}
