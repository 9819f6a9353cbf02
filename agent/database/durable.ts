// agent/database: a small database file, opened: what a room of the agent must not forget. A path and a schema come in; an
// open, whole, durable database goes out. synchronous is FULL, never NORMAL: what was told must survive a power cut (NORMAL
// with a write-ahead log loses commits). A broken file is moved aside with a named fault and begun anew: the box goes on.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KerbError, oneLine } from '../../contract/index.ts';

/** Broken files that are kept for someone to look at; older ones go. */
const MAX_BROKEN = 3;

/** What one kind of file is. */
export interface Kind {
  /** of its faults' codes: PREFIX_NEWER, PREFIX_BUSY, PREFIX_BROKEN, PREFIX_FAILED */
  readonly prefix: string;
  readonly version: number;
  /** makes an empty file one of this version, `PRAGMA user_version` included */
  readonly schema: string;
  /** memory for its pages, KiB */
  readonly cacheKb: number;
  /** what a broken file costs, as the remedy of that fault */
  readonly lost: string;
}

/**
 * Opens the file, making it and its folder where there is none. null: a database in memory that ends with the process.
 * @param onFault told PREFIX_BROKEN when a broken file was moved aside
 * @throws KerbError PREFIX_NEWER, PREFIX_BUSY, PREFIX_FAILED
 */
export function openDurable(file: string | null, kind: Kind, onFault: (fault: KerbError) => void): DatabaseSync {
  if (file === null) return prepare(':memory:', kind);
  try {
    mkdirSync(dirname(file), { recursive: true });
    try {
      return begin(file, kind);
    } catch (error) {
      if (!isBroken(error)) throw error;
      const aside = moveAside(file);
      const what = `is broken (${oneLine(error)}); moved to ${aside} and begun anew`;
      onFault(new KerbError(`${kind.prefix}_BROKEN`, what, file, kind.lost, { cause: error }));
      return begin(file, kind);
    }
  } catch (error) {
    throw databaseFault(error, file, kind);
  }
}

/** Whether an error says that the file's content is no whole database. */
export function isBroken(error: unknown): boolean {
  // SQLITE_CORRUPT 11, SQLITE_NOTADB 26; the low byte is the primary result code.
  const code = (error as { errcode?: number } | null)?.errcode;
  return error instanceof BrokenDatabase || (code !== undefined && [11, 26].includes(code & 0xff));
}

class BrokenDatabase extends Error {}

/** Any error of the database as the house tells it. */
export function databaseFault(error: unknown, where: string, { prefix }: Pick<Kind, 'prefix'>): KerbError {
  if (error instanceof KerbError) return error;
  const code = (error as { errcode?: number } | null)?.errcode ?? 0;
  if ((code & 0xff) === 5) {
    return new KerbError(`${prefix}_BUSY`, 'another process has it open', where, 'end that process', { cause: error });
  }
  const remedy = 'free space on the disk, check its rights';
  return new KerbError(`${prefix}_FAILED`, oneLine(error), where, remedy, { cause: error });
}

/** A new file's name is on disk too before anything in it counts. */
function begin(file: string, kind: Kind): DatabaseSync {
  const fresh = !existsSync(file);
  const db = prepare(file, kind);
  if (!fresh) return db;
  for (const folder of [dirname(file), dirname(dirname(file))]) {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
  return db;
}

function prepare(file: string, { prefix, version, schema, cacheKb }: Kind): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 1000 });
  try {
    // One process at a time, so no shared memory file: locks end with the process, also after kill -9.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec(`PRAGMA journal_size_limit = 1048576; PRAGMA cache_size = -${cacheKb}; BEGIN IMMEDIATE; COMMIT;`);
    const found = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
    if (found > version) {
      const what = `was written by a newer Kerbside (version ${found}, this one knows ${version})`;
      throw new KerbError(`${prefix}_NEWER`, what, file, 'run the newer Kerbside');
    }
    if (found === 0) db.exec(`BEGIN IMMEDIATE; ${schema} COMMIT;`);
    const check = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw new BrokenDatabase(String(check));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function moveAside(file: string): string {
  const name = (n: number) => `${file}.broken-${n}`;
  for (let n = MAX_BROKEN; n >= 1; n--) {
    for (const tail of ['', '-wal', '-shm']) {
      if (n === MAX_BROKEN) rmSync(name(n) + tail, { force: true });
      const from = n === 1 ? file + tail : name(n - 1) + tail;
      if (existsSync(from)) renameSync(from, name(n) + tail);
    }
  }
  return name(1);
}
