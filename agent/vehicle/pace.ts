// agent/vehicle: when the next telemetry point is due. Pure: times come with the calls.

/** Share of the interval, and of the receiver's own period, by which a fix may come early and still be the one. */
const EARLY_SHARE = 0.15;
const EARLY_PERIODS = 0.4;
/** A clock that was put right may make the last point lie in the future: then a point is due. */
const CLOCK_SET_MS = 1000;

/**
 * One point each interval. A fix that comes about then carries it, so that a receiver whose second has 990 ms loses
 * none and one with 10 Hz gives every tenth; where no fix comes, the points keep the beat by themselves.
 */
export class Pace {
  #last: number | null = null;
  #lastEpoch: number | null = null;
  #period = 0;

  /** @param utc of the fix. Gives whether it is to carry a point. */
  epoch(utc: number, interval: number): boolean {
    if (this.#lastEpoch !== null) this.#period = Math.max(0, utc - this.#lastEpoch);
    this.#lastEpoch = utc;
    const early = Math.min(EARLY_SHARE * interval, EARLY_PERIODS * this.#period);
    if (this.#wait(utc, interval) > early) return false;
    this.#last = utc;
    return true;
  }

  /** No fix: whether a point is due by itself. The beat is kept while points come in time. */
  idle(utc: number, interval: number): boolean {
    const wait = this.#wait(utc, interval);
    if (wait > 0) return false;
    this.#last = this.#last === null || -wait > interval ? utc : this.#last + interval;
    return true;
  }

  /** ms until a point is due; 0 or less: now */
  #wait(utc: number, interval: number): number {
    if (this.#last === null || utc < this.#last - CLOCK_SET_MS) {
      this.#last = null;
      return 0;
    }
    return this.#last + interval - utc;
  }
}
