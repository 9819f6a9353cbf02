// campaign: what a power cut may take back. Box's side: a Disk that notes, before each change, how it was before, and
// after each sync what can no longer be lost. In: the calls of the outbox. Out: the same calls, and a file of notes that
// `tear.ts` reads after a kill. Now and then it is slow to sync, as flash is, so that kills come between write and sync.
// Never: a change that is done before it is noted.
import { closeSync, fstatSync, linkSync, mkdirSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../agent/main/drive/random.ts';
import { type Disk, realDisk } from '../agent/outbox/disk.ts';

/** Bytes at `at` of file `ino` were `old` (base64; '' for nothing but zeros). */
export interface WriteNote {
  op: 'write';
  nr: number;
  ino: number;
  at: number;
  length: number;
  old: string;
}
export type Note =
  | WriteNote
  /** writes of `ino` numbered below `before` are on disk */
  | { op: 'synced'; ino: number; before: number }
  | { op: 'rename'; nr: number; from: string; to: string }
  /** a second name keeps the file until its removal is durable */
  | { op: 'unlink'; nr: number; path: string; kept: string }
  | { op: 'create'; nr: number; path: string }
  /** changes of names in `dir` numbered below `before` are on disk */
  | { op: 'named'; dir: string; before: number };

/** Where removed files are kept, below the outbox' parent: it must be the same file system. */
export const graveyard = (dir: string): string => join(dirname(dir), 'graveyard');
/** Removed files that can come back; older ones are gone for good, so that they do not fill the disk. */
const MOST_KEPT = 6;

/** Share of syncs that are slow, and how slow at most (ms). */
const SLOW = 0.25;
const SLOWEST = 60;

export function undoable(log: string, dir: string, random: Random): Disk {
  const notes = openSync(log, 'a');
  const kept: string[] = [];
  const files = new Map<number, { ino: number; read: number }>();
  let nr = 0;
  const graves = graveyard(dir);
  mkdirSync(graves, { recursive: true });
  const note = (entry: Note) => writeSync(notes, `${JSON.stringify(entry)}\n`);

  return {
    ...realDisk,
    async open(path, flags) {
      const isNew = flags.startsWith('w') && statSync(path, { throwIfNoEntry: false }) === undefined;
      if (isNew) note({ op: 'create', nr: nr++, path });
      const fd = await realDisk.open(path, flags);
      files.set(fd, { ino: fstatSync(fd).ino, read: openSync(path, 'r') });
      return fd;
    },
    async write(fd, buffers, position) {
      const { ino, read } = files.get(fd)!;
      const length = buffers.reduce((sum, { length }) => sum + length, 0);
      const before = Buffer.alloc(length);
      readSync(read, before, 0, length, position);
      const old = before.some((byte) => byte !== 0) ? before.toString('base64') : '';
      note({ op: 'write', nr: nr++, ino, at: position, length, old });
      return realDisk.write(fd, buffers, position);
    },
    async datasync(fd) {
      const before = nr;
      if (random.next() < SLOW) await wait(random.between(0, SLOWEST));
      await realDisk.datasync(fd);
      note({ op: 'synced', ino: files.get(fd)!.ino, before });
    },
    async close(fd) {
      const file = files.get(fd);
      files.delete(fd);
      if (file) closeSync(file.read);
      await realDisk.close(fd);
    },
    async rename(from, to) {
      note({ op: 'rename', nr: nr++, from, to });
      await realDisk.rename(from, to);
    },
    async unlink(path) {
      const grave = join(graves, `${nr}-${basename(path)}`);
      linkSync(path, grave);
      kept.push(grave);
      note({ op: 'unlink', nr: nr++, path, kept: grave });
      await realDisk.unlink(path);
      while (kept.length > MOST_KEPT) rmSync(kept.shift()!, { force: true });
    },
    async syncDir(path) {
      const before = nr;
      await realDisk.syncDir(path);
      note({ op: 'named', dir: path, before });
    },
  };
}
