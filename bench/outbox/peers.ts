// bench/outbox: what one could keep records in instead, set up as one would to lose nothing (SQLite: WAL and FULL; lmdb:
// flushed commits) or as it comes (mqtt.js's level store, which does not sync).
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { COMMIT_MS, TEXTS } from './common.ts';

const require = createRequire(import.meta.url);

/** A table of records as the outbox keeps them: number, both times, text. */
export function openSqlite(dir: string): { db: DatabaseSync; insert: (seq: number, text: string) => void } {
  const db = new DatabaseSync(join(dir, 'queue.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec('CREATE TABLE IF NOT EXISTS queue (seq INTEGER PRIMARY KEY, at REAL, mono REAL, text TEXT)');
  const statement = db.prepare('INSERT INTO queue (seq, at, mono, text) VALUES (?, ?, ?, ?)');
  return { db, insert: (seq, text) => statement.run(seq, Date.now(), performance.now(), text) };
}

/** Fills a table, a transaction every COMMIT_MS. */
export function fillSqlite(dir: string, count: number): void {
  const { db, insert } = openSqlite(dir);
  let due = performance.now() + COMMIT_MS;
  db.exec('BEGIN');
  for (let seq = 1; seq <= count; seq++) {
    insert(seq, TEXTS[seq % TEXTS.length]!);
    if (seq % 16 === 0 && performance.now() >= due) {
      db.exec('COMMIT');
      due = performance.now() + COMMIT_MS;
      db.exec('BEGIN');
    }
  }
  db.exec('COMMIT');
  db.close();
}

interface Lmdb {
  put(key: number, value: object): Promise<boolean>;
  getKeys(range: { reverse: boolean; limit: number }): Iterable<number>;
  readonly flushed: Promise<unknown>;
  close(): Promise<void>;
}

export function openLmdb(dir: string): Lmdb {
  const { open } = require('lmdb') as { open: (options: object) => Lmdb };
  return open({ path: join(dir, 'lmdb'), keyEncoding: 'uint32' });
}

/** Fills an lmdb; it gathers writes itself and tells when they are flushed. */
export async function fillLmdb(dir: string, count: number): Promise<void> {
  const db = openLmdb(dir);
  let due = performance.now() + COMMIT_MS;
  let flushed: Promise<unknown> = Promise.resolve();
  for (let seq = 1; seq <= count; seq++) {
    void db.put(seq, { at: Date.now(), mono: performance.now(), text: TEXTS[seq % TEXTS.length]! });
    if (seq % 16 === 0 && performance.now() >= due) {
      await flushed;
      flushed = db.flushed;
      due = performance.now() + COMMIT_MS;
    }
  }
  await db.flushed;
  await db.close();
}

interface LevelStore {
  outgoing: { put(packet: object, done: (error: Error | null) => void): void };
  close(done: (error?: Error) => void): void;
}

/** Puts as mqtt.js does for QoS 1, so many at a time. At most 65,535: there are no more message ids. */
export async function fillLevelStore(dir: string, count: number, atATime = 200): Promise<void> {
  const open = require('mqtt-level-store') as (path: string) => LevelStore;
  const store = open(join(dir, 'level'));
  const put = (messageId: number) =>
    new Promise<void>((resolve, reject) => {
      const packet = {
        cmd: 'publish',
        topic: 'kerb/queue',
        payload: TEXTS[messageId % TEXTS.length],
        qos: 1,
        messageId,
      };
      store.outgoing.put(packet, (error) => (error ? reject(error) : resolve()));
    });
  for (let from = 1; from <= count; from += atATime) {
    await Promise.all(Array.from({ length: Math.min(atATime, count - from + 1) }, (_, index) => put(from + index)));
  }
  await new Promise<void>((resolve, reject) => store.close((error) => (error ? reject(error) : resolve())));
}
