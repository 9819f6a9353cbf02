// agent/outbox: the only way in which this room changes the disk. A test may put another Disk in its place.
// All calls run off the main thread. Never: a write that is taken for durable before datasync returned.
import { close, fdatasync, fstat, fsync, ftruncate, open, read, rename, unlink, writev } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import { KerbError, type Lane, oneLine } from '../../contract/index.ts';

const openP = promisify(open);
const closeP = promisify(close);
const readP = promisify(read);
const statP = promisify(fstat);
const fsyncP = promisify(fsync);
const datasyncP = promisify(fdatasync);
const renameP = promisify(rename);
const unlinkP = promisify(unlink);
const truncateP = promisify(ftruncate);

function writeOnce(fd: number, buffers: Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, buffers, position, (error, written) => (error ? reject(error) : resolve(written)));
  });
}

/** Everything that changes files. `write` may write less than it was given, as the system call does. */
export interface Disk {
  open(path: string, flags: string): Promise<number>;
  write(fd: number, buffers: Uint8Array[], position: number): Promise<number>;
  truncate(fd: number, length: number): Promise<void>;
  datasync(fd: number): Promise<void>;
  close(fd: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** makes creations, renames and removals in a folder durable */
  syncDir(path: string): Promise<void>;
}

export const realDisk: Disk = {
  open: (path, flags) => openP(path, flags, 0o640),
  write: writeOnce,
  truncate: (fd, length) => truncateP(fd, length),
  datasync: (fd) => datasyncP(fd),
  close: (fd) => closeP(fd),
  rename: (from, to) => renameP(from, to),
  unlink: (path) => unlinkP(path),
  async syncDir(path) {
    const fd = await openP(path, 'r');
    try {
      await fsyncP(fd);
    } finally {
      await closeP(fd);
    }
  },
};

/** Writes all of `data`, however many calls it takes. */
export async function writeAll(disk: Disk, fd: number, data: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += await disk.write(fd, [data.subarray(done)], position + done);
  }
}

/** Reads up to `length` bytes at `position`; gives how many there were before the file's end. */
export async function readAt(fd: number, into: Buffer, at: number, length: number, position: number): Promise<number> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await readP(fd, into, at + done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Opens for reading only. */
export const openToRead = (path: string): Promise<number> => openP(path, 'r');
export const closeRead = (fd: number): Promise<void> => closeP(fd);

/** Whether a call failed for want of room. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** Bytes of the file system that a folder lies on. */
export async function fileSystemBytes(path: string): Promise<number> {
  const { blocks, bsize } = await statfs(path);
  return blocks * bsize;
}

/** Bytes of it that are free for this process. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** A failed system call as the producer is told it. */
export function diskError(error: unknown, lane: Lane, path: string): KerbError {
  if (error instanceof KerbError) return error;
  if (isDiskFull(error)) {
    const what = `the disk is full, lane ${lane} did not accept the record`;
    return new KerbError('OUTBOX_DISK_FULL', what, path, 'free some space and hand it in again', { cause: error });
  }
  const what = `lane ${lane} could not write: ${oneLine(error).slice(0, 200)}`;
  return new KerbError('OUTBOX_DISK_FAULT', what, path, 'look at the disk, then hand it in again', { cause: error });
}

/** Bytes a file has. */
export const sizeOf = async (fd: number): Promise<number> => (await statP(fd)).size;
