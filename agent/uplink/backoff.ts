// agent/uplink: how long to wait before the next try. Full jitter: uniform from 0 to an exponentially growing bound,
// so that a fleet which lost its broker at one moment does not come back at one moment. Pure; randomness is injected.

export class Backoff {
  #failures = 0;
  readonly #first: number;
  readonly #max: number;
  readonly #random: () => number;

  /** @param first ms, bound of the first wait @param max ms, bound of every wait @param random uniform in [0, 1) */
  constructor(first: number, max: number, random: () => number) {
    this.#first = first;
    this.#max = max;
    this.#random = random;
  }

  /** ms to wait before the next try */
  next(): number {
    const bound = Math.min(this.#max, this.#first * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return this.#random() * bound;
  }

  /** After a session that proved stable. One that only connected proves nothing. */
  reset(): void {
    this.#failures = 0;
  }
}
