// drivers/gnss: is this fix to be believed beside the one before? In: epochs in order. Out: flags and why. Pure.
import type { FixFlag } from './types.ts';

/** below this a receiver may hold its position on purpose (static hold) */
const MOVING = 2;
/** so long a moving receiver may stay on one spot (coarse or slowly computed positions) */
const FROZEN_MS = 3000;
/** what a fix may be off by without being called a jump: multipath among houses, the first fixes after a start */
const SLACK_M = 100;
/** no street vehicle is faster; a faster receiver says so itself and gets three times its own speed */
const FASTEST = 70;
const EARTH_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

export interface Doubt {
  readonly flags: readonly FixFlag[];
  readonly why: string;
}

/** A fix as the plausibility check sees it; NaN and null where it is not known. */
interface Point {
  time: number | null;
  lat: number;
  lon: number;
  speed: number;
}

export class Plausibility {
  readonly #before: Point = { time: null, lat: NaN, lon: NaN, speed: NaN };
  /** since when the position is exactly what it is, and moving */
  #stillSince: number | null = null;
  #lastTime: number | null = null;
  #doubts: Doubt | null = null;

  /** Judges a fix (lat NaN: none) and keeps it for the next. `repeated`: the receiver told the same time again. */
  judge(time: number | null, lat: number, lon: number, speed: number, repeated: boolean): Doubt | null {
    this.#doubts = null;
    if (repeated) this.#doubt('repeat', 'the time did not advance');
    if (time !== null && this.#lastTime !== null && time < this.#lastTime) {
      this.#doubt('time-back', `the time went back by ${((this.#lastTime - time) / 1000).toFixed(1)} s`);
    }
    if (time !== null) this.#lastTime = time;
    if (!Number.isNaN(lat)) this.#place(time, lat, lon, speed);
    else this.#stillSince = null;
    return this.#doubts;
  }

  #doubt(flag: FixFlag, why: string): void {
    const before = this.#doubts;
    this.#doubts =
      before === null ? { flags: [flag], why } : { flags: [...before.flags, flag], why: `${before.why}; ${why}` };
  }

  #place(time: number | null, lat: number, lon: number, speed: number): void {
    const before = this.#before;
    const dt = time !== null && before.time !== null ? (time - before.time) / 1000 : NaN;
    const still = lat === before.lat && lon === before.lon;
    if (still && speed >= MOVING && time !== null) {
      this.#stillSince ??= before.time ?? time;
      const held = time - this.#stillSince;
      if (held >= FROZEN_MS) {
        this.#doubt('frozen', `at one spot for ${(held / 1000).toFixed(1)} s at ${speed.toFixed(1)} m/s`);
      }
    } else this.#stillSince = null;
    if (!still && dt > 0 && !Number.isNaN(before.lat)) {
      const moved = metres(before.lat, before.lon, lat, lon);
      const pace = Math.max(FASTEST, 3 * Math.max(orZero(speed), orZero(before.speed)));
      if (moved > SLACK_M + pace * dt) {
        this.#doubt('jump', `${moved.toFixed(0)} m in ${dt.toFixed(1)} s`);
      }
    }
    before.time = time;
    before.lat = lat;
    before.lon = lon;
    before.speed = speed;
  }
}

/** Great-circle distance in metres (haversine). */
function metres(lat1: number, lon1: number, lat2: number, lon2: number): number {
  const a = Math.sin(((lat2 - lat1) * RADIANS) / 2);
  const b = Math.sin(((lon2 - lon1) * RADIANS) / 2);
  const h = a * a + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * b * b;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
