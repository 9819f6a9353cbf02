// agent/camera: how many crops looks may have, by the time there is. In: looks that end and what they took, looks that were
// late. Out: crops for the next look. Where a look was late there are none, at once; then ever more of the workers' time may
// be spent, slowly. Pure: time is that of the frames, cost is what the workers say.
// Never: workers kept busier by crops than ROOM, a camera left without crops beside one that asks more often.

/** Share of the workers' time that looks with their crops may take; the rest is for what comes unexpected. */
const ROOM = 0.6;
/** From nothing to all of it, ms. */
const RISE_MS = 10_000;
/** Inferences that may be saved up, or owed. */
const MOST = 32;
/** Who got none comes before the others if it asks again so soon, ms. */
const PATIENCE_MS = 1000;
/** A frame older than the newest by so much tells that the clock was set back, ms. */
const SET_BACK_MS = 5000;
/** How fast the known cost of an inference follows the last one. */
const FOLLOWS = 0.1;

export class Allowance {
  readonly #workers: () => number;
  /** newest frame time; and that of the last look that was late, or of the first one */
  #time = Number.NaN;
  #late = Number.NaN;
  /** milliseconds of worker time that may be spent; below 0: that were */
  #spare_ms = 0;
  #cost_ms = 0;
  /** who wished and got none, the longest first, with the time of its last wish */
  readonly #short = new Map<unknown, number>();

  /** @param workers how many there are now */
  constructor(workers: () => number) {
    this.#workers = workers;
  }

  /** A look of this frame time should have been and was not. */
  late(time: number): void {
    this.#late = time;
    this.#spare_ms = Math.min(0, this.#spare_ms);
  }

  /**
   * How many of the crops that it wishes this look may have; their time is taken.
   * @param left_ms what they may take together
   */
  take(who: unknown, time: number, wished: number, left_ms: number): number {
    this.#earn(time);
    if (this.#cost_ms === 0) return 0;
    const most = Math.min(wished, Math.floor(left_ms / this.#cost_ms));
    if (most <= 0) return 0;
    for (const [other, asked] of this.#short) if (Math.abs(time - asked) > PATIENCE_MS) this.#short.delete(other);
    const [next = who] = this.#short.keys();
    const granted = next === who ? Math.max(0, Math.min(most, Math.floor(this.#spare_ms / this.#cost_ms))) : 0;
    if (granted === 0) this.#short.set(who, time);
    else this.#short.delete(who);
    this.#spare_ms -= granted * this.#cost_ms;
    return granted;
  }

  /**
   * A look has ended.
   * @param ms of its worker
   * @param granted crops that it might have
   * @param run_ms what one crop takes; null: the look failed
   */
  spent(ms: number, granted: number, run_ms: number | null): void {
    const least = -MOST * this.#cost_ms;
    this.#spare_ms = Math.max(least, this.#spare_ms + granted * this.#cost_ms - ms);
    if (run_ms === null) return;
    this.#cost_ms = this.#cost_ms === 0 ? run_ms : this.#cost_ms + (run_ms - this.#cost_ms) * FOLLOWS;
  }

  /** It does not ask any more. */
  forget(who: unknown): void {
    this.#short.delete(who);
  }

  #earn(time: number): void {
    if (!(time > this.#time - SET_BACK_MS)) {
      this.late(time);
      this.#time = time;
    }
    const passed = Math.max(0, time - this.#time);
    const share = ROOM * Math.min(1, Math.max(0, time - this.#late) / RISE_MS);
    this.#time = Math.max(this.#time, time);
    this.#spare_ms = Math.min(MOST * this.#cost_ms, this.#spare_ms + this.#workers() * passed * share);
  }
}
