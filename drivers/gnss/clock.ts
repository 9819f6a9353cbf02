// drivers/gnss: the receiver's date and time of day -> epoch ms. In: dates and times as sentences tell them, and when
// they arrived. Out: UTC epoch ms, or null while no date is known. The box's clock is never read here.
import type { GnssCounters } from './types.ts';

const DAY_MS = 86_400_000;
/** GPS week numbers of 10 bits repeat after 1024 weeks */
const ROLLOVER_DAYS = 1024 * 7;
/** first day of GPS time, 1980-01-06, in days of the epoch */
const GPS_DAY0 = 3657;
/** GPS time less UTC, in seconds: since 2017-01-01 (IERS Bulletin C 52) */
const LEAP_SECONDS = 18;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The day (days since 1970-01-01) of a civil date, or null for a date the calendar has not. */
export function dayOf(year: number, month: number, day: number): number | null {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month < 1 || month > 12 || day < 1) return null;
  if (day > MONTH_DAYS[month - 1]! + (leap && month === 2 ? 1 : 0)) return null;
  // years counted from March, so that the leap day is a year's last
  const y = month <= 2 ? year - 1 : year;
  const months = (month + 9) % 12;
  const days = Math.floor((153 * months + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + days - 719_468;
}

/**
 * GPS week and milliseconds of it as UTC epoch ms, with the leap seconds in force since 2017: the receivers that tell
 * GPS time alone do not tell them. A binary recording from before 2017 comes out up to 5 s early, as with gpsd.
 */
export function gpsTime(week: number, towMs: number): number {
  return (GPS_DAY0 + week * 7) * DAY_MS + towMs - LEAP_SECONDS * 1000;
}

export class ReceiverClock {
  readonly #counters: GnssCounters;
  #day: number | null = null;
  #tod = -1;
  /** whole rollovers this receiver has been found behind */
  #behind = 0;

  constructor(counters: GnssCounters) {
    this.#counters = counters;
  }

  /** Is the date known? */
  get dated(): boolean {
    return this.#day !== null;
  }

  /** The last time of day that was told, in ms; -1 while there is none. */
  get tod(): number {
    return this.#tod;
  }

  /** Epoch ms of the last time of day that was told, or null. */
  get time(): number | null {
    return this.#day === null || this.#tod < 0 ? null : this.#day * DAY_MS + Math.round(this.#tod);
  }

  /** A time of day alone (GGA, GLL, GNS): past midnight it is the next day, until a sentence tells the date. */
  tellTime(tod: number): void {
    if (this.#day !== null && this.#tod - tod > DAY_MS / 2) this.#day++;
    this.#tod = tod;
  }

  /**
   * A date with its time of day (RMC, ZDA). `wall` is the box's time on arrival where it is known and trusted.
   * A date 1024 weeks (or a multiple) back is put right where that is provable: it lies within two days of the box's
   * clock then, or the receiver itself had told the right one a sentence before. An old recording keeps its date.
   */
  tellDate(day: number, tod: number, wall: number | null): void {
    this.#day = this.unroll(day, wall);
    this.#tod = tod;
  }

  /** The day with whole rollovers put right where provable. */
  unroll(day: number, wall: number | null): number {
    let weeks = this.#behind;
    if (wall !== null) {
      const lag = Math.floor(wall / DAY_MS) - day;
      const times = Math.round(lag / ROLLOVER_DAYS);
      weeks = times > 0 && Math.abs(lag - times * ROLLOVER_DAYS) <= 2 ? times : 0;
    } else if (this.#day !== null) {
      const lag = this.#day - day;
      const times = Math.round(lag / ROLLOVER_DAYS);
      if (times >= 0 && Math.abs(lag - times * ROLLOVER_DAYS) <= 2) weeks = times;
    }
    if (weeks > this.#behind) this.#counters.rollover++;
    this.#behind = weeks;
    return day + weeks * ROLLOVER_DAYS;
  }

  /** Epoch ms with whole rollovers put right where provable. */
  unrollTime(time: number, wall: number | null): number {
    const day = Math.floor(time / DAY_MS);
    return time + (this.unroll(day, wall) - day) * DAY_MS;
  }

  /** The receiver says that it has no time at all. */
  forget(): void {
    this.#day = null;
    this.#tod = -1;
  }
}
