// agent/uplink: records of one lane -> one MQTT message: as many lines of one topic as fit, one chunk of a picture, or one
// batch of packed telemetry points. Pure.
import {
  deviceTopics,
  type EnvelopeHead,
  encodeEnvelope,
  evidenceChunkSchema,
  type Lane,
} from '../../contract/index.ts';
import { anchorFor, PackedPoints, packable } from './packed-points.ts';
import type { AnchorOf, UplinkLimits, WaitingRecord } from './types.ts';

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly first: number;
  readonly last: number;
  readonly records: number;
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

/** Collects records until the message is full. One packer makes one message. */
export class Packer {
  readonly #from: Sender;
  readonly #low: number;
  readonly #limits: PackLimits;
  readonly #points: PackedPoints;
  readonly #lines: string[] = [];
  #bytes = 0;
  #first = 0;
  #last = 0;
  /** the lines are reports, which have a topic of their own */
  #reports = false;
  #chunk: { topic: string; bytes: Uint8Array } | null = null;

  /** @param low what the envelopes say about all that is not coming any more */
  constructor(from: Sender, low: number, limits: PackLimits) {
    this.#from = from;
    this.#low = low;
    this.#limits = limits;
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
      if (this.#lines.length > 0 || !this.#points.take(record, point)) return false;
      this.#mark(record.seq);
      return true;
    }
    return this.#points.count === 0 && this.#takeLine(record);
  }

  #takeLine(record: WaitingRecord): boolean {
    const isChunk = record.kind === 'evidence';
    const isReport = record.kind === 'report';
    if (this.#chunk || (this.#lines.length > 0 && (isChunk || isReport !== this.#reports))) return false;
    const line = encodeEnvelope(this.#head(record));
    const bytes = Buffer.byteLength(line) + 1;
    const { messageBytes, messageRecords } = this.#limits;
    if (this.#lines.length > 0 && (this.#bytes + bytes > messageBytes || this.#lines.length >= messageRecords)) {
      return false;
    }
    this.#reports = isReport;
    if (isChunk) this.#chunk = { topic: this.#chunkTopic(record), bytes: record.bytes ?? Buffer.alloc(0) };
    this.#mark(record.seq);
    this.#lines.push(line);
    this.#bytes += bytes;
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
      return { topic: this.#topic(), payload: this.#points.payload(), first, last, records: this.#points.count };
    }
    if (this.#lines.length === 0) return null;
    const text = Buffer.from(this.#chunk ? `${this.#lines[0]}\n` : this.#lines.join('\n'));
    const payload = this.#chunk ? Buffer.concat([text, this.#chunk.bytes]) : text;
    return { topic: this.#chunk?.topic ?? this.#topic(), payload, first, last, records: this.#lines.length };
  }

  #head(record: WaitingRecord) {
    const { seq, kind, at, boot, mono, clock, text } = record;
    const { device, lane, epoch } = this.#from;
    const head: EnvelopeHead = { v: 1, device, lane, epoch, seq, low: this.#low, kind, at, boot, mono, clock };
    return { ...head, ...anchorFor(record, this.#from.anchorOf), text };
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
