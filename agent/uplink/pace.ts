// agent/uplink: how many bytes may be under way, so that an alarm never waits long behind a backlog. Pure.
// By Little's law bytes under way / time of passage is what the link carries; about one second of that may be under way.

const SMALLEST = 16 * 1024;
const BEGIN = 64 * 1024;
const LARGEST = 2 * 1024 * 1024;
/** weight of a new measurement */
const SHARE = 0.2;

export class Pace {
  #bytesPerSecond = BEGIN;

  /** A message was confirmed: `under_way` bytes (its own included) when it left, `ms` from leaving to PUBACK. */
  measured(underWay: number, ms: number): void {
    const rate = (underWay / Math.max(ms, 0.1)) * 1000;
    this.#bytesPerSecond += SHARE * (rate - this.#bytesPerSecond);
  }

  /** bytes that may be under way */
  get allowance(): number {
    return Math.min(LARGEST, Math.max(SMALLEST, this.#bytesPerSecond));
  }

  /** bytes of one message of lines: an eighth of a second, so that an alarm finds a gap */
  get message(): number {
    return this.allowance / 8;
  }
}
