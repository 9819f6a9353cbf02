// centre: commands over HTTP. Reading is open on this machine as all of /api; giving one needs the token of /internal,
// which is readable by this user alone.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ID_PATTERN, KerbError } from '../contract/index.ts';
import { type ListedCommand, readCommands } from './command-list.ts';
import { issueCommand } from './commands.ts';
import type { Db } from './db.ts';

export interface CommandRoutes {
  db: Db;
  now: () => number;
  /** whether the request carries the token */
  allowed: (request: FastifyRequest) => boolean;
  fail: (reply: FastifyReply, status: number, code: string, what: string) => unknown;
  /** a command was given */
  onIssued: () => void;
}

interface Query {
  device?: string;
  state?: string;
  before?: string;
  limit?: string;
}

export function commandRoutes(app: FastifyInstance, { db, now, allowed, fail, onIssued }: CommandRoutes): void {
  app.get<{ Querystring: Query }>('/api/commands', async (request, reply) => {
    const { device, state, before, limit = '50' } = request.query;
    if (device !== undefined && !ID_PATTERN.test(device)) return fail(reply, 400, 'DEVICE', 'no such id');
    if (state !== undefined && state !== 'waiting' && state !== 'ended') {
      return fail(reply, 400, 'STATE', 'waiting or ended');
    }
    const [from, count] = [before === undefined ? null : Number(before), Number(limit)];
    if (from !== null && !Number.isSafeInteger(from))
      return fail(reply, 400, 'BEFORE', 'before is the nr of a command');
    if (!Number.isInteger(count) || count < 1 || count > 500) return fail(reply, 400, 'LIMIT', 'limit is 1 to 500');
    return readCommands(db, {
      limit: count,
      ...(device === undefined ? {} : { device }),
      ...(state === undefined ? {} : { waiting: state === 'waiting' }),
      ...(from === null ? {} : { before: from }),
    });
  });
  app.post('/internal/commands', async (request, reply) => {
    if (!allowed(request)) return fail(reply, 401, 'TOKEN', 'no access');
    let issued: ListedCommand;
    try {
      issued = await issueCommand(db, request.body, now());
    } catch (error) {
      if (error instanceof KerbError) return reply.status(422).send({ error: faultOf(error) });
      throw error;
    }
    onIssued();
    return issued;
  });
  app.get<{ Params: { id: string } }>('/internal/commands/:id', async (request, reply) => {
    if (!allowed(request)) return fail(reply, 401, 'TOKEN', 'no access');
    const [found] = await readCommands(db, { id: request.params.id });
    return found ?? fail(reply, 404, 'NOT_FOUND', 'there is no such command');
  });
}

/** An error as it crosses to the command line, which tells it as its own. */
export function faultOf({ code, message, where, remedy }: KerbError) {
  const what = message.slice(where.length + 2, message.length - remedy.length - 2);
  return { code, what, where, remedy };
}
