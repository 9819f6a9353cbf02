// ota/device: the time against which metadata expires. In: the box's clock (untrusted: 1970 after a flat battery, 2100 by
// a bad fix), dates of the build, signed issue times. Out: a reference time. Never: a floor raised by the box's own clock.
//
// Two dates come with the program. `floor`: a clock before it is certainly wrong. `built`: when this program was made; it
// is the best guess where the clock is certainly wrong. A release writes its commit's date into both; a checkout keeps a
// low floor, so that recorded repositories can be read under the date they were made for.
import type { Root, Timestamp } from '@tufjs/models';
import dates from './build-date.json' with { type: 'json' };

/** Our own field in the signed part of timestamp: when it was signed, epoch ms. */
export const ISSUED = 'x-kerbside-issued';

export interface BuildDates {
  /** epoch ms; a clock before it is wrong */
  readonly floor: number;
  /** epoch ms; when the program was made */
  readonly built: number;
}

/** The dates that this program carries. */
export const BUILD: BuildDates = { floor: Date.parse(dates.floor), built: Date.parse(dates.built) };

/**
 * When a verified timestamp says it was issued, epoch ms; 0 where it says nothing that can be true.
 * The caller has verified the signature under `root`. A time after its own or the root's expiry is not believed, so a
 * stolen online key cannot push the floor past what the offline keys vouch for, and rotating it takes its floor away.
 */
export function issuedAt(timestamp: Timestamp, root: Root): number {
  const issued = timestamp.unrecognizedFields[ISSUED];
  if (typeof issued !== 'number' || !Number.isSafeInteger(issued) || issued < 0) return 0;
  return issued < Date.parse(timestamp.expires) && issued < Date.parse(root.expires) ? issued : 0;
}

/**
 * The time that expiry is judged by, epoch ms.
 * @param now the box's clock
 * @param issued the newest signed issue time that is still trusted, 0 for none
 */
export function referenceTime(now: number, issued: number, build: BuildDates = BUILD): number {
  const least = now < build.floor ? Math.max(build.built, build.floor) : build.floor;
  return Math.max(now, issued, least);
}
