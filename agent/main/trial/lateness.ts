// agent/main/trial: are the cameras' looks late? In: looks that were due and not served so far, how many a second are wished.
// Out: whether more than a few were missed since it was asked last. Never: late without two answers to compare.

/** Missed looks of those wished that are too many. */
const MOST = 0.1;

export interface Served {
  /** looks that were due while all workers were busy, since the start */
  readonly missed: number;
  /** looks that are wished, a second */
  readonly wished_per_s: number;
}

export class Lateness {
  readonly #served: () => Served;
  #last: { readonly missed: number; readonly at: number } | null = null;

  constructor(served: () => Served) {
    this.#served = served;
  }

  /** @param now ms, of a clock that never goes back */
  late(now: number): boolean {
    const { missed, wished_per_s } = this.#served();
    const last = this.#last;
    this.#last = { missed, at: now };
    if (!last || now <= last.at) return false;
    // a camera that came or went counts from nought again
    const more = Math.max(0, missed - last.missed);
    return more > MOST * wished_per_s * ((now - last.at) / 1000);
  }
}
