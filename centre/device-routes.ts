// centre: devices and their updates over HTTP.
import type { FastifyInstance } from 'fastify';
import { ID_PATTERN } from '../contract/index.ts';
import type { Db } from './db.ts';
import { listDevices, MOST_DEVICES } from './devices.ts';
import type { RepositoryState } from './repository-watch.ts';
import type { Fail } from './vehicle-routes.ts';

/** @param repository what is known of the repository; null: none is watched */
export function deviceRoutes(app: FastifyInstance, db: Db, repository: () => RepositoryState | null, fail: Fail): void {
  app.get<{ Querystring: { after?: string; limit?: string } }>('/api/devices', async (request, reply) => {
    const { after = '', limit = String(MOST_DEVICES) } = request.query;
    if (after !== '' && !ID_PATTERN.test(after)) return fail(reply, 400, 'AFTER', 'after is the id of a device');
    const count = Number(limit);
    if (!Number.isInteger(count) || count < 1 || count > MOST_DEVICES) {
      return fail(reply, 400, 'LIMIT', `limit is 1 to ${MOST_DEVICES}`);
    }
    return listDevices(db, repository()?.offer?.newest ?? [], after, count);
  });
}
