// agent/console page: numbers and times as people read them. Pure: the time "now" is always handed in.

/** A number with a fixed count of decimals. */
export const fixed = (value: number, decimals = 0): string => value.toFixed(decimals);

/** A span: one decimal below 100 s, then the two largest units. `units`: s, min, h, d. */
export function duration(seconds: number, units: readonly [string, string, string, string], gap: string): string {
  const [s, min, h, d] = units;
  const span = Math.max(0, seconds);
  const whole = Math.round(span);
  if (span < 100) return `${Number.isInteger(span) ? span : fixed(span, 1)}${gap}${s}`;
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    `${big}${gap}${bigUnit}${small > 0 ? ` ${small}${gap}${smallUnit}` : ''}`;
  if (whole < 3600) return pair(Math.floor(whole / 60), min, whole % 60, s);
  if (whole < 86_400) return pair(Math.floor(whole / 3600), h, Math.floor((whole % 3600) / 60), min);
  return pair(Math.floor(whole / 86_400), d, Math.floor((whole % 86_400) / 3600), h);
}

/** Bytes in decimal units. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${fixed(count / 1e3)} kB`;
  return `${fixed(count / 1e6, 1)} MB`;
}

/** Clock time of the reader's zone, 14:03:21; with the date where it is another day than `now`. */
export function clock(time: number, now: number, locale: string): string {
  const day = (t: number) => new Date(t).toDateString();
  const text = new Date(time).toLocaleTimeString(locale, { hourCycle: 'h23' });
  if (day(time) === day(now)) return text;
  return `${new Date(time).toLocaleDateString(locale, { day: 'numeric', month: 'short' })} ${text}`;
}

/** "2 min ago", in the language's own way; `justNow` within five seconds. */
export function ago(time: number, now: number, locale: string, justNow: string): string {
  const seconds = (now - time) / 1000;
  if (seconds < 5) return justNow;
  // Chinese comes without the space that the page puts between number and unit everywhere
  const relative = new Intl.RelativeTimeFormat(locale, { style: 'short' });
  const format = {
    format: (value: number, unit: Intl.RelativeTimeFormatUnit) =>
      relative.format(value, unit).replace(/^(\d+)(?=[\u4e00-\u9fff])/, '$1 '),
  };
  if (seconds < 60) return format.format(-Math.floor(seconds), 'second');
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return format.format(-Math.floor(seconds / 3600), 'hour');
  return format.format(-Math.floor(seconds / 86_400), 'day');
}
