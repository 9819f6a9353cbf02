// agent/main: sightings on their way to becoming cases. One that the maker refuses for now (a full disk) is tried again.
import type { CaseMaker, Sighting, Taken } from '../cases/index.ts';

/** Each holds two frames in memory; beyond this the oldest is given up, counted and told. */
const MAX_REFUSED = 16;
const RETRY_MS = 5000;

export class Sightings {
  readonly #maker: CaseMaker;
  readonly #onTaken: (taken: Taken) => void;
  readonly #onFault: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  #refused: Sighting[] = [];
  /** given up for want of room */
  lost = 0;

  constructor(maker: CaseMaker, onTaken: (taken: Taken) => void, onFault: (error: unknown) => void) {
    this.#maker = maker;
    this.#onTaken = onTaken;
    this.#onFault = onFault;
    this.#timer = setInterval(() => this.#retry(), RETRY_MS);
  }

  take(sighting: Sighting): void {
    this.#maker.take(sighting).then(this.#onTaken, (error) => {
      this.#onFault(error);
      this.#refused.push(sighting);
      if (this.#refused.length > MAX_REFUSED) {
        this.#refused.shift();
        this.lost += 1;
      }
    });
  }

  /** Tries again what was refused, and what the outbox did not take yet. */
  #retry(): void {
    const again = this.#refused;
    this.#refused = [];
    for (const sighting of again) this.take(sighting);
    if (this.#maker.waiting > 0) this.#maker.handOver().catch(this.#onFault);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
