// centre: brings waiting commands to boxes that are there: at once when one is given, again at each birth, and by a slow
// timer until it is answered. The queue, and when each is due, is the database; nothing is kept here.
// May never happen: a command is published before the database knows that it is being sent.
import { deviceTopics, oneLine } from '../contract/index.ts';
import { anyWaiting, endOverdue, takeDue } from './commands.ts';
import type { Db } from './db.ts';

/** How often the database is asked, ms: also for what another process put there. */
const EVERY = 1000;
/** Commands sent in one turn. */
const AT_ONCE = 500;

export interface CourierOptions {
  db: Db;
  /** epoch ms */
  now: () => number;
  online: () => boolean;
  publish: (topic: string, payload: string) => void;
  onFault: (line: string) => void;
}

export class Courier {
  readonly #options: CourierOptions;
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
    const { db, now, online, publish } = this.#options;
    if (!(await anyWaiting(db))) return;
    await endOverdue(db, now());
    if (!online()) return;
    for (const { city, device, text } of await takeDue(db, now(), AT_ONCE)) {
      publish(deviceTopics(city, device).command, text);
    }
  }
}
