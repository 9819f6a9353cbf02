// agent/outbox: the words that the files of this room share. Types and limits only, no code that runs.
import type { EnvelopeHead, Lane } from '../../contract/index.ts';

export type ClockQuality = EnvelopeHead['clock'];
export type Kind = EnvelopeHead['kind'];

/** The clocks a record is stamped with; injected, so that a test or a replay brings its own. */
export interface OutboxClock {
  /** UTC epoch ms, as good as `quality` says */
  wall(): number;
  /** ms since this machine was booted; never goes back */
  mono(): number;
  /** asked once per group commit, not per record */
  quality(): ClockQuality;
}

/** What a producer hands in. */
export interface NewRecord {
  kind: Kind;
  /** JSON on one line, at most 64 KiB of UTF-8; kept byte for byte */
  text: string;
  /** the text is known to be JSON on one line: it comes from JSON.stringify, or was parsed already */
  stringified?: boolean;
  /** raw bytes that travel with it (a chunk of a picture) */
  bytes?: Uint8Array;
  /**
   * After this much time since boot (ms, the clock of `mono`) nobody wants it any more, and a lane that evicts lets it go.
   * Lanes that never evict only pass it on.
   */
  expires?: number;
}

/** Proof of acceptance: the record is on disk. */
export interface Receipt {
  lane: Lane;
  epoch: string;
  seq: number;
}

/** What became of records that were handed in together. */
export interface BatchReceipt {
  lane: Lane;
  epoch: string;
  /** place of the first; the others follow without a hole */
  first: number;
  /** of the records, in the order given, so many are on disk */
  count: number;
  /** why the next one, and with it all that follow, was not accepted; null where all were */
  refused: Error | null;
}

/** A record as it comes back out. */
export interface StoredRecord {
  seq: number;
  kind: Kind;
  /** wall clock when it was accepted, epoch ms, as good as `clock` says */
  at: number;
  /** the boot it was accepted in, and ms since that boot */
  boot: string;
  mono: number;
  clock: ClockQuality;
  /** on the clock of `mono`; null: never */
  expires: number | null;
  text: string;
  bytes: Buffer | null;
}

/**
 * Why sequence numbers are gone for good. quota: evicted to keep within the lane's bytes, or (telemetry) for a case on a
 * full disk; expired: nobody wanted them any more; corrupt: the disk no longer holds what was written; missing: a whole
 * segment vanished; several: old gaps rolled into one to bound the list.
 */
export const GAP_REASONS = ['quota', 'expired', 'corrupt', 'missing', 'several'] as const;
export type GapReason = (typeof GAP_REASONS)[number];

/** A durable note of loss: `count` accepted records between `first` and `last` (inclusive) are gone. */
export interface Gap {
  first: number;
  last: number;
  count: number;
  reason: GapReason;
  /** wall clock when it was noted, epoch ms */
  at: number;
}

/** Smallest unit that a disk writes whole. Every group commit starts on one and fills up its last one. */
export const BLOCK = 4096;
/** Most raw bytes that travel with one record. */
export const MAX_ATTACHMENT = 256 * 1024;
/** What may wait for its group commit, per lane; beyond it append refuses with OUTBOX_BUSY. */
export const MAX_PENDING = 16 * 1024 * 1024;

/** A number or two about a lane, for a page. */
export interface LaneStats {
  /** records held and not acknowledged */
  waiting: number;
  /** of the segments, up to their last records */
  bytes: number;
  /** wall clock of the oldest waiting record, epoch ms; null where none waits */
  oldest: number | null;
  gaps: number;
  /** accepted records that are gone for good, by reason; since the lane was made */
  gone: Partial<Record<GapReason, number>>;
  /** records that were being written when the power went, none of them accepted; since the lane was made */
  torn: number;
  /** acks of another epoch, or of what was never accepted; since the start */
  strayAcks: number;
}

export interface ReadOptions {
  /** at the end wait for more, until the outbox is closed or `signal` fires */
  follow?: boolean;
  signal?: AbortSignal | undefined;
}

/** What the sender sees of a lane. Any number of readers at a time. */
export interface OutboxLane {
  readonly lane: Lane;
  /** names one life of this log */
  readonly epoch: string;
  /** one more than the last seq on disk */
  readonly nextSeq: number;
  /** the lowest seq still held: all below was acknowledged, evicted or never was */
  readonly low: number;
  /** everything up to here was acknowledged */
  readonly acked: number;
  /** what is gone for good */
  readonly gaps: readonly Gap[];
  /** What waits. Reads the oldest waiting record where it has changed since the last call. */
  stats(): Promise<LaneStats>;
  /** Records from `from` (or `low`) on, in order, off the disk; ends at the last one there unless told to follow. */
  read(from: number, options?: ReadOptions): AsyncGenerator<StoredRecord>;
  /** As `read`, with some hundreds at a time: cheaper for who takes many. */
  batches(from: number, options?: ReadOptions): AsyncGenerator<StoredRecord[]>;
  /** True once record `from` is on disk; false when the outbox closes or `signal` fires first. */
  waitForMore(from: number, signal?: AbortSignal): Promise<boolean>;
  /**
   * Moves the durable cursor: everything up to `upTo` is stored for good at the centre. Saved within ten commit delays
   * of the lane, and within 100 ms where that frees a whole segment. False, and nothing changed, for another epoch or
   * beyond what was accepted.
   */
  ack(epoch: string, upTo: number): boolean;
}
