// agent/local: how much of something per second. In: times of a clock that never goes back. Pure.

/** A token bucket: `rate` per second, at most `burst` seconds' worth saved up. It may be overdrawn. */
export class Bucket {
  readonly #rate: number;
  readonly #full: number;
  #left: number;
  #at: number;

  constructor(rate: number, burst: number, now: number) {
    this.#rate = rate;
    this.#full = Math.max(1, rate * burst);
    this.#left = this.#full;
    this.#at = now;
  }

  #fill(now: number): void {
    this.#left = Math.min(this.#full, this.#left + (Math.max(0, now - this.#at) / 1000) * this.#rate);
    this.#at = now;
  }

  /** Takes `n` if there is any left before. @returns whether it was taken */
  take(n: number, now: number): boolean {
    this.#fill(now);
    if (this.#left < n) return false;
    this.#left -= n;
    return true;
  }

  /** Takes `n` in any case. @returns milliseconds until the bucket is in credit again, 0 if it is */
  draw(n: number, now: number): number {
    this.#fill(now);
    this.#left -= n;
    return this.#left >= 0 ? 0 : (-this.#left / this.#rate) * 1000;
  }
}
