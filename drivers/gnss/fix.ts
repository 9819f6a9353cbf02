// drivers/gnss: the fix as the sentences of a cycle build it up. In: what one sentence says. Out: mode, position, speed.
// The mode follows gpsd's rules, so that both say the same of the same receiver: the last sentence that knows decides;
// no position means 1; GGA and GNS are 3 with altitude and four satellites; RMC and GLL cannot tell 2 from 3 and keep
// what was; and 3 is not lowered to 2 while an altitude is known.

/** What one sentence says; NaN and -1 where it says nothing. */
export class Said {
  mode = -1;
  lat = NaN;
  lon = NaN;
  /** metres above mean sea level */
  alt = NaN;
  /** m/s */
  speed = NaN;
  /** degrees */
  track = NaN;
  hdop = NaN;
  timed = false;

  clear(): void {
    this.mode = -1;
    this.lat = NaN;
    this.lon = NaN;
    this.alt = NaN;
    this.speed = NaN;
    this.track = NaN;
    this.hdop = NaN;
    this.timed = false;
  }
}

export class Fix {
  mode = 0;
  lat = NaN;
  lon = NaN;
  alt = NaN;
  speed = NaN;
  track = NaN;
  hdop = NaN;
  /** epoch ms of this cycle, null while it has none */
  time: number | null = null;

  /** mode and altitude of the last state that had a time, and of the cycle before that */
  #lastTime = 0;
  #lastMode = 0;
  #lastAlt = false;
  #oldAlt = false;

  /** the last dated state's mode */
  get lastMode(): number {
    return this.#lastMode;
  }

  /** was there an altitude in the cycle before? */
  get oldAlt(): boolean {
    return this.#oldAlt;
  }

  get hasAlt(): boolean {
    return !Number.isNaN(this.alt);
  }

  /** Takes what a sentence says; `fresh`: it is the first of a new cycle; `time` counts only where `said.timed`. */
  take(said: Said, fresh: boolean, time: number | null): void {
    let mode = said.mode;
    if (mode >= 0 && mode !== 1 && this.mode === 3 && (this.#lastAlt || this.#oldAlt)) mode = 3;
    if (fresh) this.clear();
    if (said.timed && time !== null) this.time = time;
    if (mode >= 0) this.mode = mode;
    if (!Number.isNaN(said.lat) && !Number.isNaN(said.lon)) {
      this.lat = said.lat;
      this.lon = said.lon;
    }
    if (!Number.isNaN(said.alt)) this.alt = said.alt;
    if (!Number.isNaN(said.speed)) this.speed = said.speed;
    if (!Number.isNaN(said.track)) this.track = said.track;
    if (!Number.isNaN(said.hdop)) this.hdop = said.hdop;
    if (this.time === null) return;
    if (Math.abs(this.time - this.#lastTime) > 9.9) this.#oldAlt = this.#lastAlt;
    this.#lastTime = this.time;
    this.#lastMode = this.mode;
    this.#lastAlt = this.hasAlt;
  }

  /** A new cycle begins with nothing. */
  clear(): void {
    this.mode = 0;
    this.lat = NaN;
    this.lon = NaN;
    this.alt = NaN;
    this.speed = NaN;
    this.track = NaN;
    this.hdop = NaN;
    this.time = null;
  }
}
