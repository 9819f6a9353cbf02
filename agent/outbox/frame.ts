// agent/outbox: a frame is one group commit: whole blocks that are written once, synced once, and never written again
// while their segment lives. 64 bytes of head, the records, zeros, and the head once more in the last 64 bytes, so that
// neither a flipped bit in it nor a torn write can be taken for the other.
//
//   0 u32 checksum (seeded with the segment)  4 u32 "KFRM"  8 u32 bytes  12 u32 records  16 u48 first seq
//  24 u32 offset in the segment  28 u32 segment  32 f64 wall ms  40 f64 mono ms  48 16 bytes boot id
import type { Lane } from '../../contract/index.ts';
import { crcShort, LANE_CODES } from './crc.ts';
import { type RecordFields, type RecordHead, recordSize, sealRecord, writeRecord } from './record.ts';
import { BLOCK, type ClockQuality, type NewRecord, type StoredRecord } from './types.ts';

export const FRAME_HEAD = 64;
const MAGIC = 0x4d52464b;

export interface FrameHead {
  crc: number;
  /** of the whole frame, a multiple of BLOCK */
  bytes: number;
  count: number;
  first: number;
  /** offset of the frame in its segment */
  start: number;
  /** of its first record: ms */
  wall: number;
  mono: number;
  boot: string;
}

/** Bytes of a frame that holds this many bytes of records. */
export function frameBytes(records: number): number {
  return Math.ceil((records + 2 * FRAME_HEAD) / BLOCK) * BLOCK;
}

/** A frame's head (or its copy at the end) at `at`; null where there is none of this segment. */
export function readFrameHead(from: Buffer, at: number, seed: number): FrameHead | null {
  if (at + FRAME_HEAD > from.length || from.readUInt32LE(at + 4) !== MAGIC) return null;
  const crc = from.readUInt32LE(at);
  if (crcShort(from, at + 4, at + FRAME_HEAD, seed) !== crc) return null;
  const head: FrameHead = {
    crc,
    bytes: from.readUInt32LE(at + 8),
    count: from.readUInt32LE(at + 12),
    first: from.readUIntLE(at + 16, 6),
    start: from.readUInt32LE(at + 24),
    wall: from.readDoubleLE(at + 32),
    mono: from.readDoubleLE(at + 40),
    boot: bootText(from, at + 48),
  };
  return head.bytes >= BLOCK && head.bytes % BLOCK === 0 && head.start % BLOCK === 0 ? head : null;
}

/** A record with everything that is known about it. The text and the attachment are copies. */
export function storedRecord(frame: FrameHead, from: Buffer, head: RecordHead): StoredRecord {
  return {
    seq: head.seq,
    kind: head.kind,
    at: frame.wall + head.wallDelta,
    boot: frame.boot,
    mono: frame.mono + head.monoDelta,
    clock: head.quality,
    expires: head.expires,
    text: from.toString('utf8', head.textAt, head.textEnd),
    bytes: head.hasBytes ? Buffer.from(from.subarray(head.textEnd, head.end)) : null,
  };
}

/** 16 bytes of a boot id as text. */
function bootText(from: Buffer, at: number): string {
  const hex = from.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Collects the records of the next group commit, already as bytes. */
export class FrameBuilder {
  readonly #lane: number;
  readonly #target: number;
  #buffer: Buffer;
  #used = FRAME_HEAD;
  #wall = 0;
  #mono = 0;
  #quality: ClockQuality = 'unknown';
  first = 0;
  count = 0;

  /** @param target bytes of a full frame; one record larger than that gets a frame of its own */
  constructor(lane: Lane, target: number) {
    this.#lane = LANE_CODES[lane];
    this.#target = target;
    this.#buffer = Buffer.allocUnsafeSlow(4 * BLOCK);
  }

  /** Bytes this frame will take on disk. */
  get bytes(): number {
    return frameBytes(this.#used - FRAME_HEAD);
  }

  get wall(): number {
    return this.#wall;
  }

  /** Empties it and starts anew with the times of its first record. */
  begin(first: number, wall: number, mono: number, quality: ClockQuality): void {
    this.first = first;
    this.count = 0;
    this.#used = FRAME_HEAD;
    this.#wall = Math.round(wall);
    this.#mono = Math.round(mono);
    this.#quality = quality;
  }

  /**
   * Adds a record; gives the bytes it took, or 0 where it needs a frame of its own: this one is full, or a clock has
   * jumped by more than a frame can express.
   */
  add(seq: number, wall: number, mono: number, record: NewRecord, textLength: number): number {
    const bytes = record.bytes ?? null;
    const expires = record.expires ?? null;
    const size = recordSize(textLength, bytes?.length ?? null, expires !== null);
    const wallDelta = Math.round(wall) - this.#wall;
    const monoDelta = Math.round(mono) - this.#mono;
    const jumped = Math.abs(wallDelta) > 0x7fffffff || monoDelta < 0 || monoDelta > 0xffffffff;
    if (this.count > 0 && (jumped || frameBytes(this.#used - FRAME_HEAD + size) > this.#target)) return 0;
    this.#grow(this.#used + size);
    const { kind, text } = record;
    const quality = this.#quality;
    const fields: RecordFields = { seq, kind, lane: this.#lane, quality, wallDelta, monoDelta, expires };
    this.#used = writeRecord(this.#buffer, this.#used, fields, text, textLength, bytes);
    this.count++;
    return size;
  }

  /** The finished frame for this place of this segment. The bytes are the builder's own until `begin`. */
  seal(place: { segment: number; seed: number; start: number }, boot: Buffer): Buffer {
    const end = this.bytes;
    this.#grow(end);
    const buffer = this.#buffer;
    buffer.fill(0, this.#used, end);
    buffer.writeUInt32LE(MAGIC, 4);
    buffer.writeUInt32LE(end, 8);
    buffer.writeUInt32LE(this.count, 12);
    buffer.writeUIntLE(this.first, 16, 6);
    buffer.writeUInt16LE(0, 22);
    buffer.writeUInt32LE(place.start, 24);
    buffer.writeUInt32LE(place.segment, 28);
    buffer.writeDoubleLE(this.#wall, 32);
    buffer.writeDoubleLE(this.#mono, 40);
    boot.copy(buffer, 48, 0, 16);
    const crc = crcShort(buffer, 4, FRAME_HEAD, place.seed);
    buffer.writeUInt32LE(crc, 0);
    buffer.copy(buffer, end - FRAME_HEAD, 0, FRAME_HEAD);
    for (let at = FRAME_HEAD; at < this.#used; ) at = sealRecord(buffer, at, crc);
    return buffer.subarray(0, end);
  }

  #grow(needed: number): void {
    const size = Math.ceil(needed / BLOCK) * BLOCK;
    if (size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * this.#buffer.length));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
