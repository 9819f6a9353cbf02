// centre: a Postgres server. Connections are few and come back by themselves after the server was away.
import pg from 'pg';
import { KerbError, oneLine } from '../contract/index.ts';
import type { Db, Queryable } from './db.ts';

/** Opens connections to `url`. @throws KerbError DB_OPEN when the server is not reached at all */
export async function openServer(url: string, connections = 4): Promise<Db> {
  const pool = new pg.Pool({ connectionString: url, max: connections, connectionTimeoutMillis: 10_000 });
  // A connection that dies, idle or at work, says so by an event that would end the process if nobody listened. Its
  // query fails besides, and the next one takes another connection.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const name = url.replace(/\/\/[^@/]*@/, '//').replace(/\?.*$/, '');
  try {
    await pool.query('select 1');
  } catch (error) {
    await pool.end();
    throw new KerbError('DB_OPEN', `the server does not answer: ${oneLine(error)}`, name, 'check address and login');
  }
  const face = (on: pg.Pool | pg.PoolClient): Queryable => ({
    query: async <T>(sql: string, params: unknown[] = []) => (await on.query(sql, params)).rows as T[],
  });
  return {
    name,
    ...face(pool),
    exec: async (sql) => void (await pool.query(sql)),
    close: () => pool.end(),
    async transaction(body) {
      const client = await pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin');
        const result = await body(face(client));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch((fault: Error) => {
          broken = fault;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    },
  };
}
