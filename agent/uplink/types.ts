// agent/uplink: what this room needs from others, and what it tells them. Types only.
// The outbox is seen through LaneSource alone; agent/main joins the two.
import type { Anchor, EnvelopeHead, Lane } from '../../contract/index.ts';
import type { TrafficDay } from './traffic.ts';

/** A record that waits. */
export interface WaitingRecord {
  readonly seq: number;
  readonly kind: EnvelopeHead['kind'];
  readonly at: number;
  readonly boot: string;
  readonly mono: number;
  readonly clock: EnvelopeHead['clock'];
  /** JSON on one line */
  readonly text: string;
  /** raw bytes of a chunk; null for all other kinds */
  readonly bytes: Uint8Array | null;
}

/** One lane of the outbox, as far as sending needs it. */
export interface LaneSource {
  readonly lane: Lane;
  readonly epoch: string;
  /** the number the next accepted record gets */
  readonly nextSeq: number;
  /** the lowest number that still waits: all below was acknowledged, evicted or never was */
  readonly low: number;
  /** what is accepted and waits, from `seq` on, in order and in groups; ends where the lane ends now */
  batches(seq: number): AsyncIterable<readonly WaitingRecord[]>;
  /** true once record `seq` is there, false when the lane is closed or `signal` fires first */
  waitForMore(seq: number, signal: AbortSignal): Promise<boolean>;
  /** the centre holds all up to and including `upTo` for good */
  ack(epoch: string, upTo: number): unknown;
}

export interface UplinkClock {
  /** epoch ms */
  wall(): number;
  /** ms, never goes back */
  mono(): number;
  /** how good `wall` is; where nothing is said it is believed */
  quality?(): EnvelopeHead['clock'];
}

/** What a boot's clock turned out to be; null: nothing is known of it. */
export type AnchorOf = (boot: string) => Anchor | null;

export interface UplinkState {
  readonly state: 'online' | 'offline' | 'connecting';
  /** epoch ms since when */
  readonly since: number;
  /** the broker's address without its password */
  readonly broker: string;
  /** MQTT version of the running session */
  readonly protocol?: 4 | 5;
  /** why it is not online, one line */
  readonly error?: string;
}

export interface LaneCounters {
  messages: number;
  records: number;
  bytes: number;
  /** records sent once more, for want of an acknowledgement */
  resent: number;
  /** up to and including this number the centre has all */
  acked: number;
}

export interface UplinkCounters {
  sessions: number;
  /** messages that the broker refused (no permission, quota) */
  refused: number;
  /** messages from above that were no valid acknowledgement */
  bad_down: number;
  lanes: Record<Lane, LaneCounters>;
  /** bytes on the wire by UTC day and lane, headers of TLS, TCP and IP included; oldest first */
  days: readonly TrafficDay[];
  /** what the centre allows, bytes a second; null: as fast as the link goes */
  drain_rate: number | null;
}

/** What the uplink remembers across restarts. A loss costs figures, never a record. */
export interface UplinkMemory {
  readonly days: readonly TrafficDay[];
  readonly drainRate: number | null;
}

/** Where it is kept; small, whole or old. */
export interface UplinkMemoryFile {
  /** null: nothing was kept, or it cannot be read */
  read(): UplinkMemory | null;
  write(memory: UplinkMemory): Promise<void>;
}

/** Bounds of sending. Sizes in bytes, times in ms. */
export interface UplinkLimits {
  /** messages in flight (sent, PUBACK not yet here), whatever the broker would take */
  window: number;
  /** of them, kept free for alarms and cases */
  urgent: number;
  /** picture chunks in flight */
  evidence: number;
  /** messages of one lane that wait for the centre's acknowledgement */
  unacked: number;
  /** bytes of one message of lines on a fast link, and on the slowest */
  messageBytes: number;
  messageBytesMin: number;
  messageRecords: number;
  /** telemetry points in one packed message */
  packedRecords: number;
  /** how long a telemetry record of a running session waits for company; 0: not at all */
  gather: number;
  /** without an acknowledgement for so long a lane is sent again; doubles up to the second */
  ackTimeout: number;
  ackTimeoutMax: number;
  /** span over which a fleet that lost its broker comes back: its size / connections a second that the broker bears */
  spread: number;
  /** first and largest span from which the wait before a further try is drawn */
  backoff: number;
  backoffMax: number;
  /** a session that lived so long was stable */
  stable: number;
  /** silence after which a ping is sent: as long as the address translation of mobile networks remembers us */
  keepalive: number;
  /** bytes counted are kept this often */
  remember: number;
}

export const LIMITS: UplinkLimits = {
  window: 20,
  urgent: 4,
  evidence: 2,
  unacked: 40,
  messageBytes: 200_000,
  messageBytesMin: 8_000,
  messageRecords: 500,
  packedRecords: 500,
  gather: 3_000,
  ackTimeout: 10_000,
  ackTimeoutMax: 300_000,
  spread: 1_000,
  backoff: 1_000,
  backoffMax: 300_000,
  stable: 10_000,
  keepalive: 120_000,
  remember: 600_000,
};
