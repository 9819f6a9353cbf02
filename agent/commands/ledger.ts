// agent/commands: how commands ended, on disk. In: the end of a command. Out: the same answer whenever it is asked for.
// What a method has returned from is on disk (synchronous FULL): an answer that was sent is never forgotten by a loss of
// power. Bounded: the last MAX_ENDED ends, a few drafts. A broken file is moved aside with a named fault and begun anew.
import { join } from 'node:path';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { KerbError } from '../../contract/index.ts';
import { databaseFault, isBroken, type Kind, openDurable } from '../database/durable.ts';
import type { Draft } from './types.ts';

/** Ends that are kept; the centre stops sending a command once it has its answer. */
export const MAX_ENDED = 1000;
const MAX_DRAFTS = 4;
/** Largest draft: a picture. */
const MAX_DRAFT_BYTES = 16 * 1024 * 1024;
const VERSION = 1;

const SCHEMA = `
  CREATE TABLE ended (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    key TEXT, ord INTEGER NOT NULL,      -- what it replaces, and its order among those
    reply TEXT NOT NULL                  -- the answer, byte for byte
  ) STRICT;
  CREATE INDEX ended_key ON ended (key, ord) WHERE key IS NOT NULL;
  CREATE TABLE drafts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE, text TEXT NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  PRAGMA user_version = ${VERSION};
`;

const KIND: Kind = {
  prefix: 'COMMANDS_DB',
  version: VERSION,
  schema: SCHEMA,
  cacheKb: 512,
  lost: 'commands that had ended may run once more if the centre still asks',
};

export interface EndedCommand {
  readonly id: string;
  readonly key: string | null;
  readonly order: number;
  readonly reply: string;
}

export class Ledger {
  readonly #file: string;
  readonly #onFault: (fault: KerbError) => void;
  #db: DatabaseSync;

  /** @throws KerbError COMMANDS_DB_NEWER, COMMANDS_DB_BUSY, COMMANDS_DB_FAILED */
  constructor(dir: string, onFault: (fault: KerbError) => void) {
    this.#file = join(dir, 'commands.db');
    this.#onFault = onFault;
    this.#db = this.#open();
  }

  /** The answer of a command that has ended, or null. */
  reply(id: string): string | null {
    const row = this.#guard((db) => db.prepare('SELECT reply FROM ended WHERE id = ?').get(id));
    return row ? String(row['reply']) : null;
  }

  /** Whether a newer command of this key has ended. */
  outdated(key: string, order: number): boolean {
    const sql = 'SELECT 1 FROM ended WHERE key = ? AND ord > ? LIMIT 1';
    return this.#guard((db) => db.prepare(sql).get(key, order)) !== undefined;
  }

  /** A command has ended, for good: a second end of it changes nothing. */
  end({ id, key, order, reply }: EndedCommand): void {
    this.#transaction((db) => {
      const insert = 'INSERT INTO ended (id, key, ord, reply) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
      db.prepare(insert).run(id, key, order, reply);
      db.prepare('DELETE FROM ended WHERE number <= (SELECT max(number) FROM ended) - ?').run(MAX_ENDED);
      db.prepare('DELETE FROM drafts WHERE id = ?').run(id);
    });
  }

  draft(id: string): Draft | null {
    const row = this.#guard((db) => db.prepare('SELECT text, bytes FROM drafts WHERE id = ?').get(id));
    return row ? { text: String(row['text']), bytes: row['bytes'] as Uint8Array } : null;
  }

  keep(id: string, { text, bytes }: Draft): void {
    if (bytes.length > MAX_DRAFT_BYTES) throw this.#told(new Error(`a draft of ${bytes.length} bytes`));
    this.#transaction((db) => {
      const values: SQLInputValue[] = [id, text, bytes];
      db.prepare('INSERT OR REPLACE INTO drafts (id, text, bytes) VALUES (?, ?, ?)').run(...values);
      db.prepare('DELETE FROM drafts WHERE number <= (SELECT max(number) FROM drafts) - ?').run(MAX_DRAFTS);
    });
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #open(): DatabaseSync {
    return openDurable(this.#file, KIND, this.#onFault);
  }

  #transaction(body: (db: DatabaseSync) => void): void {
    this.#guard((db) => {
      db.exec('BEGIN IMMEDIATE');
      try {
        body(db);
        db.exec('COMMIT');
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** A file that breaks while in use is begun anew too; the call at hand fails and may be made again. */
  #guard<T>(body: (db: DatabaseSync) => T): T {
    try {
      return body(this.#db);
    } catch (error) {
      if (isBroken(error)) {
        this.close();
        this.#db = this.#open();
      }
      throw this.#told(error);
    }
  }

  #told(error: unknown): KerbError {
    return databaseFault(error, this.#file, KIND);
  }
}
