// agent/cases: the file cases.db: what it holds, and how its faults are told.
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { KerbError } from '../../contract/index.ts';
import { databaseFault, type Kind, openDurable } from '../database/durable.ts';

export { isBroken } from '../database/durable.ts';

const VERSION = 1;

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

const KIND: Kind = {
  prefix: 'CASES_DB',
  version: VERSION,
  schema: SCHEMA,
  cacheKb: 1024,
  lost: 'open cases of before are forgotten',
};

/**
 * Opens `dir`/cases.db, making it where there is none. null: a database in memory that ends with the process.
 * @param onFault told CASES_DB_BROKEN when a broken file was moved aside
 * @throws KerbError CASES_DB_NEWER, CASES_DB_BUSY, CASES_DB_FAILED
 */
export function openDatabase(dir: string | null, onFault: (fault: KerbError) => void): DatabaseSync {
  return openDurable(dir === null ? null : join(dir, 'cases.db'), KIND, onFault);
}

/** Any error of the database as the house tells it. */
export function storeFault(error: unknown, where: string): KerbError {
  return databaseFault(error, where, KIND);
}
