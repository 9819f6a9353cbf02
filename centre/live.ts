// centre: what a page is told while it happens (GET /api/events). In: alarms that were stored just now. Out: server-sent
// events. A fact that comes late is history: it is stored like any other, and nobody is alarmed by it. May never happen:
// a page that does not read fills memory, or an alarm is told before its transaction is committed.
import type { ServerResponse } from 'node:http';
import type { Incoming } from './decode.ts';

/** Beyond this age (ms) an alarm is history: who could have acted has learned of it otherwise, or too late. */
export const LATE_MS = 120_000;
const MAX_PAGES = 50;
/** What may wait for one page, bytes; one that reads less is let go. */
const MAX_WAITING = 256 * 1024;
const BEAT_MS = 25_000;

/** An alarm that came in time. */
export interface LiveAlarm {
  device: string;
  epoch: string;
  seq: number;
  /** when its box accepted it, put right as far as can be; epoch ms */
  at: number;
  /** exactly as accepted on the box */
  text: string;
}

/**
 * The alarms among records that are new, those in time apart from how many came late. A time nobody vouches for says
 * nothing: such an alarm is told, rather one too many than one too few. So is one that seems to come from the future.
 * @param shift ms to add to a record's time @param now epoch ms
 */
export function alarmsOf(
  fresh: readonly Incoming[],
  shift: (record: Incoming) => number,
  now: number,
): { live: LiveAlarm[]; late: number } {
  const alarms = fresh.filter(({ lane, rejected }) => lane === 'alarm' && rejected === null);
  const live: LiveAlarm[] = [];
  for (const record of alarms) {
    const { device, epoch, seq, text, clock } = record;
    const added = shift(record);
    const at = record.at + added;
    const known = clock !== 'unknown' || added !== 0;
    if (!known || now - at <= LATE_MS) live.push({ device, epoch, seq, at, text });
  }
  return { live, late: alarms.length - live.length };
}

export class Live {
  readonly #pages = new Set<ServerResponse>();
  readonly #beat: NodeJS.Timeout;

  constructor() {
    this.#beat = setInterval(() => this.#send(': \n\n'), BEAT_MS).unref();
  }

  /** Whether another page has room. */
  get full(): boolean {
    return this.#pages.size >= MAX_PAGES;
  }

  /** Takes a response over until its page goes. */
  open(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': \n\n');
    this.#pages.add(response);
    response.on('error', () => undefined);
    response.on('close', () => this.#pages.delete(response));
  }

  alarms(live: readonly LiveAlarm[]): void {
    for (const { text, ...head } of live) {
      const data = `${JSON.stringify(head).slice(0, -1)},"record":${text}}`;
      // A record is JSON on one line.
      this.#send(`event: alarm\ndata: ${data.replaceAll('\r', ' ')}\n\n`);
    }
  }

  #send(text: string): void {
    for (const page of this.#pages) {
      if (page.writableLength > MAX_WAITING) page.destroy();
      else page.write(text);
    }
  }

  close(): void {
    clearInterval(this.#beat);
    for (const page of this.#pages) page.destroy();
  }
}
