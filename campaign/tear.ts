// campaign: a simulated power cut, after a kill: of what was not synced, sectors are put back to what they were before,
// some, all or all but the first ones, and names as they were before the last changes of names. In: the notes of `undo.ts`,
// the outbox's folder. Out: a folder as a disk could hold it after the cut. Never: synced bytes changed.
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Random } from '../agent/main/drive/random.ts';
import { graveyard, type Note, type WriteNote } from './undo.ts';

/** What every disk writes whole. */
const SECTOR = 512;

export interface Torn {
  /** writes that were not synced, and of their sectors those put back */
  writes: number;
  sectors: number;
  names: number;
}

export function tear(log: string, dir: string, random: Random): Torn {
  const notes = readNotes(log);
  const torn = { writes: 0, sectors: 0, names: undoNames(notes, random) };
  const paths = byInode([...filesIn(dir), ...filesIn(graveyard(dir))]);
  const open = unsynced(notes).reverse();
  const style = random.next();
  for (const write of open) {
    const path = paths.get(write.ino);
    if (path === undefined) continue;
    torn.writes++;
    torn.sectors += putBack(path, write, style, random);
  }
  rmSync(graveyard(dir), { recursive: true, force: true });
  rmSync(log, { force: true });
  return torn;
}

function readNotes(log: string): Note[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n');
  // A note that the kill cut off was of a change that never began.
  lines.pop();
  return lines.map((line) => JSON.parse(line) as Note);
}

function unsynced(notes: readonly Note[]): WriteNote[] {
  const synced = new Map<number, number>();
  for (const note of notes) {
    if (note.op === 'synced') synced.set(note.ino, Math.max(synced.get(note.ino) ?? 0, note.before));
  }
  return notes.filter((note) => note.op === 'write').filter(({ ino, nr }) => nr >= (synced.get(ino) ?? 0));
}

/** A file system keeps changes of names in order: from some point on they are undone. */
function undoNames(notes: readonly Note[], random: Random): number {
  const named = new Map<string, number>();
  for (const note of notes) if (note.op === 'named') named.set(note.dir, note.before);
  const open = notes
    .filter((note) => note.op === 'rename' || note.op === 'unlink' || note.op === 'create')
    .filter((note) => note.nr >= (named.get(dirname(note.op === 'rename' ? note.to : note.path)) ?? 0));
  const undone = open.slice(Math.floor(random.next() * (open.length + 1))).reverse();
  for (const note of undone) {
    // The kill may have come between the note and the change.
    if (note.op === 'create') rmSync(note.path, { force: true });
    else if (note.op === 'rename' && existsSync(note.to) && !existsSync(note.from)) renameSync(note.to, note.from);
    else if (note.op === 'unlink' && existsSync(note.kept) && !existsSync(note.path)) linkSync(note.kept, note.path);
  }
  return undone.length;
}

function* filesIn(dir: string): Generator<string> {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

function byInode(files: readonly string[]): Map<number, string> {
  return new Map(files.map((path) => [lstatSync(path).ino, path]));
}

function putBack(path: string, { at, length, old }: WriteNote, style: number, random: Random): number {
  const before = old === '' ? Buffer.alloc(length) : Buffer.from(old, 'base64');
  const keepFirst = Math.floor((random.next() * length) / SECTOR);
  const fd = openSync(path, 'r+');
  let count = 0;
  try {
    for (let from = 0, nr = 0; from < length; nr++) {
      const to = Math.min(length, (Math.floor((at + from) / SECTOR) + 1) * SECTOR - at);
      // Nothing of it, the first part of it, or here a sector and there a sector had reached the disk.
      const lost = style < 0.3 || (style < 0.6 ? nr >= keepFirst : random.next() < 0.5);
      if (lost) {
        writeSync(fd, before, from, to - from, at + from);
        count++;
      }
      from = to;
    }
  } finally {
    closeSync(fd);
  }
  return count;
}
