// drivers/gnss: an epoch as plain numbers, so that another thread can print it. In: an epoch. Out: numbers in an array.
// Layout: time, mode, lat, lon, alt, speed, track, hdop, doubted (0 or 1), satellites (their number, or -1: the same
// list as in the record before), then for each satellite key, elevation, azimuth, C/N0, used. NaN stands for null.
import { PER_SYSTEM, SYSTEMS } from './numbering.ts';
import type { Epoch, GnssSystem, Satellite } from './types.ts';

export const HEAD = 10;
export const PER_SATELLITE = 5;
/** more satellites than that are not printed: no receiver tracks as many */
export const MAX_LISTED = 1024;
/** numbers that one record takes at most */
export const MAX_RECORD = HEAD + PER_SATELLITE * MAX_LISTED;

const SYSTEM_KEY: Record<GnssSystem, number> = Object.fromEntries(
  SYSTEMS.map((system, i) => [system, i * PER_SYSTEM]),
) as Record<GnssSystem, number>;

/** Writes epochs as records; of a list that is the same as the one before, only that. */
export class RecordWriter {
  #last: readonly Satellite[] | null = null;

  /** The next record repeats its list: the reader begins anew. */
  restart(): void {
    this.#last = null;
  }

  /** Writes one record from `at` on and returns where it ends. There must be room for MAX_RECORD numbers. */
  write(to: Float64Array, at: number, epoch: Epoch): number {
    to[at] = epoch.time ?? NaN;
    to[at + 1] = epoch.mode;
    to[at + 2] = epoch.lat ?? NaN;
    to[at + 3] = epoch.lon ?? NaN;
    to[at + 4] = epoch.alt ?? NaN;
    to[at + 5] = epoch.speed ?? NaN;
    to[at + 6] = epoch.track ?? NaN;
    to[at + 7] = epoch.hdop ?? NaN;
    to[at + 8] = epoch.flags === undefined ? 0 : 1;
    const list = epoch.satellites;
    if (list === this.#last) {
      to[at + 9] = -1;
      return at + HEAD;
    }
    this.#last = list;
    const count = Math.min(list.length, MAX_LISTED);
    to[at + 9] = count;
    let p = at + HEAD;
    for (let i = 0; i < count; i++) {
      const s = list[i]!;
      to[p] = SYSTEM_KEY[s.system] + s.prn;
      to[p + 1] = s.elevation ?? NaN;
      to[p + 2] = s.azimuth ?? NaN;
      to[p + 3] = s.snr ?? NaN;
      to[p + 4] = s.used ? 1 : 0;
      p += PER_SATELLITE;
    }
    return p;
  }
}
