// agent/outbox: the segment files of one lane, as the writer sees them: write a frame, begin the next segment, free or
// evict the oldest. In: the survey of the folder. Out: files. One caller at a time (the lane's queue sees to it).
// Never: a write into a block that holds accepted records; a segment removed before the state that allows it is saved.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lane } from '../../contract/index.ts';
import { bootText } from './boot.ts';
import { segmentSeed } from './crc.ts';
import { type Disk, isDiskFull, writeAll } from './disk.ts';
import type { FrameBuilder } from './frame.ts';
import type { Survey } from './recover.ts';
import {
  encodeFooter,
  encodeHead,
  framesEnd,
  type Segment,
  type SegmentExpiry,
  segmentName,
  spareName,
} from './segment.ts';
import { BLOCK } from './types.ts';

/** Room that is filled with zeros ahead of small commits, so that they need no metadata written. */
const AHEAD = 64 * 1024;
/** A commit of this size does not need that. */
const LARGE = 64 * 1024;
const ZEROS = Buffer.alloc(AHEAD);

export interface StoreOptions {
  disk: Disk;
  /** bytes of a new segment file */
  segmentBytes: number;
  /** freed files kept for the next segments */
  spares: number;
  /** 16 bytes */
  boot: Buffer;
}

/** A freed file that waits to be a segment again. */
interface Spare {
  name: string;
  /** offset up to which its blocks are on disk */
  filled: number;
}

export class SegmentStore {
  readonly dir: string;
  readonly lane: Lane;
  readonly epoch: string;
  /** oldest first; the last one is written to */
  readonly segments: Segment[];
  readonly #options: StoreOptions;
  #fd: number | null = null;
  /** the last one takes no more frames: it has its footer, or a sync of it has failed */
  #closed: boolean;
  /** offset up to which the active file's blocks are on disk already */
  #filled = 0;
  #highest: number;
  #spares: Spare[] = [];
  readonly #found: readonly string[];
  #walls = { first: 0, last: 0 };

  constructor(found: Survey, epoch: string, options: StoreOptions) {
    this.dir = found.dir;
    this.lane = found.lane;
    this.epoch = epoch;
    this.segments = found.segments;
    this.#closed = found.sealed || found.segments.length === 0;
    this.#highest = found.highest;
    this.#found = found.spares;
    this.#options = options;
  }

  get active(): Segment | null {
    return this.segments.at(-1) ?? null;
  }

  /** Bytes of all segment files. */
  get bytes(): number {
    return this.segments.reduce((sum, { length }) => sum + length, 0);
  }

  /** Whether a frame of so many bytes goes into the active segment. */
  hasRoom(bytes: number): boolean {
    const { active } = this;
    return active !== null && !this.#closed && active.end + bytes <= framesEnd(active.length);
  }

  /** Opens the active file for writing, and removes spares beyond what is kept: all of those of another epoch. */
  async start(same: boolean): Promise<void> {
    const { disk, segmentBytes } = this.#options;
    const spares = same ? this.#options.spares : 0;
    for (const name of this.#found) {
      const { size, blocks } = await stat(join(this.dir, name));
      const filled = blocks * 512 >= size ? size : BLOCK;
      if (size === segmentBytes && this.#spares.length < spares) this.#spares.push({ name, filled });
      else await disk.unlink(join(this.dir, name));
    }
    const { active } = this;
    if (!active || this.#closed) return;
    this.#fd = await disk.open(active.path, 'r+');
    const { blocks } = await stat(active.path);
    this.#filled = blocks * 512 >= active.length ? active.length : active.end;
  }

  /** Writes a frame into the active segment and syncs it. On failure nothing of it counts as written. */
  async write(builder: FrameBuilder): Promise<void> {
    const { disk, boot } = this.#options;
    const active = this.active!;
    const fd = this.#fd!;
    const start = active.end;
    const frame = builder.seal({ segment: active.number, seed: active.seed, start }, boot);
    const end = start + frame.length;
    const ahead = Math.min(framesEnd(active.length), end + AHEAD - (end % AHEAD)) - end;
    const small = end > this.#filled && frame.length < LARGE && ahead > 0;
    const written = await disk.write(fd, small ? [frame, ZEROS.subarray(0, ahead)] : [frame], start);
    if (written < frame.length) await writeAll(disk, fd, frame.subarray(written), start + written);
    try {
      await disk.datasync(fd);
    } catch (error) {
      // After a failed sync nobody knows what the disk holds: never write to this file again.
      this.#closed = true;
      throw error;
    }
    this.#filled = Math.max(this.#filled, start + written, end);
    active.end = end;
    active.expiry = this.#expiryWith(builder, active);
    active.next = builder.first + builder.count;
    if (this.#walls.first === 0) this.#walls.first = builder.wall;
    this.#walls.last = builder.wall;
  }

  #expiryWith({ expires, first }: FrameBuilder, { expiry, first: begun }: Segment): SegmentExpiry | null {
    const boot = bootText(this.#options.boot);
    if (expires === Number.POSITIVE_INFINITY) return null;
    if (first === begun) return { boot, last: expires };
    return expiry?.boot === boot ? { boot, last: Math.max(expires, expiry.last) } : null;
  }

  /** Seals the active segment and begins the next one, which starts with `first`. */
  async roll(first: number): Promise<void> {
    const { disk, segmentBytes } = this.#options;
    const spare = this.#spares[0];
    const draft = join(this.dir, spare?.name ?? spareName(this.#highest + 1));
    const fd = await disk.open(draft, spare ? 'r+' : 'w+');
    try {
      if (!spare) await disk.truncate(fd, segmentBytes);
      await this.#begin({ path: draft, fd, bytes: segmentBytes, filled: spare?.filled ?? BLOCK }, first);
    } catch (error) {
      await disk.close(fd);
      // A draft that could not be finished must not stay behind on a full disk.
      if (!spare) await disk.unlink(draft).catch(() => {});
      throw error;
    }
    if (spare) this.#spares.shift();
    await disk.syncDir(this.dir);
  }

  /** The same on a full disk, with a file that has all its blocks already. */
  async rollInto({ path, bytes }: { path: string; bytes: number }, first: number): Promise<void> {
    const { disk } = this.#options;
    const fd = await disk.open(path, 'r+');
    try {
      await this.#begin({ path, fd, bytes, filled: bytes }, first);
    } catch (error) {
      await disk.close(fd);
      throw error;
    }
    await disk.syncDir(this.dir);
  }

  async #begin(file: { path: string; fd: number; bytes: number; filled: number }, first: number): Promise<void> {
    const { disk } = this.#options;
    const { lane, epoch } = this;
    const number = this.#highest + 1;
    const seed = segmentSeed(epoch, lane, number);
    const head = { lane, epoch, number, length: file.bytes, first };
    const path = join(this.dir, segmentName(number));
    const begun = async () => {
      await writeAll(disk, file.fd, encodeHead(head, this.#walls.last), 0);
      await disk.datasync(file.fd);
    };
    // Two files: their syncs need not wait for each other.
    const [one, two] = await Promise.allSettled([begun(), this.#seal()]);
    for (const { reason } of [one, two].filter((each) => each.status === 'rejected')) throw reason;
    await disk.rename(file.path, path);
    this.#highest = number;
    this.segments.push({ ...head, path, seed, next: first, end: BLOCK, expiry: null, readers: 0, freed: false });
    this.#fd = file.fd;
    this.#closed = false;
    this.#filled = file.filled;
    this.#walls = { first: 0, last: 0 };
  }

  async #seal(): Promise<void> {
    const { active } = this;
    const fd = this.#fd;
    if (!active || fd === null) return;
    if (!this.#closed) {
      this.#closed = true;
      const { end, first, next, expiry } = active;
      const footer = { end, first, next, firstWall: this.#walls.first, lastWall: this.#walls.last, expiry };
      try {
        await writeAll(this.#options.disk, fd, encodeFooter(footer, active.seed), framesEnd(active.length));
        await this.#options.disk.datasync(fd);
      } catch (error) {
        // Without it the next segment's head says where this one ends. Its records are on disk already.
        if (!isDiskFull(error)) throw error;
      }
    }
    this.#fd = null;
    await this.#options.disk.close(fd);
  }

  get hasSpares(): boolean {
    return this.#spares.length > 0;
  }

  /** Removes the files that were kept for later. */
  async dropSpares(): Promise<boolean> {
    for (const { name } of this.#spares.splice(0)) await this.#options.disk.unlink(join(this.dir, name));
    return true;
  }

  /** Removes a segment, or keeps its file for later; never the last one. The saved state must already say so. */
  async drop(segment: Segment): Promise<void> {
    const { disk, segmentBytes, spares } = this.#options;
    const index = this.segments.indexOf(segment);
    if (index < 0 || index === this.segments.length - 1) return;
    this.segments.splice(index, 1);
    segment.freed = true;
    const keep = this.#spares.length < spares && segment.readers === 0 && segment.length === segmentBytes;
    if (!keep) return disk.unlink(segment.path);
    const spare = spareName(segment.number);
    await disk.rename(segment.path, join(this.dir, spare));
    // Else the old name could come back after a power cut, with the next life's records in it.
    await disk.syncDir(this.dir);
    this.#spares.push({ name: spare, filled: segment.end });
  }

  async close(): Promise<void> {
    if (this.#fd !== null) await this.#options.disk.close(this.#fd);
    this.#fd = null;
  }
}
