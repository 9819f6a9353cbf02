// agent/uplink: whose turn it is. Start-time fair queuing by bytes: a lane that wakes starts at the present, so an
// alarm goes next, yet no lane that has something to send waits for ever. Pure.
import { LANES, type Lane } from '../../contract/index.ts';

/** Share of the link while all lanes have something to send. */
export const WEIGHTS: Readonly<Record<Lane, number>> = { alarm: 16, case: 8, telemetry: 3, evidence: 1 };

export class Schedule {
  /** bytes / weight that each lane was served, on one scale for all */
  readonly #served: Record<Lane, number> = { alarm: 0, case: 0, telemetry: 0, evidence: 0 };
  /** where the lane that was chosen last stood: the present on that scale */
  #present = 0;

  /** The lane to serve among those that have a message ready; null for none. On a tie the more urgent one. */
  choose(ready: (lane: Lane) => boolean): Lane | null {
    let best: Lane | null = null;
    for (const lane of LANES) {
      if (!ready(lane)) continue;
      this.#served[lane] = Math.max(this.#served[lane], this.#present);
      if (best === null || this.#served[lane] < this.#served[best]) best = lane;
    }
    if (best !== null) this.#present = this.#served[best];
    return best;
  }

  /** `bytes` of this lane were sent. */
  sent(lane: Lane, bytes: number): void {
    this.#served[lane] += bytes / WEIGHTS[lane];
  }
}
