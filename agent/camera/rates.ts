// agent/camera: how fast things really go, over the last seconds. In: times of frames and looks. Out: figures for the page.

/** The stretch of time that a rate is taken over, ms. */
const WINDOW_MS = 5000;
/** Looks whose median is shown. */
const LOOKS = 31;
/** More happenings than any camera gives in the window. */
const MAX_HAPPENINGS = 1000;

/** Happenings a second, by their own times. */
export class Rate {
  #times: number[] = [];

  add(time: number): void {
    if (this.#times.length > 0 && time < this.#times.at(-1)!) this.#times = [];
    this.#times.push(time);
    if (this.#times.length > MAX_HAPPENINGS || time - this.#times[0]! > 2 * WINDOW_MS) this.#drop(time);
  }

  /** The rate over the window that ends at `now` (epoch ms, the clock of the added times). */
  at(now: number): number {
    this.#drop(now);
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    if (first === undefined || last === undefined || last === first) return 0;
    const intervals = this.#times.length - 1;
    // Steady: the mean of the intervals. Once it goes quiet for longer than two of them, the rate falls.
    const mean = (last - first) / intervals;
    const span = now - last > 2 * mean ? now - first : last - first;
    return Math.round((intervals / span) * 10_000) / 10;
  }

  #drop(now: number): void {
    const from = this.#times.findIndex((time) => now - time <= WINDOW_MS);
    this.#times = from < 0 ? [] : this.#times.slice(Math.max(from, this.#times.length - MAX_HAPPENINGS));
  }
}

/** The median of the last values. */
export class Median {
  readonly #values: number[] = [];

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > LOOKS) this.#values.shift();
  }

  get value(): number {
    const sorted = this.#values.toSorted((a, b) => a - b);
    return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
  }
}
