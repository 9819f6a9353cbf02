// centre: `centre records|cases`: asks the process that has the folder open, else opens it. Out: lines on a stream.
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { KerbError, oneLine } from '../contract/index.ts';
import type { Target } from './db.ts';
import type { LockNote } from './folder-lock.ts';
import { hasDatabase, openOrAsk } from './open.ts';
import { type RecordFilter, recordLines } from './records.ts';

/** Another `records`, or a centre that starts or has just been killed: it is over soon. */
const WITHIN = 30_000;
const TRIES = 3;

/** @throws KerbError DB_NONE, DB_LOCKED, DB_OPEN, CENTRE_ANSWER */
export async function listTo(out: Writable, target: Target, filter: RecordFilter): Promise<void> {
  if (target.kind === 'folder' && !hasDatabase(target.path)) {
    throw new KerbError('DB_NONE', 'there is no database', target.path, 'name the folder of a centre that has run');
  }
  for (let tries = 1; ; tries++) {
    const found = await openOrAsk(target, WITHIN);
    if ('db' in found) {
      try {
        for await (const lines of recordLines(found.db, filter)) await write(out, lines);
      } finally {
        await found.db.close();
        found.lock?.release();
      }
      return;
    }
    const response = await ask(found.note, filter).catch((error: unknown) => {
      // It ended between its note and our question.
      if (tries < TRIES) return null;
      throw new KerbError('CENTRE_ANSWER', oneLine(error), `process ${found.note.pid}`, 'try again');
    });
    if (!response) continue;
    await pass(response, out);
    return;
  }
}

async function ask(note: LockNote, { what, device, lane }: RecordFilter): Promise<Response> {
  const url = new URL(`http://127.0.0.1:${note.port}/internal/records`);
  url.searchParams.set('what', what);
  if (device !== undefined) url.searchParams.set('device', device);
  if (lane !== undefined) url.searchParams.set('lane', lane);
  const response = await fetch(url, { headers: { authorization: `Bearer ${note.token}` } });
  if (!response.ok) throw new Error(`the centre answers ${response.status}`);
  return response;
}

async function pass(response: Response, out: Writable): Promise<void> {
  try {
    for await (const bytes of response.body ?? []) await write(out, bytes);
  } catch (error) {
    throw new KerbError('CENTRE_ANSWER', `the answer broke off: ${oneLine(error)}`, 'the running centre', 'try again');
  }
}

async function write(out: Writable, data: string | Uint8Array): Promise<void> {
  if (!out.write(data)) await once(out, 'drain');
}
