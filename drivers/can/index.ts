// drivers/can: the face of this room. In: a bus behind one type, DBC files. Out: frames, and messages with named values.
// Never: a frame sent; a meaning (what a speed of 3 m/s is good for is decided elsewhere).
export { CanDecoder, type CanMessage, type DecoderCounters } from './can-decoder.ts';
export { CandumpSource, readCandump } from './candump-source.ts';
export { DbcDecoder, type Values } from './dbc-decoder.ts';
export { readDbc, readDbcFile } from './dbc-reader.ts';
export type { Dbc, DbcFault, DbcMessage, DbcSignal } from './dbc-types.ts';
export { type Fault, faultsOf } from './j1939-faults.ts';

export { destinationOf, identifier, pgnOf, priorityOf, sourceOf } from './j1939-id.ts';
export { J1939_GROUPS, type J1939Group, type J1939Signal } from './j1939-table.ts';
export { type Assembled, type TransportCounters, TransportReassembler } from './j1939-transport.ts';
export { messageLine } from './message-line.ts';
export { type SlcanOptions, SlcanSource } from './slcan-source.ts';
export { type SocketCanOptions, SocketCanSource } from './socketcan-source.ts';
export { type RankedValue, type Ranking, SourceRanker } from './source-ranker.ts';
export {
  badTotal,
  type CanCounters,
  type CanFault,
  type CanFrame,
  type CanListener,
  type CanLoss,
  type CanSource,
} from './types.ts';
