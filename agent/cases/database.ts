// agent/cases: the file cases.db, opened. A folder comes in; an open, whole, durable database goes out.
// synchronous is FULL, never NORMAL: a case that was told must survive a power cut (NORMAL with a write-ahead log
// loses commits). A broken file is moved aside with a named fault and begun anew: the box goes on.
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { KerbError, oneLine } from '../../contract/index.ts';

const VERSION = 1;
/** Broken files that are kept for someone to look at; older ones go. */
const MAX_BROKEN = 3;

const SCHEMA = `
  CREATE TABLE cases (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    place TEXT NOT NULL,                 -- code, site, camera and zone: what open cases are looked up by
    x REAL NOT NULL, y REAL NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
    last_seen REAL NOT NULL,
    text TEXT NOT NULL,                  -- the case as it goes out, byte for byte
    handed INTEGER NOT NULL,             -- 1: it and its pictures are in the outbox
    epoch TEXT, lane_seq INTEGER,        -- where in the outbox
    upstream INTEGER NOT NULL DEFAULT 0  -- 1: acknowledged
  ) STRICT;
  CREATE INDEX cases_place ON cases (place);
  CREATE INDEX cases_waiting ON cases (seq) WHERE handed = 0;
  CREATE TABLE evidence (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    case_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    jpeg BLOB                            -- until it is in the outbox
  ) STRICT;
  CREATE INDEX evidence_case ON evidence (case_id);
  CREATE TABLE intent (                  -- what is being handed over: at most one row
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    case_id TEXT NOT NULL,
    done INTEGER NOT NULL,               -- records of this case that were surely accepted before
    lane TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL  -- where record number done goes
  ) STRICT;
  CREATE TABLE acks (epoch TEXT PRIMARY KEY, up_to INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${VERSION};
`;

/**
 * Opens `dir`/cases.db, making it where there is none. null: a database in memory that ends with the process.
 * @param onFault told CASES_DB_BROKEN when a broken file was moved aside
 * @throws KerbError CASES_DB_NEWER, CASES_DB_BUSY, CASES_DB_FAILED
 */
export function openDatabase(dir: string | null, onFault: (fault: KerbError) => void): DatabaseSync {
  if (dir === null) return prepare(':memory:');
  const file = join(dir, 'cases.db');
  try {
    mkdirSync(dir, { recursive: true });
    try {
      return begin(file, dir);
    } catch (error) {
      if (!isBroken(error)) throw error;
      const aside = moveAside(file);
      const what = `is broken (${oneLine(error)}); moved to ${aside} and begun anew`;
      onFault(new KerbError('CASES_DB_BROKEN', what, file, 'open cases of before are forgotten', { cause: error }));
      return begin(file, dir);
    }
  } catch (error) {
    throw storeFault(error, file);
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
export function storeFault(error: unknown, where: string): KerbError {
  if (error instanceof KerbError) return error;
  const code = (error as { errcode?: number } | null)?.errcode ?? 0;
  if ((code & 0xff) === 5) {
    return new KerbError('CASES_DB_BUSY', 'another process has it open', where, 'end that process', { cause: error });
  }
  return new KerbError('CASES_DB_FAILED', oneLine(error), where, 'free space on the disk, check its rights', {
    cause: error,
  });
}

function begin(file: string, dir: string): DatabaseSync {
  const fresh = !existsSync(file);
  const db = prepare(file);
  if (fresh) {
    const handle = openSync(dir, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
  return db;
}

function prepare(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 1000 });
  try {
    // One process at a time, so no shared memory file: locks end with the process, also after kill -9.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    db.exec('PRAGMA journal_size_limit = 1048576; PRAGMA cache_size = -1024; BEGIN IMMEDIATE; COMMIT;');
    const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version > VERSION) {
      const what = `was written by a newer Kerbside (version ${version}, this one knows ${VERSION})`;
      throw new KerbError('CASES_DB_NEWER', what, file, 'run the newer Kerbside');
    }
    if (version === 0) db.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (found !== 'ok') throw new BrokenDatabase(String(found));
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
