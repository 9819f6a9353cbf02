// drivers/gpio: from raw edges to believed levels. Pure: edges and times come in, readings go out, no timer lives here.
import type { LineConfig, LineReading } from './types.ts';

/** Most pulses that one line may count per second: beyond it the line is noise, and edges are dropped and counted. */
const MAX_EDGES_PER_S = 10_000;

/** One line's cleaning. Give it every edge, and ask it again at `due`. */
export class Debouncer {
  readonly #config: LineConfig;
  #believed: 0 | 1;
  #candidate: 0 | 1;
  #since: number;
  #pulses = 0;
  #second = 0;
  #edges = 0;
  /** edges beyond what a line can really do */
  dropped = 0;

  /** @param level raw level now; @param time epoch ms */
  constructor(config: LineConfig, level: 0 | 1, time: number) {
    this.#config = config;
    this.#believed = this.#candidate = this.#logical(level);
    this.#since = time;
  }

  #logical(level: 0 | 1): 0 | 1 {
    return this.#config.inverted ? (level === 1 ? 0 : 1) : level;
  }

  /** Takes a raw edge; gives a reading if the line is now believed to have changed (or has counted). */
  edge(level: 0 | 1, time: number): LineReading | null {
    const second = Math.floor(time / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#edges = 0;
    }
    this.#edges += 1;
    if (this.#edges > MAX_EDGES_PER_S) {
      this.dropped += 1;
      return null;
    }
    const state = this.#logical(level);
    const settled = this.settle(time);
    if (state !== this.#candidate) {
      this.#candidate = state;
      this.#since = time;
    }
    return this.settle(time) ?? settled;
  }

  /** When the waiting level becomes believed if no edge comes, epoch ms; null: nothing waits. */
  get due(): number | null {
    return this.#candidate === this.#believed ? null : this.#since + this.#config.debounce_ms;
  }

  /** Believes the waiting level if it has stood long enough by now. */
  settle(time: number): LineReading | null {
    const due = this.due;
    if (due === null || time < due) return null;
    this.#believed = this.#candidate;
    // the level changed when its edge came, not when it was believed
    if (this.#config.pulses) {
      if (this.#believed === 1) this.#pulses += 1;
      return this.#believed === 1 ? this.reading(this.#since) : null;
    }
    return this.reading(this.#since);
  }

  /** The believed state, as a reading of this time. */
  reading(time: number): LineReading {
    const { id, pulses } = this.#config;
    return { time, line: id, state: this.#believed, ...(pulses ? { pulses: this.#pulses } : {}) };
  }
}
