// drivers/gnss: the room's face. In: a receiver's bytes. Out: epochs, counters, an epoch's printed line.
export { GnssDecoder } from './decoder.ts';
export { doubtText, epochLine, LinePrinter, MAX_LINE } from './print.ts';
export { MAX_RECORD, RecordWriter } from './records.ts';
export type { Epoch, FixFlag, GnssChunk, GnssCounters, GnssSystem, Satellite } from './types.ts';
