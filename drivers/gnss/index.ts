// drivers/gnss: the room's face. In: a receiver's bytes. Out: epochs, counters, an epoch's printed line.
export { GnssDecoder } from './decoder.ts';
export { epochLine } from './print.ts';
export type { Epoch, FixFlag, GnssChunk, GnssCounters, GnssSystem, Satellite } from './types.ts';
