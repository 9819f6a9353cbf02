// agent/vehicle: ignition and trips. Pure: what is known comes in with its time, a beginning or an end goes out.

export interface Trip {
  /** epoch ms of its first instant */
  readonly since: number;
  /** metres on the integrating odometer when it began */
  readonly from: number;
}

/** Engine speed from which it runs, 1/min: below the slowest idle, above a starter motor. */
export const RUNNING_RPM = 300;

/**
 * What tells the ignition: an engine that runs (whatever a cut wire says), else its own line, else the engine's speed;
 * null where neither speaks.
 */
export function ignitionOf(line: 0 | 1 | undefined, rpm: number | null): 0 | 1 | null {
  if (rpm !== null && rpm >= RUNNING_RPM) return 1;
  return line ?? (rpm === null ? null : 0);
}

/** A trip begins with ignition on and ends once it was off for long; where nothing tells ignition, motion and rest count. */
export class TripKeeper {
  readonly #endMs: number;
  #offSince: number | null = null;
  trip: Trip | null = null;

  constructor(endS: number) {
    this.#endMs = endS * 1000;
  }

  /** Gives what changed, or null. An end comes with the trip that ended and when it was really over. */
  push(
    time: number,
    ignition: 0 | 1 | null,
    moving: boolean,
    distance: number,
  ): { began: Trip } | { ended: Trip; at: number } | null {
    const on = ignition === null ? moving : ignition === 1;
    if (on) {
      this.#offSince = null;
      if (this.trip) return null;
      this.trip = { since: time, from: distance };
      return { began: this.trip };
    }
    if (!this.trip) return null;
    this.#offSince ??= time;
    if (time - this.#offSince < this.#endMs) return null;
    const ended = this.trip;
    const at = this.#offSince;
    this.trip = null;
    this.#offSince = null;
    return { ended, at };
  }
}
