// centre: a target -> an open database of this version, and the lock where it is a folder.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KerbError } from '../contract/index.ts';
import { type Db, parseTarget, type Target } from './db.ts';
import { openPglite } from './db-pglite.ts';
import { openServer } from './db-server.ts';
import { FolderLock, type LockNote } from './folder-lock.ts';
import { migrate } from './migrations.ts';

export { parseTarget };

export interface Opened {
  db: Db;
  /** null for a server */
  lock: FolderLock | null;
}

/** Opens for good. @throws KerbError DB_LOCKED, DB_OPEN, DB_VERSION */
export async function openDatabase(target: Target, within: number): Promise<Opened> {
  const found = await openOrAsk(target, within);
  if ('db' in found) return found;
  throw locked(target, found.note);
}

/** Opens, or gives the note of the process to ask. Waits at most `within` ms for one that cannot be asked. */
export async function openOrAsk(target: Target, within: number): Promise<Opened | { note: LockNote }> {
  if (target.kind === 'server') return { db: await migrated(await openServer(target.url)), lock: null };
  const lock = await FolderLock.takeWithin(target.path, within);
  if (!(lock instanceof FolderLock)) {
    if (lock && lock.port !== null) return { note: lock };
    throw locked(target, lock);
  }
  lock.write({ pid: process.pid, started: Date.now(), port: null, token: '' });
  try {
    return { db: await migrated(await openPglite(dataFolder(target.path))), lock };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Whether there is a database in the folder. */
export function hasDatabase(folder: string): boolean {
  return existsSync(join(dataFolder(folder), 'PG_VERSION'));
}

/** Postgres wants a folder of its own. */
function dataFolder(path: string): string {
  return join(path, 'pg');
}

async function migrated(db: Db): Promise<Db> {
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

function locked(target: Target, note: LockNote | null): KerbError {
  const where = target.kind === 'folder' ? target.path : 'database';
  const who = note ? `process ${note.pid}` : 'another process';
  return new KerbError('DB_LOCKED', `${who} has this database open`, where, 'stop it, or choose another folder');
}
