// centre: the span of time that a request asks for. Pure.
export interface Span {
  /** epoch ms, both inclusive; null: open */
  from: number | null;
  to: number | null;
}

const ISO = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
const LAST_TIME = 8.64e15;

/** From query parameters; one line of why for what is no span. */
export function parseSpan(query: Readonly<Record<string, unknown>>): Span | { error: string } {
  const times: Span = { from: null, to: null };
  for (const name of ['from', 'to'] as const) {
    const given = query[name];
    if (given === undefined || given === '') continue;
    const time = typeof given === 'string' ? parseTime(given) : null;
    if (time === null) return { error: `${name} is neither ISO 8601 (2026-03-01T08:00:00Z) nor epoch milliseconds` };
    times[name] = time;
  }
  if (times.from !== null && times.to !== null && times.from > times.to) return { error: 'from lies after to' };
  return times;
}

/** Epoch ms of a number of ms, or of an ISO 8601 date or time (without an offset: UTC); null for anything else. */
export function parseTime(text: string): number | null {
  if (/^-?\d{1,16}$/.test(text)) return Math.abs(Number(text)) <= LAST_TIME ? Number(text) : null;
  // A "+" that nobody encoded arrives as a space.
  const iso = text.replace(/ (?=\d\d:?\d\d$)/, '+');
  // The 30th of February would be taken for the 2nd of March.
  if (!ISO.test(iso) || new Date(`${iso.slice(0, 8)}01`).getUTCMonth() !== new Date(iso.slice(0, 10)).getUTCMonth()) {
    return null;
  }
  const time = Date.parse(iso.includes('T') && !/(?:Z|[+-]\d\d:?\d\d)$/.test(iso) ? `${iso}Z` : iso);
  return Number.isNaN(time) ? null : time;
}
