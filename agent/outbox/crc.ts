// agent/outbox: checksums, and the seed that ties them to one life of one segment.
import { crc32 } from 'node:zlib';
import type { Lane } from '../../contract/index.ts';

/** How a lane is written on disk. Never renumber. */
export const LANE_CODES: Record<Lane, number> = { alarm: 0, case: 1, telemetry: 2, evidence: 3 };

const TABLE = new Uint32Array(256).map((_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 (IEEE 802.3) of a few bytes; faster than the native call where there are fewer than a hundred. */
export function crcShort(data: Uint8Array, from: number, to: number, seed: number): number {
  let crc = ~seed;
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ TABLE[(crc ^ data[at]!) & 0xff]!;
  return ~crc >>> 0;
}

/** CRC-32 (IEEE 802.3) of many bytes. */
export function crcLong(data: Buffer, from: number, to: number, seed = 0): number {
  return crc32(data.subarray(from, to), seed);
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
