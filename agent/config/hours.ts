// agent/config: on which days and hours a rule holds, in the city's own time. In: windows, epoch ms. Out: yes or no.
// Pure: the time zone's rules come with the runtime, the time from the caller.
import { z } from 'zod';

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be HH:MM, in quotes');

/** Days as ISO 8601 counts them: 1 is Monday, 7 Sunday. */
export const windowSchema = z
  .strictObject({
    days: z
      .array(z.number().int().min(1).max(7))
      .min(1)
      .max(7)
      .optional()
      .describe('1 Monday ... 7 Sunday; default every day'),
    from: clock.default('00:00').describe('local time'),
    to: clock.default('24:00').describe('local time; earlier than `from`: over midnight, on the day it begins'),
  })
  .refine(({ from, to }) => from !== to, 'from and to are the same');
export type Window = z.infer<typeof windowSchema>;

const minutesOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const DAY = 24 * 60;
const DAYS: Readonly<Record<string, number>> = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 };

/** Whether the runtime knows this time zone, e.g. Asia/Shanghai. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Local days and minutes of one time zone. */
export class LocalTime {
  readonly #format: Intl.DateTimeFormat;
  /** the minute that was asked last, and its answer: looks come several a second */
  #minute = Number.NaN;
  #local = { day: 1, minute: 0 };

  /** @param zone IANA name */
  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  }

  /** ISO weekday and minutes since local midnight. @param time epoch ms */
  at(time: number): { readonly day: number; readonly minute: number } {
    const minute = Math.floor(time / 60_000);
    if (minute !== this.#minute) {
      const parts = new Map(this.#format.formatToParts(time).map(({ type, value }) => [type, value]));
      this.#local = {
        day: DAYS[parts.get('weekday') ?? ''] ?? 1,
        minute: Number(parts.get('hour')) * 60 + Number(parts.get('minute')),
      };
      this.#minute = minute;
    }
    return this.#local;
  }

  /** Whether one of the windows is open; without any it always is. @param time epoch ms */
  open(windows: readonly Window[] | undefined, time: number): boolean {
    if (!windows || windows.length === 0) return true;
    const { day, minute } = this.at(time);
    return windows.some(({ days, from, to }) => {
      const on = (which: number) => !days || days.includes(which);
      const [start, end] = [minutesOf(from), minutesOf(to)];
      if (start < end) return on(day) && minute >= start && minute < end;
      // over midnight: the evening of its day, or the morning after
      return (on(day) && minute >= start && minute < DAY) || (on(day === 1 ? 7 : day - 1) && minute < end);
    });
  }
}
