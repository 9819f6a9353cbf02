// agent/uplink: records of one lane -> one MQTT message: as many lines of one topic as fit, one chunk of a picture, or one
// batch of packed telemetry points. Pure.
import { deviceTopics, evidenceChunkSchema, type Lane } from '../../contract/index.ts';
import type { Buffers } from './buffers.ts';
import { Lines } from './lines.ts';
import { PackedPoints, packable } from './packed-points.ts';
import type { AnchorOf, UplinkLimits, WaitingRecord } from './types.ts';

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly first: number;
  readonly last: number;
  readonly records: number;
  /** may be used again once the message is confirmed */
  readonly reuse: Buffer | null;
}

export interface Sender {
  readonly city: string;
  readonly device: string;
  readonly lane: Lane;
  readonly epoch: string;
  readonly anchorOf: AnchorOf;
}

export type PackLimits = Pick<UplinkLimits, 'messageBytes' | 'messageRecords' | 'packedRecords'>;

/** Topic level that stands for the id where a record of the evidence lane is no chunk of a picture. */
const NO_PICTURE = 'opaque';
const LINE_BREAK = Buffer.from('\n');

/** Collects records until the message is full. One packer makes one message. */
export class Packer {
  readonly #from: Sender;
  readonly #limits: PackLimits;
  readonly #points: PackedPoints;
  readonly #lines: Lines;
  #first = 0;
  #last = 0;
  /** the lines are reports, which have a topic of their own */
  #reports = false;
  #chunk: { topic: string; bytes: Uint8Array } | null = null;

  /** @param low what the envelopes say about all that is not coming any more */
  constructor(from: Sender, low: number, limits: PackLimits, buffers: Buffers) {
    this.#from = from;
    this.#limits = limits;
    this.#lines = new Lines(from, low, limits.messageBytes, buffers);
    this.#points = new PackedPoints(
      { device: from.device, epoch: from.epoch, low },
      limits.packedRecords,
      from.anchorOf,
    );
  }

  /** Takes the record if it belongs into this message; false: it must open the next one. */
  take(record: WaitingRecord): boolean {
    const point = this.#from.lane === 'telemetry' ? packable(record) : null;
    if (point) {
      if (this.#lines.count > 0 || !this.#points.take(record, point)) return false;
      this.#mark(record.seq);
      return true;
    }
    return this.#points.count === 0 && this.#takeLine(record);
  }

  #takeLine(record: WaitingRecord): boolean {
    const isChunk = record.kind === 'evidence';
    const isReport = record.kind === 'report';
    const { count } = this.#lines;
    if (this.#chunk || (count > 0 && (isChunk || isReport !== this.#reports))) return false;
    if (count >= this.#limits.messageRecords || !this.#lines.add(record)) return false;
    if (isChunk) this.#chunk = { topic: this.#chunkTopic(record), bytes: record.bytes ?? Buffer.alloc(0) };
    this.#reports = isReport;
    this.#mark(record.seq);
    return true;
  }

  #mark(seq: number): void {
    if (this.#last === 0) this.#first = seq;
    this.#last = seq;
  }

  /** The message, or null if nothing was taken. */
  finish(): Message | null {
    const [first, last] = [this.#first, this.#last];
    if (this.#points.count > 0) {
      const payload = this.#points.payload();
      return { topic: this.#topic(), payload, first, last, records: this.#points.count, reuse: null };
    }
    if (this.#lines.count === 0) return null;
    const chunk = this.#chunk;
    const payload = this.#lines.payload(chunk && Buffer.concat([LINE_BREAK, chunk.bytes]));
    const reuse = chunk ? null : this.#lines.reuse;
    return { topic: chunk?.topic ?? this.#topic(), payload, first, last, records: this.#lines.count, reuse };
  }

  #topic(): string {
    const { city, device, lane } = this.#from;
    const topics = deviceTopics(city, device);
    if (this.#reports) return topics.report;
    return lane === 'evidence' ? topics.evidence(NO_PICTURE, this.#first % 1_000_000) : topics.lane(lane);
  }

  #chunkTopic(record: WaitingRecord): string {
    const { city, device } = this.#from;
    const chunk = evidenceChunkSchema.safeParse(JSON.parse(record.text));
    const topics = deviceTopics(city, device);
    // A chunk that is none goes up all the same: the centre says so, and the lane goes on.
    if (!chunk.success) return topics.evidence(NO_PICTURE, record.seq % 1_000_000);
    return topics.evidence(chunk.data.id, chunk.data.chunk);
  }
}
