// drivers/can: one signal, several senders: which one counts now. In: values with sender and time. Out: the best of the
// fresh ones. Never: the clock (the asker says when "now" is), or a sender kept for ever.

/** more senders of one signal are not met on a bus; noise may look like it */
const SOURCES = 32;

export interface Ranking {
  /** addresses from the most to the least trusted; a sender that is not named comes after all that are, by its address */
  readonly order: readonly number[];
  /** how old a value may be, ms */
  readonly freshMs: number;
}

export interface RankedValue {
  readonly source: number;
  /** epoch ms */
  readonly time: number;
  readonly value: number;
}

/** Keeps the latest value of each sender. Pure: the same offers and questions give the same answers. */
export class SourceRanker {
  readonly #order: readonly number[];
  readonly #freshMs: number;
  readonly #latest = new Map<number, RankedValue>();

  constructor(ranking: Ranking) {
    this.#order = ranking.order;
    this.#freshMs = ranking.freshMs;
  }

  /** A sender said something. Null takes its word back: it says itself that it does not know. */
  offer(source: number, time: number, value: number | null): void {
    if (value === null || !Number.isFinite(value)) {
      this.#latest.delete(source);
      return;
    }
    if (!this.#latest.has(source) && this.#latest.size >= SOURCES) this.#dropOldest();
    this.#latest.set(source, { source, time, value });
  }

  /** Of the values not older than `freshMs` at `time` (epoch ms) the one of the most trusted sender; else null. */
  best(time: number): RankedValue | null {
    let best: RankedValue | null = null;
    for (const candidate of this.#latest.values()) {
      if (time - candidate.time > this.#freshMs) continue;
      if (best === null || this.#before(candidate.source, best.source)) best = candidate;
    }
    return best;
  }

  /** All fresh values, the most trusted first: for the page, and for plausibility. */
  fresh(time: number): RankedValue[] {
    return [...this.#latest.values()]
      .filter((value) => time - value.time <= this.#freshMs)
      .sort((a, b) => (this.#before(a.source, b.source) ? -1 : 1));
  }

  #before(a: number, b: number): boolean {
    const rankA = this.#rank(a);
    const rankB = this.#rank(b);
    return rankA === rankB ? a < b : rankA < rankB;
  }

  #rank(source: number): number {
    const at = this.#order.indexOf(source);
    return at < 0 ? this.#order.length : at;
  }

  #dropOldest(): void {
    let oldest: RankedValue | undefined;
    for (const value of this.#latest.values()) if (oldest === undefined || value.time < oldest.time) oldest = value;
    if (oldest) this.#latest.delete(oldest.source);
  }
}
