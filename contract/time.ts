// Times that were written with a wrong clock, and how they are put right. A box that boots without knowing the time
// records all the same; each record carries the time since boot as well. Once the clock is known, one number per boot
// (its anchor) says what the time since boot means in UTC, and all its records follow. Texts are never changed. Pure.
import { z } from 'zod';

/** No Kerbside box ran before this moment, UTC epoch ms: a clock that says so is wrong. */
export const CLOCK_FLOOR = Date.UTC(2026, 10, 1);

export const CLOCK_QUALITIES = ['unknown', 'held', 'synced'] as const;
export type ClockQuality = (typeof CLOCK_QUALITIES)[number];

/** What a boot's clock turned out to be: UTC epoch ms = ms since that boot + offset. */
export const anchorSchema = z.object({
  offset: z.number().min(-8.64e15).max(8.64e15),
  /** how the clock is known: held: plausible; synced: a time service or satellites vouch for it */
  clock: z.enum(['held', 'synced']),
});
export type Anchor = z.infer<typeof anchorSchema>;

/** One boot of a box. `nr` counts its boots, so that those which never knew the time have an order all the same. */
export const bootSchema = z.object({
  boot: z.string().min(1).max(36),
  nr: z.number().int().min(1),
  /** null: this boot never knew the time, or does not yet */
  anchor: anchorSchema.nullable(),
});
export type Boot = z.infer<typeof bootSchema>;

/** When a record was accepted, as it says itself. */
export interface Stamp {
  readonly at: number;
  readonly mono: number;
  readonly clock: ClockQuality;
}

/** Whether an anchor knows better than the clock of this quality did. */
export function knowsBetter(anchor: Anchor, clock: ClockQuality): boolean {
  return CLOCK_QUALITIES.indexOf(anchor.clock) > CLOCK_QUALITIES.indexOf(clock);
}

/** ms to add to `at` of a record of this boot; 0 where its clock knew as much as the anchor does. */
export function shiftOf({ at, mono, clock }: Stamp, anchor: Anchor | null): number {
  return anchor && knowsBetter(anchor, clock) ? Math.round(anchor.offset + mono - at) : 0;
}

/** A time inside a record is on the same clock as its acceptance where it lies within this of it, ms. */
export const SAME_CLOCK_MS = 86_400_000;

/** A time that stands in a record's text, put right. One that came from elsewhere (satellites) is left as it is. */
export function putRight(time: number, at: number, shift: number): number {
  return Math.abs(time - at) <= SAME_CLOCK_MS ? time + shift : time;
}
