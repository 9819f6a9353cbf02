// agent/cases: the words of this room's face. Sightings come in; cases go out through an outbox.
// Rooms of the agent do not import each other: what the camera room and the outbox give is named here by shape.
import type { Case, KerbEvent, Lane } from '../../contract/index.ts';

export type Box = readonly [x: number, y: number, width: number, height: number];

/** A moment that proves something: a frame (which others share: never changed here) and where the object was in it. */
export interface Moment {
  readonly frame: {
    /** epoch ms */
    readonly time: number;
    readonly width: number;
    readonly height: number;
    /** width x height x 3 bytes */
    readonly rgb: Uint8Array;
  };
  readonly box: Box;
}

/** An event with its two moments: first sight in the zone, and when the dwell was exceeded. */
export interface Sighting {
  readonly event: KerbEvent;
  readonly first: Moment;
  readonly proof: Moment;
}

/** Where a record lies in an outbox. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** As much of one lane of an outbox as handing over needs. */
export interface OutboxLane {
  /** names this life of the lane's log */
  readonly epoch: string;
  /** one more than the last sequence number on disk */
  readonly nextSeq: number;
  /** the records still held, from `from` on, in order; those acknowledged or evicted are left out */
  read(from: number): AsyncIterable<{ readonly seq: number; readonly text: string }>;
}

/** As much of an outbox as handing over needs. Nobody else puts records into these lanes while a maker runs. */
export interface Outbox {
  /** Resolves once the record is on disk; rejects when it was not accepted. */
  append(lane: Lane, record: { kind: 'case' | 'evidence'; text: string; bytes?: Uint8Array }): Promise<Position>;
  lane(lane: Lane): OutboxLane;
}

/** What a store knows about a case besides what it says. */
export interface StoredCase {
  readonly case: Case;
  /** epoch ms: the newest event at this place */
  readonly lastSeen: number;
  /** acknowledged: the centre has stored it for good */
  readonly upstream: 'waiting' | 'acknowledged';
}

/** What became of a sighting: a new case with the names of its picture files, or the open case that it repeats. */
export type Taken = { readonly case: Case; readonly pictures: readonly string[] } | { readonly duplicateOf: string };
