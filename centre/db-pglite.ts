// centre: Postgres as WebAssembly in this process, its files in a folder. The folder's lock is held by the caller:
// two openers lose data without a word.
import { mkdir } from 'node:fs/promises';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { KerbError, oneLine } from '../contract/index.ts';
import type { Db, Queryable } from './db.ts';

/** Opens or makes the database in `path`. @throws KerbError DB_OPEN */
export async function openPglite(path: string): Promise<Db> {
  let db: PGlite;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    db = await PGlite.create(path);
  } catch (error) {
    const remedy = 'check that the folder is whole and may be written, or move it away to begin anew';
    throw new KerbError('DB_OPEN', `the database does not open: ${oneLine(error)}`, path, remedy);
  }
  const face = (on: PGlite | Transaction): Queryable => ({
    query: async <T>(sql: string, params: unknown[] = []) => (await on.query<T>(sql, params)).rows,
  });
  return {
    name: path,
    ...face(db),
    transaction: (body) => db.transaction((tx) => body(face(tx))),
    exec: async (sql) => void (await db.exec(sql)),
    close: () => db.close(),
  };
}
