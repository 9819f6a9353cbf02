// agent/commands: `drain-rate`: how fast the uplink sends what waits. Setting it twice is setting it once.
import type { Command } from '../../contract/index.ts';
import type { Handler } from './types.ts';

export interface Drain {
  /** null: as fast as the link gives. Gives the rate now in force, which may be the nearest one possible. */
  setDrainRate(bytesPerSecond: number | null): number | null;
}

export function drainRateHandler(drain: Drain): Handler {
  return async ({ params }: Command) => {
    const asked = params['bytes_per_s'] as number | null;
    return { bytes_per_s: drain.setDrainRate(asked) };
  };
}
