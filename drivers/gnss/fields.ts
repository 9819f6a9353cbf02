// drivers/gnss: one sentence as fields over the bytes it came in, without making strings of them.
// In: the receiver's bytes. Out: characters, whole numbers, decimals. A field that is no number is NaN and counted.
import type { GnssCounters } from './types.ts';

const MAX_FIELDS = 64;
const POWERS = Array.from({ length: 18 }, (_, i) => 10 ** i);

/** The fields of the sentence at hand. One object serves all sentences: nothing may keep it. */
export class Fields {
  /** number of fields, the name being field 0 */
  count = 0;
  bytes: Uint8Array = new Uint8Array(0);
  /** where each field begins; it ends one before the next begins */
  readonly #start = new Int32Array(MAX_FIELDS + 1);
  readonly #counters: GnssCounters;

  constructor(counters: GnssCounters) {
    this.#counters = counters;
  }

  /** Takes the sentence whose name begins at `from`; the lexer tells each field by `close`. */
  open(bytes: Uint8Array, from: number): void {
    this.bytes = bytes;
    this.count = 0;
    this.#start[0] = from;
  }

  /** The field at hand ends before `at`, the next begins behind it. Fields beyond the 64th are dropped. */
  close(at: number): void {
    if (this.count < MAX_FIELDS) this.#start[++this.count] = at + 1;
  }

  /** Where field `i` begins, for its name and the like. */
  start(i: number): number {
    return this.#start[i]!;
  }

  length(i: number): number {
    return i < this.count ? this.#start[i + 1]! - 1 - this.#start[i]! : 0;
  }

  empty(i: number): boolean {
    return i >= this.count || this.#start[i + 1]! - 1 === this.#start[i];
  }

  /** The first character's code, 0 for an empty field. */
  char(i: number): number {
    return this.empty(i) ? 0 : this.bytes[this.#start[i]!]!;
  }

  /** Is field `i` this text (ASCII)? */
  is(i: number, text: string): boolean {
    if (this.length(i) !== text.length) return false;
    const from = this.#start[i]!;
    for (let k = 0; k < text.length; k++) if (this.bytes[from + k] !== text.charCodeAt(k)) return false;
    return true;
  }

  /** A decimal number; NaN for an empty field, and NaN and counted for one that is not a number. */
  number(i: number): number {
    if (i >= this.count) return NaN;
    let at = this.#start[i]!;
    const end = this.#start[i + 1]! - 1;
    if (at === end) return NaN;
    const bytes = this.bytes;
    while (at < end && bytes[at] === 32) at++;
    let negative = false;
    if (bytes[at] === 45) {
      negative = true;
      at++;
    } else if (bytes[at] === 43) at++;
    let value = 0;
    let digits = 0;
    let decimals = -1;
    for (; at < end; at++) {
      const c = bytes[at]!;
      if (c >= 48 && c <= 57) {
        if (digits < 17) {
          value = value * 10 + (c - 48);
          digits++;
          if (decimals >= 0) decimals++;
        } else if (decimals < 0) return this.bad();
      } else if (c === 46 && decimals < 0) decimals = 0;
      else if (c === 32) break;
      else return this.bad();
    }
    if (digits === 0) return this.bad();
    if (decimals > 0) value /= POWERS[decimals]!;
    return negative ? -value : value;
  }

  /** A number within bounds; otherwise NaN, counted unless the field is empty. */
  bounded(i: number, low: number, high: number): number {
    const value = this.number(i);
    if (Number.isNaN(value)) return NaN;
    return value >= low && value <= high ? value : this.bad();
  }

  /** A whole number of digits alone, 0 for an empty field, -1 and counted for anything else. */
  whole(i: number): number {
    const value = this.empty(i) ? 0 : this.number(i);
    if (Number.isNaN(value)) return -1;
    return Math.trunc(value);
  }

  /** As `whole`, quick for the one to three digits that most fields are. */
  small(i: number): number {
    if (i >= this.count) return 0;
    const from = this.#start[i]!;
    const n = this.#start[i + 1]! - 1 - from;
    if (n === 0) return 0;
    if (n > 3) return this.whole(i);
    let value = 0;
    for (let k = from; k < from + n; k++) {
      const d = this.bytes[k]! - 48;
      if (d < 0 || d > 9) return this.whole(i);
      value = value * 10 + d;
    }
    return value;
  }

  /** A number within bounds, rounded to a whole one; `none` for an empty field and, counted, for any other. */
  figure(i: number, low: number, high: number, none: number): number {
    if (this.empty(i)) return none;
    const value = this.small(i);
    if (value >= low && value <= high && value >= 0) return value;
    const exact = this.bounded(i, low, high);
    return Number.isNaN(exact) ? none : Math.round(exact);
  }

  /** hhmmss[.sss] as ms of the day (86,400,000 and up within a leap second); -1 for empty, -1 and counted if wrong. */
  timeOfDay(i: number): number {
    const n = this.length(i);
    if (n === 0) return -1;
    if (n < 6) return this.wrong();
    const at = this.#start[i]!;
    const h = this.#pair(at);
    const m = this.#pair(at + 2);
    const s = this.#pair(at + 4);
    if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60) return this.wrong();
    let ms = ((h * 60 + m) * 60 + s) * 1000;
    if (n > 7 && this.bytes[at + 6] === 46) {
      let unit = 100;
      for (let k = at + 7; k < at + n; k++) {
        const d = this.bytes[k]! - 48;
        if (d < 0 || d > 9) return this.wrong();
        ms += d * unit;
        unit /= 10;
      }
      ms = Math.round(ms * 1000) / 1000;
    } else if (n > 6 && this.bytes[at + 6] !== 46) return this.wrong();
    return ms;
  }

  /** ddmmyy as [day, month, year of the century] packed d + 100 m + 10000 y; -1 if it is none. */
  ddmmyy(i: number): number {
    if (this.length(i) !== 6) return this.empty(i) ? -1 : this.wrong();
    const at = this.#start[i]!;
    const d = this.#pair(at);
    const m = this.#pair(at + 2);
    const y = this.#pair(at + 4);
    if (d < 1 || d > 31 || m < 1 || m > 12 || y < 0) return this.wrong();
    return d + 100 * m + 10000 * y;
  }

  /** [d]ddmm.mmmm as degrees, NaN if empty, NaN and counted if it is none. `limit` is 90 or 180. */
  degrees(i: number, limit: number): number {
    const value = this.number(i);
    if (Number.isNaN(value)) return NaN;
    const whole = Math.floor(value / 100);
    const minutes = value - whole * 100;
    const degrees = whole + minutes / 60;
    return value >= 0 && minutes < 60 && degrees <= limit ? degrees : this.bad();
  }

  /** Counts a field that is wrong and stands for its value. */
  bad(): number {
    this.#counters.badField++;
    return NaN;
  }

  wrong(): -1 {
    this.#counters.badField++;
    return -1;
  }

  #pair(at: number): number {
    const a = this.bytes[at]! - 48;
    const b = this.bytes[at + 1]! - 48;
    return a < 0 || a > 9 || b < 0 || b > 9 ? -1 : a * 10 + b;
  }
}
