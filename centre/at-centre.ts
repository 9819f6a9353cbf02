// centre: one thing done at the centre, through the process that has the database open, or by opening it for a moment.
// May never happen: two openers of one folder; an error of the question asked again and again.
import { KerbError, oneLine } from '../contract/index.ts';
import type { Db, Target } from './db.ts';
import type { LockNote } from './folder-lock.ts';
import { openOrAsk } from './open.ts';

/** A centre that starts or has just been killed: it is over soon, ms. */
export const WITHIN = 30_000;
const TRIES = 3;

/** Opens the database for one moment, or asks the process that has it open. */
export async function atCentre<T, A>(
  target: Target,
  open: (db: Db) => Promise<T>,
  asking: (note: LockNote) => Promise<A>,
): Promise<T | A> {
  for (let tries = 1; ; tries++) {
    const found = await openOrAsk(target, WITHIN);
    if ('db' in found) {
      try {
        return await open(found.db);
      } finally {
        await found.db.close();
        found.lock?.release();
      }
    }
    try {
      return await asking(found.note);
    } catch (error) {
      if (error instanceof KerbError) throw error;
      // It ended between its note and our question.
      if (tries >= TRIES)
        throw new KerbError('CENTRE_ANSWER', oneLine(error), `process ${found.note.pid}`, 'try again');
    }
  }
}

/** Asks a running centre, with its token. @throws KerbError what it says of the question; Error */
export async function ask<T>(note: LockNote, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${note.port}${path}`, {
    headers: { authorization: `Bearer ${note.token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
  });
  if (response.status === 422) {
    const { error } = (await response.json()) as {
      error: { code: string; what: string; where: string; remedy: string };
    };
    throw new KerbError(error.code, error.what, error.where, error.remedy);
  }
  if (!response.ok) throw new Error(`the centre answers ${response.status}`);
  return (await response.json()) as T;
}
