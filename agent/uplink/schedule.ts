// agent/uplink: whose turn it is. Start-time fair queuing by bytes: a flow that wakes starts at the present, so an
// alarm goes next, yet no flow that has something to send waits for ever. Pure.
import type { Lane } from '../../contract/index.ts';

/**
 * What is sent side by side, most urgent first. Telemetry has one log and two readers: `live` is what has been accepted
 * since the session began, `backlog` what waited then.
 */
export const FLOWS = ['alarm', 'case', 'live', 'evidence', 'backlog'] as const;
export type Flow = (typeof FLOWS)[number];

export const LANE_OF: Readonly<Record<Flow, Lane>> = {
  alarm: 'alarm',
  case: 'case',
  live: 'telemetry',
  evidence: 'evidence',
  backlog: 'telemetry',
};

/** Share of the link while all flows have something to send. */
export const WEIGHTS: Readonly<Record<Flow, number>> = { alarm: 16, case: 8, live: 4, evidence: 2, backlog: 1 };

export class Schedule {
  /** bytes / weight that each flow was served, on one scale for all */
  readonly #served: Record<Flow, number> = { alarm: 0, case: 0, live: 0, evidence: 0, backlog: 0 };
  /** where the flow that was chosen last stood: the present on that scale */
  #present = 0;

  /** The flow to serve among those that have a message ready; null for none. On a tie the more urgent one. */
  choose(ready: (flow: Flow) => boolean): Flow | null {
    let best: Flow | null = null;
    for (const flow of FLOWS) {
      if (!ready(flow)) continue;
      this.#served[flow] = Math.max(this.#served[flow], this.#present);
      if (best === null || this.#served[flow] < this.#served[best]) best = flow;
    }
    if (best !== null) this.#present = this.#served[best];
    return best;
  }

  /** `bytes` of this flow were sent. */
  sent(flow: Flow, bytes: number): void {
    this.#served[flow] += bytes / WEIGHTS[flow];
  }
}
