// agent/vehicle: corners. Pure: headings and times in, "this was a corner" out.

/** Smallest angle from one heading to another, degrees, -180 < d <= 180. */
export function headingChange(from: number, to: number): number {
  const d = (((to - from) % 360) + 540) % 360;
  return d === 0 ? 180 : d - 180;
}

/** Headings further apart in time than this say nothing about how fast it turned, ms. */
const LONGEST_STEP_MS = 3000;
/** Headings closer in time than this are passed over: a receiver of 10 Hz has noise of many degrees a second, ms. */
const SHORTEST_STEP_MS = 800;

/**
 * Tells corners by JT/T 808-2019, 3.1.7: the heading changes by at least `rate` degrees a second, the same way, for at
 * least `hold` seconds, looked at about once a second. One turn is one corner.
 */
export class CornerDetector {
  readonly #rate: number;
  readonly #holdMs: number;
  #last: { time: number; track: number } | null = null;
  #since: number | null = null;
  #way = 0;
  #told = false;

  constructor(rate: number, holdS: number) {
    this.#rate = rate;
    this.#holdMs = holdS * 1000;
  }

  /** Takes a heading (degrees) of a moving vehicle; gives whether a corner is now certain. */
  push(time: number, track: number): boolean {
    const last = this.#last;
    if (last && time >= last.time && time - last.time < SHORTEST_STEP_MS) return false;
    this.#last = { time, track };
    if (!last || time < last.time || time - last.time > LONGEST_STEP_MS) return this.#straight();
    const change = headingChange(last.track, track);
    const rate = (Math.abs(change) * 1000) / (time - last.time);
    if (rate < this.#rate) return this.#straight();
    const way = Math.sign(change);
    if (this.#since === null || way !== this.#way) {
      this.#since = last.time;
      this.#way = way;
      this.#told = false;
    }
    if (this.#told || time - this.#since < this.#holdMs) return false;
    this.#told = true;
    return true;
  }

  /** At rest, or without a heading: nothing turns. */
  reset(): void {
    this.#last = null;
    this.#straight();
  }

  #straight(): false {
    this.#since = null;
    this.#told = false;
    return false;
  }
}
