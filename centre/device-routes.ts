// centre: devices and their updates over HTTP. Reading is open on this machine; trusting another key needs the token.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { firstIssue, ID_PATTERN, KerbError } from '../contract/index.ts';
import { faultOf } from './command-routes.ts';
import type { Db } from './db.ts';
import { listDevices, MOST_DEVICES } from './devices.ts';
import type { RepositoryState } from './repository-watch.ts';
import { KEY_PATTERN, trustKey } from './trust.ts';
import type { Fail } from './vehicle-routes.ts';

export interface DeviceRoutes {
  db: Db;
  now: () => number;
  /** what is known of the repository; null: none is watched */
  repository: () => RepositoryState | null;
  /** whether the request carries the token */
  allowed: (request: FastifyRequest) => boolean;
  fail: Fail;
}

const trustSchema = z.object({ device: z.string().regex(ID_PATTERN), key: z.string().regex(KEY_PATTERN) });

export function deviceRoutes(app: FastifyInstance, { db, now, repository, allowed, fail }: DeviceRoutes): void {
  app.get<{ Querystring: { after?: string; limit?: string } }>('/api/devices', async (request, reply) => {
    const { after = '', limit = String(MOST_DEVICES) } = request.query;
    if (after !== '' && !ID_PATTERN.test(after)) return fail(reply, 400, 'AFTER', 'after is the id of a device');
    const count = Number(limit);
    if (!Number.isInteger(count) || count < 1 || count > MOST_DEVICES) {
      return fail(reply, 400, 'LIMIT', `limit is 1 to ${MOST_DEVICES}`);
    }
    return listDevices(db, repository()?.offer?.newest ?? [], after, count);
  });
  app.post('/internal/trust', async (request, reply) => {
    if (!allowed(request)) return fail(reply, 401, 'TOKEN', 'no access');
    const asked = trustSchema.safeParse(request.body);
    if (!asked.success) return fail(reply, 400, 'REQUEST', firstIssue(asked.error));
    try {
      return await trustKey(db, asked.data.device, asked.data.key, now());
    } catch (error) {
      if (error instanceof KerbError) return reply.status(422).send({ error: faultOf(error) });
      throw error;
    }
  });
}
