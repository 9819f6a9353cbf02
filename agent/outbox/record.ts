// agent/outbox: one record as bytes. 24 bytes of head (28 to 36 with an attachment or an expiry), the text, the
// attachment. The head's checksum covers the lengths and the body's checksum, and is seeded with the frame it lies in.
//
//   0 u32 checksum of the rest of the head   4 u32 checksum of the body   8 u32 meta   12 u32 seq (low 32 bits)
//  16 i32 wall ms since the frame's          20 u32 mono ms since the frame's
//  [ u32 length of the attachment ]  [ f64 expiry, ms since boot ]  text  attachment
//   meta: bits 0-16 length of the text, 17-20 kind, 21-22 clock quality, 23-24 lane, 25 attachment, 26 expiry
import { CLOCK_QUALITIES, MAX_RECORD_BYTES } from '../../contract/index.ts';
import { crcLong, crcShort } from './crc.ts';
import { type ClockQuality, type Kind, MAX_ATTACHMENT } from './types.ts';

/** Codes on disk. Never renumber; a kind this version does not know reads as opaque. */
const KINDS: readonly Kind[] = ['opaque', 'case', 'event', 'evidence', 'telemetry', 'report'];
const HAS_BYTES = 1 << 25;
const HAS_EXPIRY = 1 << 26;
const HEAD = 24;

export interface RecordFields {
  seq: number;
  kind: Kind;
  /** code of the lane */
  lane: number;
  quality: ClockQuality;
  /** ms against the frame's wall and mono */
  wallDelta: number;
  monoDelta: number;
  expires: number | null;
}

/** Where a whole record lies, and what its head says. */
export interface RecordHead extends RecordFields {
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

/** Writes a record at `at`, all but the head's checksum; gives its end. `textLength` is that of `text` in UTF-8. */
export function writeRecord(
  into: Buffer,
  at: number,
  fields: RecordFields,
  text: string,
  textLength: number,
  bytes: Uint8Array | null,
): number {
  const expiry = fields.expires;
  let meta = textLength | (KINDS.indexOf(fields.kind) << 17);
  meta |= (CLOCK_QUALITIES.indexOf(fields.quality) << 21) | (fields.lane << 23);
  meta |= (bytes ? HAS_BYTES : 0) | (expiry === null ? 0 : HAS_EXPIRY);
  into.writeUInt32LE(meta >>> 0, at + 8);
  into.writeUInt32LE(fields.seq % 2 ** 32, at + 12);
  into.writeInt32LE(fields.wallDelta, at + 16);
  into.writeUInt32LE(fields.monoDelta, at + 20);
  let next = at + HEAD;
  if (bytes) next = into.writeUInt32LE(bytes.length, next);
  if (expiry !== null) next = into.writeDoubleLE(expiry, next);
  const body = next;
  next += into.write(text, next, 'utf8');
  if (bytes) {
    into.set(bytes, next);
    next += bytes.length;
  }
  into.writeUInt32LE(crcLong(into, body, next), at + 4);
  return next;
}

/** Writes the head's checksum, once the frame's is known; gives the record's end. */
export function sealRecord(into: Buffer, at: number, frameCrc: number): number {
  const meta = into.readUInt32LE(at + 8);
  const body = bodyAt(at, meta);
  into.writeUInt32LE(crcShort(into, at + 4, body, frameCrc), at);
  return body + (meta & 0x1ffff) + (meta & HAS_BYTES ? into.readUInt32LE(at + HEAD) : 0);
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
    quality: CLOCK_QUALITIES[(meta >>> 21) & 3] ?? 'unknown',
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
