// agent/camera: shares the looking workers among cameras. In: each camera's newest frame that is due. Out: a start for the
// one that has waited longest by its own rate and weight. Never: a queue: a newer frame of a camera takes its older one's
// place; a camera that waits for ever beside busier ones; a crop begun while a look that is due waits.
import type { Looker } from '../../models/types.ts';
import { Allowance } from './allowance.ts';

/** A look that is due. */
interface Due {
  /** epoch ms of its frame */
  readonly time: number;
  readonly start: () => Promise<void>;
  /** a newer one took its place */
  readonly drop: () => void;
}

/** What one camera holds of the share. */
export class Seat {
  /** looks a second that it wishes, and how much it counts beside others; told anew with each look that is due */
  rate = 1;
  weight = 1;
  /** frame time of its last look */
  last = Number.NEGATIVE_INFINITY;
  due: Due | null = null;
  /** due frames whose place a newer one took */
  replaced = 0;
}

export class LookShare {
  readonly #looker: Pick<Looker, 'workers' | 'busy'>;
  readonly #seats = new Set<Seat>();
  /** newest frame time of any camera: the clock of who is late */
  #now = Number.NEGATIVE_INFINITY;
  /** how many crops looks may have */
  readonly allowance: Allowance;
  /** 1 while a look that is due waits: those that run begin no further crop */
  readonly enough = new Int32Array(new SharedArrayBuffer(4));

  constructor(looker: Pick<Looker, 'workers' | 'busy'>) {
    this.#looker = looker;
    this.allowance = new Allowance(() => looker.workers);
  }

  join(): Seat {
    const seat = new Seat();
    this.#seats.add(seat);
    return seat;
  }

  leave(seat: Seat): void {
    seat.due = null;
    this.#seats.delete(seat);
    this.allowance.forget(seat);
    this.#tellWaiting();
  }

  /**
   * A look of this camera is due. It starts now if a worker is free and nobody is later, or as soon as that is so.
   * @param start begins the look; resolves when its worker is free again
   * @param drop told instead of `start` where a newer one takes its place
   */
  offer(seat: Seat, time: number, start: () => Promise<void>, drop: () => void = () => {}): void {
    this.#now = Math.max(this.#now, time);
    if (seat.due) {
      seat.replaced += 1;
      seat.due.drop();
    }
    seat.due = { time, start, drop };
    this.#pump();
    this.#tellWaiting();
  }

  #tellWaiting(): void {
    Atomics.store(this.enough, 0, this.#latest() ? 1 : 0);
  }

  #pump(): void {
    while (this.#looker.busy < this.#looker.workers) {
      const seat = this.#latest();
      if (!seat?.due) return;
      const { time, start } = seat.due;
      seat.due = null;
      seat.last = time;
      const again = () => {
        this.#pump();
        this.#tellWaiting();
      };
      start().then(again, again);
    }
  }

  /** The camera that is owed most looks: its time since the last one, in looks that it wished, by its weight. */
  #latest(): Seat | null {
    let best: Seat | null = null;
    let most = Number.NEGATIVE_INFINITY;
    for (const seat of this.#seats) {
      if (!seat.due) continue;
      const owed = (this.#now - seat.last) * seat.rate * seat.weight;
      if (owed > most) [best, most] = [seat, owed];
    }
    return best;
  }
}
