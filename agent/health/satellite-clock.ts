// agent/health: a clock that satellites put right. In: the system's clock, UTC as a receiver with a fix tells it. Out: a
// clock that is believed even where the system's stands in 1970. A box has no right to set the system's clock, so the
// difference is kept here. May never happen: one wrong date of a receiver moves the clock.
import { CLOCK_FLOOR, type ClockQuality } from '../../contract/index.ts';
import type { Clock } from './clock.ts';

/** So many times in a row must agree ... */
const AGREE = 5;
/** ... within this, ms: sentences come up to a second late. */
const TOLERANCE_MS = 2_000;
/** So long after the last of them it is as good as synced: quartz drifts less than 0.4 s in that, ms. */
const FRESH_MS = 3_600_000;
/** A receiver that tells a time beyond this is broken (UTC epoch ms, 2100). */
const CEILING = Date.UTC(2100, 0, 1);
/** The system's quality is asked this often, ms. */
const ASK_EVERY_MS = 1_000;

export class SatelliteClock implements Clock {
  readonly boot: string;
  readonly mono: () => number;
  readonly #system: Clock;
  #offset: number | null = null;
  #heard = Number.NEGATIVE_INFINITY;
  #candidate = { offset: 0, count: 0 };
  #asked = Number.NEGATIVE_INFINITY;
  #quality: ClockQuality = 'unknown';

  constructor(system: Clock) {
    this.#system = system;
    this.boot = system.boot;
    this.mono = system.mono;
  }

  readonly wall = (): number => {
    const wall = this.#system.wall();
    const own = this.#own();
    return own === null || Math.abs(wall - own) <= TOLERANCE_MS ? wall : own;
  };

  readonly quality = (): ClockQuality => {
    const system = this.#systemQuality();
    if (this.#offset === null || system === 'synced') return system;
    return this.mono() - this.#heard <= FRESH_MS ? 'synced' : 'held';
  };

  /** A receiver with a fix said that it is `utc` (epoch ms) just now. */
  tell(utc: number): void {
    if (!(utc >= CLOCK_FLOOR && utc < CEILING)) return;
    const offset = utc - this.mono();
    const candidate = this.#candidate;
    const agrees = candidate.count > 0 && Math.abs(offset - candidate.offset) <= TOLERANCE_MS;
    // The largest offset is that of the sentence which came least late.
    this.#candidate = agrees
      ? { offset: Math.max(offset, candidate.offset), count: candidate.count + 1 }
      : { offset, count: 1 };
    if (this.#candidate.count < AGREE) return;
    this.#offset = this.#candidate.offset;
    this.#heard = this.mono();
    this.#candidate = { offset: this.#offset, count: AGREE };
  }

  /** Satellite time, where the system's own is not vouched for. */
  #own(): number | null {
    if (this.#offset === null || this.#systemQuality() === 'synced') return null;
    return this.#offset + this.mono();
  }

  #systemQuality(): ClockQuality {
    // A clock that was set back says so at once; whether it is vouched for is not asked for each record.
    if (this.#system.wall() < CLOCK_FLOOR) return 'unknown';
    const now = this.mono();
    if (now - this.#asked >= ASK_EVERY_MS) {
      this.#asked = now;
      this.#quality = this.#system.quality();
    }
    return this.#quality;
  }
}
