// agent/uplink: the rate that the centre allows this box. In: bytes that were sent. Out: whether more may go, and when.
// Alarms and cases always go and are counted all the same; all else waits until they are paid for. Pure: time is given.

/** Bounds of a rate, bytes a second: below the first a backlog would never end, above the second it is none. */
export const DRAIN_MIN = 1_000;
export const DRAIN_MAX = 1_000_000_000;
/** What may be sent at once after a pause, and how much debt a burst of alarms leaves behind at most: ms of the rate. */
const BURST = 1_000;
const MAX_DEBT = 60_000;

export class Drain {
  #rate: number | null = null;
  #credit = 0;
  #at = 0;

  /** bytes a second; null: as fast as the link goes */
  get rate(): number | null {
    return this.#rate;
  }

  /** @param now ms, never goes back. A rate outside the bounds is moved to the nearer one. */
  set(rate: number | null, now: number): void {
    this.#rate = rate === null ? null : Math.min(DRAIN_MAX, Math.max(DRAIN_MIN, rate));
    this.#credit = this.#rate === null ? 0 : this.#most(BURST);
    this.#at = now;
  }

  spent(bytes: number, now: number): void {
    if (this.#rate === null) return;
    this.#earn(now);
    this.#credit = Math.max(-this.#most(MAX_DEBT), this.#credit - bytes);
  }

  /** ms until the next message may go; 0: now. A message larger than the credit goes too, and is paid for afterwards. */
  wait(now: number): number {
    if (this.#rate === null) return 0;
    this.#earn(now);
    return this.#credit > 0 ? 0 : Math.ceil(((1 - this.#credit) / this.#rate) * 1000);
  }

  #most(ms: number): number {
    return ((this.#rate ?? 0) * ms) / 1000;
  }

  #earn(now: number): void {
    const earned = ((this.#rate ?? 0) * Math.max(0, now - this.#at)) / 1000;
    this.#credit = Math.min(this.#most(BURST), this.#credit + earned);
    this.#at = now;
  }
}
