// centre: `centre command`: gives a command through the process that has the database open, or by opening it, and waits
// for its end. Out: lines on a stream: {id}, later how it ended. The command's id is made here, so that asking again
// after an answer that was lost is no second command.
import type { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { KerbError } from '../contract/index.ts';
import { ask, atCentre, WITHIN } from './at-centre.ts';
import { type ListedCommand, readCommands } from './command-list.ts';
import { type CommandRequest, endOverdue, issueCommand, newCommandId } from './commands.ts';
import type { Db, Target } from './db.ts';
import { readNote } from './folder-lock.ts';
import { hasDatabase, openOrAsk } from './open.ts';

export { newCommandId };

const POLL = 250;
/** What has expired is still answered by its box ("came too late"): so long that is waited for. */
const GRACE = 5000;

/**
 * Gives a command and prints its id; waits, unless told not to, until it has ended or expired, and prints how.
 * @returns the exit status: 0 where it is done (or was given and nobody waits), else 1
 * @throws KerbError DB_NONE, DB_LOCKED, DB_OPEN, CENTRE_ANSWER, COMMAND_*
 */
export async function giveCommand(
  out: Writable,
  target: Target,
  request: CommandRequest,
  { await: waits, stop }: { await: boolean; stop: AbortSignal },
): Promise<number> {
  if (target.kind === 'folder' && !hasDatabase(target.path)) {
    throw new KerbError('DB_NONE', 'there is no database', target.path, 'name the folder of a centre that has run');
  }
  const { id } = request;
  await atCentre(
    target,
    (db) => issueCommand(db, request, Date.now()),
    (note) => ask<ListedCommand>(note, '/internal/commands', request),
  );
  out.write(`${JSON.stringify({ id })}\n`);
  if (!waits) return 0;
  const until = request.expires_s === undefined ? Infinity : performance.now() + request.expires_s * 1000 + GRACE;
  const ended = await untilEnded(target, id, until, stop);
  if (!ended) return 1;
  out.write(`${JSON.stringify(lineOf(ended))}\n`);
  return ended.state === 'done' ? 0 : 1;
}

/** The command as it is at the end of the waiting; null where nobody could be asked before that was broken off. */
async function untilEnded(target: Target, id: string, until: number, stop: AbortSignal): Promise<ListedCommand | null> {
  const read = async (db: Db): Promise<ListedCommand | null> => (await readCommands(db, { id }))[0] ?? null;
  if (target.kind === 'server') {
    const found = await openOrAsk(target, WITHIN);
    if (!('db' in found)) throw new KerbError('DB_OPEN', 'cannot be opened', 'database', 'try again');
    try {
      return await polled(() => read(found.db), until, stop);
    } finally {
      await found.db.close();
    }
  }
  // Only a running centre learns anything; until one runs there is nothing to ask, and the folder is left to it.
  const asked = await polled(
    async () => {
      const note = readNote(target.path);
      if (!note || note.port === null) return null;
      return ask<ListedCommand>(note, `/internal/commands/${encodeURIComponent(id)}`).catch(() => null);
    },
    until,
    stop,
  );
  if (asked || stop.aborted) return asked;
  const last = async (db: Db) => {
    await endOverdue(db, Date.now());
    return read(db);
  };
  return atCentre(target, last, (note) => ask<ListedCommand>(note, `/internal/commands/${encodeURIComponent(id)}`));
}

/** Asks again and again until the command has ended, the time is over, or the signal fires; gives the last answer. */
async function polled(
  read: () => Promise<ListedCommand | null>,
  until: number,
  stop: AbortSignal,
): Promise<ListedCommand | null> {
  for (;;) {
    const found = await read();
    if ((found && found.state !== 'waiting') || stop.aborted || performance.now() > until) return found;
    await wait(POLL, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** How it ended, as a line; of one that still waits, why nothing is known. */
function lineOf({ id, state, by, ended, clock, reason, result }: ListedCommand) {
  const at = ended === null ? {} : { at: ended };
  const why = state === 'waiting' ? 'no answer yet; it is listed at the centre' : reason;
  return {
    id,
    state,
    ...at,
    ...(by === null ? {} : { by }),
    ...(clock === undefined ? {} : { clock }),
    ...(why === undefined ? {} : { reason: why }),
    ...(result === undefined ? {} : { result }),
  };
}
