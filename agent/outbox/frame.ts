// agent/outbox: a frame is one group commit: whole blocks that are written once, synced once, and never written again
// while their segment lives. 64 bytes of head, the records, zeros, and the head once more in the last 64 bytes, so that
// neither a flipped bit in it nor a torn write can be taken for the other.
//
//   0 u32 checksum (seeded with the segment)  4 u32 "KFRM"  8 u32 bytes  12 u32 records  16 u48 first seq
//  24 u32 offset in the segment  28 u32 segment  32 f64 wall ms  40 f64 mono ms  48 16 bytes boot id
import type { Lane } from '../../contract/index.ts';
import { bootText } from './boot.ts';
import { crcShort, LANE_CODES } from './crc.ts';
import {
  type Draft,
  mostBytes,
  type RecordFields,
  type RecordHead,
  recordSize,
  sealRecord,
  writeRecord,
} from './record.ts';
import { BLOCK, type ClockQuality, type NewRecord, type StoredRecord } from './types.ts';

export const FRAME_HEAD = 64;
const MAGIC = 0x4d52464b;
/** Room beyond a full frame that a builder gets at once, for the longest that its next text may become. */
const SLACK = 8 * BLOCK;

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

/** Collects the records of the next group commit, already as bytes. */
export class FrameBuilder {
  readonly #target: number;
  #draft = draftOf(4 * BLOCK);
  #used = FRAME_HEAD;
  #wall = 0;
  #mono = 0;
  #fields: RecordFields;
  first = 0;
  count = 0;
  /** when the last of its records expires, on this boot's clock; infinite where one never does */
  expires = 0;

  /** @param target bytes of a full frame; one record larger than that gets a frame of its own */
  constructor(lane: Lane, target: number) {
    this.#fields = { seq: 0, lane: LANE_CODES[lane], quality: 'unknown', wallDelta: 0, monoDelta: 0 };
    this.#target = target;
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
    this.expires = 0;
    this.#used = FRAME_HEAD;
    this.#wall = Math.round(wall);
    this.#mono = Math.round(mono);
    this.#fields.quality = quality;
  }

  /**
   * Adds a record; gives the bytes it took, or 0 where it needs a frame of its own: this one is full, or a clock has
   * jumped by more than a frame can express.
   */
  add(seq: number, wall: number, mono: number, record: NewRecord): number {
    const fields = this.#fields;
    const used = this.#used;
    fields.seq = seq;
    fields.wallDelta = Math.round(wall) - this.#wall;
    fields.monoDelta = Math.round(mono) - this.#mono;
    if (this.count > 0) {
      const { wallDelta, monoDelta } = fields;
      if (Math.abs(wallDelta) > 0x7fffffff || monoDelta < 0 || monoDelta > 0xffffffff) return 0;
      // Whatever its text turns out to take, it does not fit: spares a full frame the attempt.
      if (frameBytes(used - FRAME_HEAD + record.text.length + (record.bytes?.length ?? 0)) > this.#target) return 0;
    }
    const most = recordSize(mostBytes(record.text.length), record.bytes?.length ?? null, record.expires !== undefined);
    this.#grow(used + most);
    const end = writeRecord(this.#draft, used, fields, record);
    if (this.count > 0 && frameBytes(end - FRAME_HEAD) > this.#target) return 0;
    this.#used = end;
    this.count++;
    this.expires = Math.max(this.expires, record.expires ?? Number.POSITIVE_INFINITY);
    return end - used;
  }

  /** The finished frame for this place of this segment. The bytes are the builder's own until `begin`. */
  seal(place: { segment: number; seed: number; start: number }, boot: Buffer): Buffer {
    const end = this.bytes;
    this.#grow(end);
    const { bytes, view } = this.#draft;
    bytes.fill(0, this.#used, end);
    view.setUint32(4, MAGIC, true);
    view.setUint32(8, end, true);
    view.setUint32(12, this.count, true);
    bytes.writeUIntLE(this.first, 16, 6);
    view.setUint16(22, 0, true);
    view.setUint32(24, place.start, true);
    view.setUint32(28, place.segment, true);
    view.setFloat64(32, this.#wall, true);
    view.setFloat64(40, this.#mono, true);
    boot.copy(bytes, 48, 0, 16);
    const crc = crcShort(bytes, 4, FRAME_HEAD, place.seed);
    view.setUint32(0, crc, true);
    bytes.copy(bytes, end - FRAME_HEAD, 0, FRAME_HEAD);
    for (let at = FRAME_HEAD; at < this.#used; ) at = sealRecord(this.#draft, at, crc);
    return bytes.subarray(0, end);
  }

  #grow(needed: number): void {
    const { bytes } = this.#draft;
    if (needed <= bytes.length) return;
    const ample = Math.min(2 * bytes.length, this.#target + SLACK);
    const larger = draftOf(Math.max(Math.ceil((needed + SLACK) / BLOCK) * BLOCK, ample));
    bytes.copy(larger.bytes, 0, 0, this.#used);
    this.#draft = larger;
  }
}

function draftOf(size: number): Draft {
  const bytes = Buffer.allocUnsafeSlow(size);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, size) };
}
