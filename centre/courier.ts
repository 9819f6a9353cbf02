// centre: brings waiting commands to boxes that are there: at once when one is given, again at each birth, and by a slow
// timer until it is answered. The queue is the database; here is only when to send next, on a clock that never goes back.
// May never happen: a command is published before the database knows that it is being sent.
import { deviceTopics, oneLine } from '../contract/index.ts';
import { anyWaiting, endOverdue, markSent, sendable } from './commands.ts';
import type { Db } from './db.ts';

/** How often the database is asked, ms: also for what another process put there. */
const EVERY = 1000;
/** Without an answer a command is sent again after the first span; it doubles up to the second. */
const AGAIN = 15_000;
const AGAIN_MAX = 300_000;
/** Commands looked at in one turn. */
const AT_ONCE = 500;

export interface CourierOptions {
  db: Db;
  /** epoch ms */
  now: () => number;
  /** ms, never goes back */
  mono: () => number;
  online: () => boolean;
  publish: (topic: string, payload: string) => void;
  onFault: (line: string) => void;
}

export class Courier {
  readonly #options: CourierOptions;
  /** when each is due again */
  #due = new Map<string, { device: string; at: number }>();
  #timer: NodeJS.Timeout | null = null;
  #working: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.wake(), EVERY);
  }

  /** These boxes have come: whatever waits for them is due. */
  async born(devices: readonly string[]): Promise<void> {
    if (devices.length === 0) return;
    const here = new Set(devices);
    for (const [id, { device }] of this.#due) if (here.has(device)) this.#due.delete(id);
    await this.wake();
  }

  /** Looks now whether there is something to send; resolves when it has been given to the broker's link. */
  async wake(): Promise<void> {
    if (this.#closed) return;
    this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
    await this.#working;
  }

  /** Ends after the turn that runs now. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearInterval(this.#timer);
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        await this.#turn();
      } catch (error) {
        this.#options.onFault(`commands wait: ${oneLine(error)}`);
        return;
      }
    }
  }

  async #turn(): Promise<void> {
    const { db, now, mono, online, publish } = this.#options;
    if (!(await anyWaiting(db))) return this.#due.clear();
    await endOverdue(db, now());
    if (!online()) return;
    const waiting = await sendable(db, AT_ONCE);
    const ids = new Set(waiting.map(({ id }) => id));
    for (const id of this.#due.keys()) if (!ids.has(id)) this.#due.delete(id);
    const due = waiting.filter(({ id }) => (this.#due.get(id)?.at ?? 0) <= mono());
    if (due.length === 0) return;
    const sent = await markSent(
      db,
      due.map(({ id }) => id),
      now(),
    );
    for (const { id, device, sends } of due) {
      this.#due.set(id, { device, at: mono() + Math.min(AGAIN_MAX, AGAIN * 2 ** Math.min(sends, 10)) });
    }
    for (const { city, device, text } of sent) publish(deviceTopics(city, device).command, text);
  }
}
