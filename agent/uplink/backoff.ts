// agent/uplink: how long to wait before the next try. Full jitter: uniform from 0 to a growing bound, so that a fleet
// which lost its broker at one moment does not come back at one moment. Pure; randomness is injected.
import type { UplinkLimits } from './types.ts';

export class Backoff {
  #failures = 0;
  readonly #limits: Pick<UplinkLimits, 'spread' | 'backoff' | 'backoffMax'>;
  readonly #random: () => number;

  /** @param random uniform in [0, 1) */
  constructor(limits: Pick<UplinkLimits, 'spread' | 'backoff' | 'backoffMax'>, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** ms to wait before the next try: uniform below `spread`, and below a bound that doubles once that is more */
  next(): number {
    const { spread, backoff, backoffMax } = this.#limits;
    const bound = Math.max(spread, backoff * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return this.#random() * Math.min(backoffMax, bound);
  }

  /** After a session that proved stable. One that only connected proves nothing. */
  reset(): void {
    this.#failures = 0;
  }
}
