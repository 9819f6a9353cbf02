// agent/outbox: a segment file: a head in the first block, frames, a footer in the last block once it is sealed. Head
// and footer stand twice in their block. The file has its full length from the start.
//
//   head:   0 "KERBSEG1"  8 u32 checksum of 12-80  12 u8 version  13 u8 lane  16 u32 number  20 u32 length of the file
//          24 u48 first seq  32 f64 wall ms when it was begun  40 u8 length of the epoch, and the epoch
//   footer: 0 "KERBEND1"  8 u32 checksum of 12-72, seeded  12 u32 end of the frames  16 u48 first seq  24 u48 next seq
//          32 f64 wall ms of the first frame  40 f64 wall ms of the last  48 f64 when its last record expires (0: never)
//          56 16 bytes: the boot on whose clock that is
import type { Lane } from '../../contract/index.ts';
import { bootBytes, bootText } from './boot.ts';
import { crcShort, LANE_CODES, segmentSeed } from './crc.ts';
import { closeRead, openToRead, readAt, sizeOf } from './disk.ts';
import { BLOCK } from './types.ts';

const HEAD_MARK = 'KERBSEG1';
const FOOTER_MARK = 'KERBEND1';
const VERSION = 1;
const HEAD_END = 80;
const FOOTER_END = 72;
const COPY = BLOCK / 2;
const NAME = /^(\d{10})\.seg$/;

export interface SegmentHead {
  lane: Lane;
  epoch: string;
  number: number;
  /** bytes of the file */
  length: number;
  first: number;
}

export interface SegmentFooter {
  end: number;
  first: number;
  next: number;
  firstWall: number;
  lastWall: number;
  expiry: SegmentExpiry | null;
}

/** Nobody wants any record of a segment after `last`, ms since the beginning of this boot. */
export interface SegmentExpiry {
  boot: string;
  last: number;
}

/** A segment as the room keeps it in mind. */
export interface Segment extends SegmentHead {
  path: string;
  seed: number;
  /** first seq after it; grows while it is the active one */
  next: number;
  /** offset after its last frame that is on disk */
  end: number;
  /** null where it holds records that never expire, or of several boots, or where that is not known */
  expiry: SegmentExpiry | null;
  /** who reads it now: such a file is not recycled */
  readers: number;
  /** acknowledged or evicted: a reader goes on with the next one */
  freed: boolean;
}

export const segmentName = (number: number): string => `${String(number).padStart(10, '0')}.seg`;
export const spareName = (number: number): string => `spare-${number}.seg`;
export const isSpare = (name: string): boolean => /^spare-\d+\.seg$/.test(name);

/** The number in a segment file's name; null for any other file. */
export function segmentNumber(name: string): number | null {
  const number = Number(NAME.exec(name)?.[1] ?? 0);
  return number > 0 && number < 2 ** 32 ? number : null;
}

/** Room for frames in a file of this length. */
export const framesEnd = (length: number): number => length - BLOCK;
export const framesRoom = (length: number): number => length - 2 * BLOCK;

/** The first block of a segment. */
export function encodeHead(head: SegmentHead, wall: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(HEAD_MARK, 'latin1');
  block.writeUInt8(VERSION, 12);
  block.writeUInt8(LANE_CODES[head.lane], 13);
  block.writeUInt32LE(head.number, 16);
  block.writeUInt32LE(head.length, 20);
  block.writeUIntLE(head.first, 24, 6);
  block.writeDoubleLE(wall, 32);
  block.writeUInt8(head.epoch.length, 40);
  block.write(head.epoch, 41, 'latin1');
  block.writeUInt32LE(crcShort(block, 12, HEAD_END, 0), 8);
  block.copy(block, COPY, 0, HEAD_END);
  return block;
}

/** What a first block says, or null where neither copy is whole or it is of another lane. */
export function decodeHead(block: Buffer, lane: Lane): SegmentHead | null {
  for (const at of [0, COPY]) {
    if (block.toString('latin1', at, at + 8) !== HEAD_MARK) continue;
    if (crcShort(block, at + 12, at + HEAD_END, 0) !== block.readUInt32LE(at + 8)) continue;
    if (block[at + 12] !== VERSION || block[at + 13] !== LANE_CODES[lane]) continue;
    const epoch = block.toString('latin1', at + 41, at + 41 + Math.min(32, block.readUInt8(at + 40)));
    const number = block.readUInt32LE(at + 16);
    return { lane, epoch, number, length: block.readUInt32LE(at + 20), first: block.readUIntLE(at + 24, 6) };
  }
  return null;
}

/** The last block of a sealed segment. */
export function encodeFooter(footer: SegmentFooter, seed: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(FOOTER_MARK, 'latin1');
  block.writeUInt32LE(footer.end, 12);
  block.writeUIntLE(footer.first, 16, 6);
  block.writeUIntLE(footer.next, 24, 6);
  block.writeDoubleLE(footer.firstWall, 32);
  block.writeDoubleLE(footer.lastWall, 40);
  if (footer.expiry) {
    block.writeDoubleLE(footer.expiry.last, 48);
    bootBytes(footer.expiry.boot).copy(block, 56);
  }
  block.writeUInt32LE(crcShort(block, 12, FOOTER_END, seed), 8);
  block.copy(block, COPY, 0, FOOTER_END);
  return block;
}

/** What a last block says, or null where it is no footer of this life of this segment. */
export function decodeFooter(block: Buffer, seed: number): SegmentFooter | null {
  for (const at of [0, COPY]) {
    if (block.toString('latin1', at, at + 8) !== FOOTER_MARK) continue;
    if (crcShort(block, at + 12, at + FOOTER_END, seed) !== block.readUInt32LE(at + 8)) continue;
    const last = block.readDoubleLE(at + 48);
    return {
      end: block.readUInt32LE(at + 12),
      first: block.readUIntLE(at + 16, 6),
      next: block.readUIntLE(at + 24, 6),
      firstWall: block.readDoubleLE(at + 32),
      lastWall: block.readDoubleLE(at + 40),
      expiry: last === 0 ? null : { boot: bootText(block, at + 56), last },
    };
  }
  return null;
}

/** Reads head and footer of a file, whatever it holds. `size` is its true length. */
export async function readEnds(
  path: string,
  lane: Lane,
  epoch: string | null,
  number: number,
): Promise<{ head: SegmentHead | null; footer: SegmentFooter | null; size: number }> {
  const fd = await openToRead(path);
  try {
    const block = Buffer.alloc(BLOCK);
    const got = await readAt(fd, block, 0, BLOCK, 0);
    const head = got === BLOCK ? decodeHead(block, lane) : null;
    const size = await sizeOf(fd);
    const length = head?.length ?? size;
    const known = head?.epoch ?? epoch;
    if (length < 3 * BLOCK || known === null) return { head, footer: null, size };
    const last = Buffer.alloc(BLOCK);
    await readAt(fd, last, 0, BLOCK, length - BLOCK);
    return { head, footer: decodeFooter(last, segmentSeed(known, lane, number)), size };
  } finally {
    await closeRead(fd);
  }
}
