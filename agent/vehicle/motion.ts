// agent/vehicle: how fast, how far, moving or at rest, and do GNSS and bus agree. Pure: times come with the calls.

export interface MotionLimits {
  readonly movingMs: number;
  readonly restAfterMs: number;
  readonly differMs: number;
  readonly differForMs: number;
}

export interface Speeds {
  readonly gnss: number | null;
  readonly bus: number | null;
}

/** Two readings further apart than this are not joined by a straight line of speed, ms. */
const LONGEST_GAP_MS = 5000;
/** A moving vehicle whose speed nobody tells is not at rest; after this long it no longer counts as moving, ms. */
const UNKNOWN_MS = 60_000;

/** Best speed, moving or not, the distance so far, and whether the sources differ. */
export class Motion {
  readonly #limits: MotionLimits;
  #last: { time: number; speed: number } | null = null;
  #slowSince: number | null = null;
  #unknownSince: number | null = null;
  #differSince: number | null = null;
  moving = false;
  differs = false;
  /** metres driven by integrating the best speed since this object was made */
  distance = 0;
  speed: number | null = null;
  source: 'gnss' | 'bus' | 'none' = 'none';

  constructor(limits: MotionLimits) {
    this.#limits = limits;
  }

  /**
   * The speeds that count at this time, m/s. GNSS leads where it has a fix: it needs no tyre size; while both disagree
   * for long the bus leads, since a receiver can be jammed or reflected and a wheel cannot.
   */
  push(time: number, { gnss, bus }: Speeds): void {
    this.#compare(time, gnss, bus);
    const preferBus = gnss === null || (this.differs && bus !== null);
    this.speed = preferBus ? bus : gnss;
    this.source = this.speed === null ? 'none' : preferBus ? 'bus' : 'gnss';
    this.#integrate(time);
    this.#decide(time);
  }

  #compare(time: number, gnss: number | null, bus: number | null): void {
    if (gnss === null || bus === null) {
      // with one source silent nothing new is known: an open doubt stays until both speak again
      this.#differSince = this.differs ? this.#differSince : null;
      return;
    }
    const far = Math.abs(gnss - bus) >= this.#limits.differMs;
    if (far === this.differs) {
      this.#differSince = null;
      return;
    }
    this.#differSince ??= time;
    if (time - this.#differSince >= this.#limits.differForMs) {
      this.differs = far;
      this.#differSince = null;
    }
  }

  #integrate(time: number): void {
    const last = this.#last;
    if (this.speed === null) {
      this.#last = null;
      return;
    }
    if (last && time > last.time && time - last.time <= LONGEST_GAP_MS && this.moving) {
      this.distance += (((last.speed + this.speed) / 2) * (time - last.time)) / 1000;
    }
    this.#last = { time, speed: this.speed };
  }

  #decide(time: number): void {
    if (this.speed === null) this.#unknownSince ??= time;
    else this.#unknownSince = null;
    if (this.#unknownSince !== null && time - this.#unknownSince < UNKNOWN_MS) return;
    if (this.speed !== null && this.speed >= this.#limits.movingMs) {
      this.#slowSince = null;
      this.moving = true;
      return;
    }
    if (!this.moving) return;
    this.#slowSince ??= time;
    if (time - this.#slowSince >= this.#limits.restAfterMs) this.moving = false;
  }
}
