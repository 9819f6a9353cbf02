// agent/outbox: one record as bytes. 24 bytes of head (28 to 36 with an attachment or an expiry), the text, the
// attachment. The head's checksum covers the lengths and the body's checksum, and is seeded with the frame it lies in.
//
//   0 u32 checksum of the rest of the head   4 u32 checksum of the body   8 u32 meta   12 u32 seq (low 32 bits)
//  16 i32 wall ms since the frame's          20 u32 mono ms since the frame's
//  [ u32 length of the attachment ]  [ f64 expiry, ms since boot ]  text  attachment
//   meta: bits 0-16 length of the text, 17-20 kind, 21-22 clock quality, 23-24 lane, 25 attachment, 26 expiry
import { MAX_RECORD_BYTES } from '../../contract/index.ts';
import { crcLong, crcShort } from './crc.ts';
import { type ClockQuality, type Kind, MAX_ATTACHMENT, type NewRecord } from './types.ts';

/** Codes on disk. Never renumber; a kind this version does not know reads as opaque. */
const KIND_CODES: Record<Kind, number> = { opaque: 0, case: 1, event: 2, evidence: 3, telemetry: 4, report: 5 };
const KINDS = Object.keys(KIND_CODES) as Kind[];
const QUALITY_CODES: Record<ClockQuality, number> = { unknown: 0, held: 1, synced: 2 };
const QUALITIES = Object.keys(QUALITY_CODES) as ClockQuality[];
const HAS_BYTES = 1 << 25;
const HAS_EXPIRY = 1 << 26;
const HEAD = 24;

/** What a record's head says besides what its producer handed in. */
export interface RecordFields {
  seq: number;
  /** code of the lane */
  lane: number;
  quality: ClockQuality;
  /** ms against the frame's wall and mono */
  wallDelta: number;
  monoDelta: number;
}

/** Where a whole record lies, and what its head says. */
export interface RecordHead extends RecordFields {
  kind: Kind;
  expires: number | null;
  /** of the head, in the buffer it was read from */
  at: number;
  textAt: number;
  textEnd: number;
  /** of the attachment; `end` is also the end of the record */
  end: number;
  hasBytes: boolean;
}

/** Bytes a record takes. */
export function recordSize(textLength: number, bytesLength: number | null, expires: boolean): number {
  return HEAD + (bytesLength === null ? 0 : 4 + bytesLength) + (expires ? 8 : 0) + textLength;
}

/** Most bytes a text of this many UTF-16 units takes in UTF-8. */
export const mostBytes = (units: number): number => 3 * units;

/** Bytes being put together, with the view that is the fastest way to write numbers into them. */
export interface Draft {
  bytes: Buffer;
  view: DataView;
}

/**
 * Writes a record at `at`, all but the head's checksum; gives its end. The draft has room for the longest that the
 * text may become.
 */
export function writeRecord(into: Draft, at: number, fields: RecordFields, record: NewRecord): number {
  const { bytes, view } = into;
  const attached = record.bytes;
  const { expires } = record;
  view.setUint32(at + 12, fields.seq % 2 ** 32, true);
  view.setInt32(at + 16, fields.wallDelta, true);
  view.setUint32(at + 20, fields.monoDelta, true);
  let body = at + HEAD;
  if (attached) {
    view.setUint32(body, attached.length, true);
    body += 4;
  }
  if (expires !== undefined) {
    view.setFloat64(body, expires, true);
    body += 8;
  }
  const textLength = bytes.write(record.text, body, 'utf8');
  let end = body + textLength;
  if (attached) {
    bytes.set(attached, end);
    end += attached.length;
  }
  let meta = textLength | (KIND_CODES[record.kind] << 17) | (QUALITY_CODES[fields.quality] << 21) | (fields.lane << 23);
  meta |= (attached ? HAS_BYTES : 0) | (expires === undefined ? 0 : HAS_EXPIRY);
  view.setUint32(at + 8, meta >>> 0, true);
  view.setUint32(at + 4, crcLong(bytes, body, end), true);
  return end;
}

/** Writes the head's checksum, once the frame's is known; gives the record's end. */
export function sealRecord({ bytes, view }: Draft, at: number, frameCrc: number): number {
  const meta = view.getUint32(at + 8, true);
  const body = bodyAt(at, meta);
  view.setUint32(at, crcShort(bytes, at + 4, body, frameCrc), true);
  return body + (meta & 0x1ffff) + (meta & HAS_BYTES ? view.getUint32(at + HEAD, true) : 0);
}

function bodyAt(at: number, meta: number): number {
  return at + HEAD + (meta & HAS_BYTES ? 4 : 0) + (meta & HAS_EXPIRY ? 8 : 0);
}

/** The sequence number's low half that stands where a head would be; a cheap test before `readHead`. */
export function peekSeq(from: Buffer, at: number): number {
  return from.readUInt32LE(at + 12);
}

/** The record head of number `seq` at `at`, or null where there is none that is whole and ends within `limit`. */
export function readHead(from: Buffer, at: number, limit: number, frameCrc: number, seq: number): RecordHead | null {
  if (at + HEAD > limit || peekSeq(from, at) !== seq % 2 ** 32) return null;
  const meta = from.readUInt32LE(at + 8);
  const body = bodyAt(at, meta);
  if (body > limit || crcShort(from, at + 4, body, frameCrc) !== from.readUInt32LE(at)) return null;
  const textLength = meta & 0x1ffff;
  const hasBytes = (meta & HAS_BYTES) !== 0;
  const bytesLength = hasBytes ? from.readUInt32LE(at + HEAD) : 0;
  const end = body + textLength + bytesLength;
  if (textLength > MAX_RECORD_BYTES || bytesLength > MAX_ATTACHMENT || end > limit) return null;
  return {
    at,
    seq,
    kind: KINDS[(meta >>> 17) & 15] ?? 'opaque',
    lane: (meta >>> 23) & 3,
    quality: QUALITIES[(meta >>> 21) & 3] ?? 'unknown',
    wallDelta: from.readInt32LE(at + 16),
    monoDelta: from.readUInt32LE(at + 20),
    expires: meta & HAS_EXPIRY ? from.readDoubleLE(body - 8) : null,
    textAt: body,
    textEnd: body + textLength,
    end,
    hasBytes,
  };
}

/** Whether text and attachment are what was written. */
export function bodyIsWhole(from: Buffer, head: RecordHead): boolean {
  return crcLong(from, head.textAt, head.end) === from.readUInt32LE(head.at + 4);
}
