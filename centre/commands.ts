// centre: commands to boxes, kept until they are answered. In: requests, replies. Out: what is to be sent, what waits,
// how each ended. May never happen: a command ends twice, or ends here by guess: only the box says how a command that
// was sent has ended; the centre ends alone what it has never sent.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  type Command,
  commandSchema,
  derivedId,
  firstIssue,
  ID_PATTERN,
  KerbError,
  MAX_COMMAND_BYTES,
  paramsSchemas,
} from '../contract/index.ts';
import { type ListedCommand, readCommands } from './command-list.ts';
import type { Db, Queryable } from './db.ts';
import type { Decoded, Reject } from './decode.ts';

/** Commands of one device that may wait at a time. */
const MAX_WAITING = 100;
/** A command that was sent and not answered is given up so long after its last sending. An answer counts even then. */
const GIVE_UP_MS = 30 * 86_400_000;

/** What may be asked of the centre: a command without what the centre itself puts in. */
export const requestSchema = commandSchema
  .pick({ device: true, name: true, deadline_s: true, guard: true, replaces: true, params: true })
  .extend({
    /** named by who asks, so that asking twice is asking once */
    id: z.string().regex(ID_PATTERN),
    /** seconds from now */
    expires_s: z
      .number()
      .min(1)
      .max(366 * 86_400)
      .optional(),
  })
  .strict();
export type CommandRequest = z.input<typeof requestSchema>;

/** A new name for a command. */
export function newCommandId(now: number): string {
  return derivedId(now, 'command', randomUUID());
}

/**
 * Keeps a command to be sent; the same id again changes nothing.
 * @throws KerbError COMMAND_REQUEST, COMMAND_DEVICE, COMMAND_ID, COMMAND_FULL
 */
export async function issueCommand(db: Db, input: unknown, now: number): Promise<ListedCommand> {
  const request = readRequest(input);
  const { id, device } = request;
  return db.transaction(async (tx) => {
    // The row is locked: the commands of one device are numbered one after the other.
    const [known] = await tx.query('select 1 from devices where device = $1 for update', [device]);
    if (!known)
      throw new KerbError(
        'COMMAND_DEVICE',
        'no such box was ever heard',
        `device ${device}`,
        'see its name on the page',
      );
    const [before] = await readCommands(tx, { id });
    if (before && before.device === device) return before;
    if (before) throw new KerbError('COMMAND_ID', 'is the id of a command to another box', id, 'choose another id');
    const [{ waiting, last } = { waiting: 0, last: 0 }] = await tx.query<{ waiting: number; last: number }>(
      `select count(*) filter (where state = 'waiting')::float8 as waiting, coalesce(max(ord), 0)::float8 as last
       from commands where device = $1`,
      [device],
    );
    if (waiting >= MAX_WAITING) {
      const what = `${waiting} commands wait for this box`;
      throw new KerbError('COMMAND_FULL', what, `device ${device}`, 'wait until it has answered some');
    }
    const command = commandOf(request, now, Math.max(last + 1, Math.floor(now)));
    await tx.query(
      `insert into commands (id, device, name, key, ord, at, expires, text) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        id,
        device,
        command.name,
        command.replaces ?? null,
        command.order,
        now,
        command.expires ?? null,
        JSON.stringify(command),
      ],
    );
    // Of those that were sent only the box knows whether they had begun.
    await tx.query(
      `update commands set state = 'replaced', ended = $4, reason = $5
       where device = $1 and key = $2 and ord < $3 and state = 'waiting' and sends = 0`,
      [device, command.replaces ?? null, command.order, now, `never sent: replaced by ${id}`],
    );
    return (await readCommands(tx, { id }))[0]!;
  });
}

function readRequest(input: unknown) {
  const read = requestSchema.safeParse(input);
  if (!read.success) throw new KerbError('COMMAND_REQUEST', firstIssue(read.error), 'command', 'correct it');
  const { name, params } = read.data;
  const known = Object.hasOwn(paramsSchemas, name) ? paramsSchemas[name as keyof typeof paramsSchemas] : null;
  const fault = known?.safeParse(params).error;
  if (fault) throw new KerbError('COMMAND_REQUEST', firstIssue(fault), `command ${name}`, 'correct its parameters');
  return read.data;
}

function commandOf({ expires_s, ...request }: z.output<typeof requestSchema>, now: number, order: number): Command {
  const expires = expires_s === undefined ? {} : { expires: now + expires_s * 1000 };
  const command = { v: 1 as const, kind: 'command' as const, ...request, at: now, order, ...expires };
  const size = Buffer.byteLength(JSON.stringify(command));
  if (size <= MAX_COMMAND_BYTES) return command;
  throw new KerbError('COMMAND_REQUEST', `${size} bytes`, 'command', `keep it within ${MAX_COMMAND_BYTES}`);
}

/** Takes the replies of a batch; the same again is no fault. Gives those that were new, and what was refused. */
export async function storeReplies(
  tx: Queryable,
  batch: readonly Decoded[],
  now: number,
): Promise<{ replies: number; rejects: Reject[] }> {
  const replies = batch.flatMap(({ reply }) => (reply ? [reply] : [])).sort((a, b) => (a.id < b.id ? -1 : 1));
  const rejects: Reject[] = [];
  let fresh = 0;
  for (const { device, id, state, text } of replies) {
    const taken = await tx.query(
      `update commands set state = $3, reply = $4, ended = $5, reason = null
       where device = $1 and id = $2 and state in ('waiting', 'unanswered') returning id`,
      [device, id, state, text, now],
    );
    if (taken.length > 0) {
      fresh++;
      continue;
    }
    const [row] = await tx.query<{ state: string }>('select state from commands where device = $1 and id = $2', [
      device,
      id,
    ]);
    if (row?.state === state) continue;
    const why = row ? `reply: ${id} had ended as ${row.state}` : `reply: ${id} is no command to this box`;
    rejects.push({ device, kind: 'reply', why });
  }
  return { replies: fresh, rejects };
}

/** Ends what the centre may end alone: what expired without ever being sent, and what nobody answered for a month. */
export async function endOverdue(db: Queryable, now: number): Promise<void> {
  await db.query(
    `update commands set state = 'expired', ended = $1, reason = 'never sent: the box was away until it had expired'
     where state = 'waiting' and sends = 0 and expires <= $1`,
    [now],
  );
  await db.query(
    `update commands set state = 'unanswered', ended = $1, reason = 'sent, and never answered'
     where state = 'waiting' and sent < $2 and coalesce(expires, at) < $2`,
    [now, now - GIVE_UP_MS],
  );
}

/** Without an answer a command is sent again after the first span; it doubles up to the second. ms */
const AGAIN = 15_000;
const AGAIN_MAX = 300_000;

/** These boxes have come: whatever waits for them is due. */
export async function dueAtBirth(tx: Queryable, devices: readonly string[]): Promise<void> {
  if (devices.length === 0) return;
  await tx.query(`update commands set due = 0 where device = any($1::text[]) and state = 'waiting'`, [devices]);
}

/**
 * Commands to send now to boxes that are there, those sent least first, at most `limit`; they are noted as sent before
 * they are: from then on only the box says how they end. In order of issue, but a command whose place a newer one takes
 * goes last: so the box knows the newer one before it could begin the older. A clock that goes back holds up none.
 */
export async function takeDue(
  db: Queryable,
  now: number,
  limit: number,
): Promise<{ device: string; city: string; text: string }[]> {
  const rows = await db.query<{ device: string; city: string; text: string; key: string | null; ord: number }>(
    `with chosen as (
       select c.id from commands c join devices d on d.device = c.device
       where c.state = 'waiting' and d.online and (c.due <= $1::float8 or c.due > $1::float8 + ${AGAIN_MAX})
       order by c.sends, c.nr limit $2)
     update commands c set sends = c.sends + 1, sent = $1::float8,
       due = $1::float8 + least(${AGAIN_MAX}, ${AGAIN} * power(2, least(c.sends, 10)))
     from chosen, devices d where c.id = chosen.id and d.device = c.device and c.state = 'waiting'
     returning c.device, d.city, c.text, c.key, c.ord::float8 as ord`,
    [now, limit],
  );
  const newest = new Map<string, number>();
  const place = ({ device, key }: { device: string; key: string | null }) => `${device}/${key}`;
  for (const row of rows) newest.set(place(row), Math.max(row.ord, newest.get(place(row)) ?? 0));
  const outdated = (row: (typeof rows)[number]) => Number(row.key !== null && row.ord < newest.get(place(row))!);
  return rows.sort((a, b) => outdated(a) - outdated(b) || a.ord - b.ord);
}

/** Whether any command waits: asked every second, so it has an index of its own. */
export async function anyWaiting(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ any: boolean }>(
    `select exists (select 1 from commands where state = 'waiting') as any`,
  );
  return row?.any === true;
}
