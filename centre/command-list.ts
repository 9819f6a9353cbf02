// centre: commands as they are listed: what waits, and how each ended. In: rows. Out: rows as the page and scripts read
// them, the box's answer taken apart.
import type { Reply, ReplyState } from '../contract/index.ts';
import type { Queryable } from './db.ts';

/** waiting: to be sent, or to be answered. unanswered: given up; nobody knows whether it ran. */
export type CommandState = 'waiting' | 'unanswered' | ReplyState;

/** A command as it is listed. */
export interface ListedCommand {
  id: string;
  device: string;
  name: string;
  /** epoch ms, as all times here */
  at: number;
  expires: number | null;
  state: CommandState;
  /** times it was sent, and when last */
  sends: number;
  sent: number | null;
  ended: number | null;
  /** who ended it; null while it waits */
  by: 'box' | 'centre' | null;
  reason?: string;
  result?: Reply['result'];
  /** of the box: when it ended there, and how good its clock was */
  clock?: Reply['clock'];
}

export interface CommandFilter {
  id?: string;
  device?: string;
  /** which half; both where not given */
  waiting?: boolean;
  /** those of a smaller nr alone */
  before?: number;
  limit?: number;
}

type Row = Omit<ListedCommand, 'by'> & { nr: number; reason: string | null; reply: string | null };

/** Commands, newest first. */
export async function readCommands(db: Queryable, filter: CommandFilter): Promise<(ListedCommand & { nr: number })[]> {
  const { id = null, device = null, waiting = null, before = null, limit = 100 } = filter;
  const rows = await db.query<Row>(
    `select nr::float8 as nr, id, device, name, at, expires, state, sends::float8 as sends, sent, ended, reason, reply
     from commands where ($1::text is null or id = $1) and ($2::text is null or device = $2)
       and ($3::bool is null or (state = 'waiting') = $3) and ($4::float8 is null or nr < $4)
     order by nr desc limit $5`,
    [id, device, waiting, before, limit],
  );
  return rows.map(listed);
}

function listed({ reason, reply, ...row }: Row): ListedCommand & { nr: number } {
  if (reply === null) {
    const by = row.state === 'waiting' ? null : ('centre' as const);
    return { ...row, by, ...(reason === null ? {} : { reason }) };
  }
  const { clock, reason: why, result } = JSON.parse(reply) as Reply;
  return {
    ...row,
    by: 'box',
    clock,
    ...(why === undefined ? {} : { reason: why }),
    ...(result === undefined ? {} : { result }),
  };
}
