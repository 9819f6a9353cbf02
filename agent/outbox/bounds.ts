// agent/outbox: how much of the disk each lane may take, from the size of the file system it lies on. Asked anew at every
// start, so a box that moves to a larger or smaller disk needs no other configuration. Pure.
import type { Lane } from '../../contract/index.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export interface LaneBounds {
  /** of a new segment file */
  segmentBytes: number;
  /** of all segment files of the lane; at least two segments */
  quotaBytes: number;
  /** set aside with real blocks for the time when the disk is full */
  reserveBytes: number;
}

interface Share {
  /** of the file system */
  share: number;
  quotaBytes: number;
  segmentBytes: number;
  reserveBytes: number;
}

/** Most of each, and the share of a small disk. Together less than a quarter of any. */
const SHARES: Record<Lane, Share> = {
  alarm: { share: 0.01, quotaBytes: 64 * MIB, segmentBytes: 4 * MIB, reserveBytes: MIB },
  case: { share: 0.03, quotaBytes: 256 * MIB, segmentBytes: 4 * MIB, reserveBytes: MIB },
  telemetry: { share: 0.06, quotaBytes: 1024 * MIB, segmentBytes: 16 * MIB, reserveBytes: MIB },
  evidence: { share: 0.12, quotaBytes: 4096 * MIB, segmentBytes: 16 * MIB, reserveBytes: 4 * MIB },
};

/** Room for the largest text, and whole blocks. */
const LEAST_SEGMENT = 128 * KIB;
/** A record of evidence carries up to 256 KiB. */
const LEAST_EVIDENCE = 512 * KIB;
/** Segments that a quota is made of at least, where segments can be made smaller: an eviction then costs a little. */
const SEGMENTS = 16;

/** The bounds of a lane on a file system of so many bytes, but for what is `wanted` otherwise. */
export function laneBounds(lane: Lane, diskBytes: number, wanted: Partial<LaneBounds> = {}): LaneBounds {
  const most = SHARES[lane];
  const least = lane === 'evidence' ? LEAST_EVIDENCE : LEAST_SEGMENT;
  const quota = wanted.quotaBytes ?? Math.min(most.quotaBytes, diskBytes * most.share);
  const segment = wanted.segmentBytes ?? Math.min(most.segmentBytes, Math.max(least, quota / SEGMENTS));
  const segmentBytes = Math.max(LEAST_SEGMENT, blocks(segment));
  const quotaBytes = Math.max(2 * segmentBytes, blocks(quota));
  const reserve = wanted.reserveBytes ?? Math.min(most.reserveBytes, segmentBytes);
  return { segmentBytes, quotaBytes, reserveBytes: reserve === 0 ? 0 : Math.max(LEAST_SEGMENT, blocks(reserve)) };
}

const blocks = (bytes: number): number => Math.ceil(bytes / (4 * KIB)) * 4 * KIB;
