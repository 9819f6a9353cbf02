// agent/uplink: which records of a lane the centre holds: a watermark and ranges above it. Pure. In: acknowledgements.
// May never happen: the watermark falls, or what was said of one range is forgotten before the watermark passes it.

/** First and last number, both inclusive. */
export type Range = readonly [number, number];

/** More ranges than this are not kept apart: the highest are forgotten, and sent once more. */
const MOST_RANGES = 256;

export class Held {
  #upTo: number;
  #above: Range[] = [];

  constructor(upTo: number) {
    this.#upTo = upTo;
  }

  /** All up to and including this one is there, or is never coming. */
  get upTo(): number {
    return this.#upTo;
  }

  /** Takes what the centre said; true if anything of it was new. */
  add(upTo: number, above: readonly Range[]): boolean {
    const before = JSON.stringify([this.#upTo, this.#above]);
    const ranges = [...this.#above, ...above.filter(([first, last]) => first <= last)].sort(([a], [b]) => a - b);
    this.#upTo = Math.max(this.#upTo, upTo);
    const joined: [number, number][] = [];
    for (const [first, last] of ranges) {
      if (first <= this.#upTo + 1) {
        this.#upTo = Math.max(this.#upTo, last);
        continue;
      }
      const open = joined.at(-1);
      if (open && first <= open[1] + 1) open[1] = Math.max(open[1], last);
      else joined.push([first, last]);
    }
    this.#above = joined.slice(0, MOST_RANGES);
    return JSON.stringify([this.#upTo, this.#above]) !== before;
  }

  /** The first number from `seq` on that is not there. */
  next(seq: number): number {
    if (seq <= this.#upTo) return this.next(this.#upTo + 1);
    const range = this.#above.find(([first, last]) => first <= seq && seq <= last);
    return range ? range[1] + 1 : seq;
  }

  /** The first number above `seq` that is there already; Infinity where none is. */
  knownAfter(seq: number): number {
    return this.#above.find(([first]) => first > seq)?.[0] ?? Number.POSITIVE_INFINITY;
  }

  /** Whether all from `first` to `last` is there. */
  covers(first: number, last: number): boolean {
    return this.next(first) > last;
  }
}
