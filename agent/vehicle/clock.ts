// agent/vehicle: time for judging and time for telling. In: the times of readings, the receiver's UTC. Out: a time that
// only moves on, and UTC. Pure: no clock is read.

/** A reading this much earlier than the one before means that the box's clock was set back, ms. */
const SET_BACK_MS = 2000;

/** The readings' time may be of a clock that is wrong, or set while driving; the receiver's UTC puts told times right. */
export class VehicleClock {
  /** what is added to readings' times so that they only move on */
  #shift = 0;
  /** UTC less our running time; until a receiver tells UTC the box's own clock counts */
  #offset = 0;
  #synced = false;
  #last = 0;

  /** Takes a reading's time (epoch ms of the box), gives the running time. */
  at(time: number): number {
    const running = time + this.#shift;
    if (running < this.#last - SET_BACK_MS) {
      const lost = this.#last - running;
      this.#shift += lost;
      if (!this.#synced) this.#offset -= lost;
      return this.#last;
    }
    this.#last = Math.max(this.#last, running);
    return this.#last;
  }

  /** The same for a reading that may have been kept back for a while (a debounced line): it never sets the clock. */
  late(time: number): number {
    this.#last = Math.max(this.#last, time + this.#shift);
    return this.#last;
  }

  /** The running time that a reading of this time would have; nothing is moved. */
  peek(time: number): number {
    return Math.max(this.#last, time + this.#shift);
  }

  /** A usable fix of this UTC (epoch ms) came just now. */
  sync(utc: number): void {
    this.#synced = true;
    this.#offset = utc - this.#last;
  }

  /** A running time as UTC, epoch ms. */
  utc(running: number): number {
    return Math.max(0, Math.round(running + this.#offset));
  }

  /** An instant on the box's clock as running time; of the future, it is now. */
  running(time: number): number {
    return Math.min(this.#last, time + this.#shift);
  }
}
