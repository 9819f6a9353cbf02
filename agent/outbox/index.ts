// agent/outbox: the room's face. A durable queue with one log per lane: append resolves once the record is on disk,
// read streams it back, ack frees it.
export { type LaneLine, listOutbox, type SegmentLine, verifyOutbox } from './inspect.ts';
export { Outbox, type OutboxOptions, openOutbox } from './outbox.ts';
export type {
  BatchReceipt,
  Gap,
  GapReason,
  LaneStats,
  NewRecord,
  OutboxClock,
  OutboxLane,
  ReadOptions,
  Receipt,
  StoredRecord,
} from './types.ts';
