// agent/commands: `drain-rate`: how fast the uplink sends what waits. Setting it twice is setting it once.
import type { Command } from '../../contract/index.ts';
import type { Handler } from './types.ts';

export interface Drain {
  /** null: as fast as the link gives. Tells the rate now in force, the nearest one possible, and whether a restart keeps it. */
  setDrainRate(bytesPerSecond: number | null): Promise<{ rate: number | null; kept: boolean }>;
}

/** Done means that it is on disk, where the box keeps it: a kill after the answer does not undo it. */
export function drainRateHandler(drain: Drain): Handler {
  return async ({ params }: Command) => {
    const { rate, kept } = await drain.setDrainRate(params['bytes_per_s'] as number | null);
    return { bytes_per_s: rate, kept };
  };
}
