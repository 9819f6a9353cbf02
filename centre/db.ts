// centre: one small face over Postgres, be it a server (`pg`) or a folder (PGlite, Postgres in this process).
import { KerbError } from '../contract/index.ts';

export type Row = Record<string, unknown>;

export interface Queryable {
  /** Runs one statement with $1, $2 ... */
  query<T = Row>(sql: string, params?: unknown[]): Promise<T[]>;
}

export interface Db extends Queryable {
  /** what it is, without a password: for logs */
  readonly name: string;
  /** All of `body` or nothing. */
  transaction<T>(body: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Several statements without parameters. */
  exec(sql: string): Promise<void>;
  close(): Promise<void>;
}

export type Target = { kind: 'server'; url: string } | { kind: 'folder'; path: string };

/** postgres://... is a server, all else a folder. @throws KerbError DB_URL for another scheme */
export function parseTarget(text: string): Target {
  if (/^postgres(ql)?:\/\//.test(text)) return { kind: 'server', url: text };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const shown = text.replace(/\/\/.*@/, '//').slice(0, 100);
    throw new KerbError('DB_URL', 'no such kind of database', shown, 'give postgres://... or a folder');
  }
  return { kind: 'folder', path: text };
}

/** A fault of the data (a value Postgres cannot hold), as opposed to one of the connection or the disk. */
export function isDataFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^2[23][0-9A-Z]{3}$/.test(code);
}
