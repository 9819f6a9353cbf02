// agent/outbox: checksums, and the seed that ties them to one life of one segment.
import { crc32 } from 'node:zlib';
import type { Lane } from '../../contract/index.ts';

/** How a lane is written on disk. Never renumber. */
export const LANE_CODES: Record<Lane, number> = { alarm: 0, case: 1, telemetry: 2, evidence: 3 };

type Eight = [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];
/** Eight tables of 256: what a byte does to a checksum when 0 to 7 more bytes follow it ("slicing by 8"). */
const TABLES = Array.from({ length: 8 }, () => new Int32Array(256)) as Eight;
for (let byte = 0; byte < 256; byte++) {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  TABLES[0][byte] = value;
}
for (let follow = 1; follow < 8; follow++) {
  const before = TABLES[follow - 1]!;
  for (let byte = 0; byte < 256; byte++) {
    TABLES[follow]![byte] = (before[byte]! >>> 8) ^ TABLES[0][before[byte]! & 0xff]!;
  }
}
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES;

/** CRC-32 (IEEE 802.3) of a few bytes; faster than the native call where there are fewer than NATIVE. */
export function crcShort(data: Uint8Array, from: number, to: number, seed: number): number {
  let crc = ~seed;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    crc ^= data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24);
    crc =
      T7[crc & 0xff]! ^
      T6[(crc >>> 8) & 0xff]! ^
      T5[(crc >>> 16) & 0xff]! ^
      T4[crc >>> 24]! ^
      T3[data[at + 4]!]! ^
      T2[data[at + 5]!]! ^
      T1[data[at + 6]!]! ^
      T0[data[at + 7]!]!;
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ T0[(crc ^ data[at]!) & 0xff]!;
  return ~crc >>> 0;
}

/** Bytes from which on the native call pays: it costs as much as about so many bytes by table (measured, x64). */
const NATIVE = 256;

/** CRC-32 (IEEE 802.3) of any number of bytes. */
export function crcLong(data: Buffer, from: number, to: number, seed = 0): number {
  return to - from < NATIVE ? crcShort(data, from, to, seed) : crc32(data.subarray(from, to), seed);
}

/**
 * The seed of every checksum in one segment. Two segments of the same epoch never share one: they differ in the last
 * 32 bits of a CRC-32's input only, on which it is one to one. So what an earlier life of a recycled file left behind
 * never parses.
 */
export function segmentSeed(epoch: string, lane: Lane, number: number): number {
  const bytes = Buffer.alloc(epoch.length + 5);
  bytes.write(epoch, 'latin1');
  bytes.writeUInt8(LANE_CODES[lane], epoch.length);
  bytes.writeUInt32LE(number, epoch.length + 1);
  return crc32(bytes);
}
