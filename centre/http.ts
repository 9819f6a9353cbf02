// centre: the HTTP side: the page and its interface, health, metrics, and what `bin/centre`
// asks a running centre.
// Listens on 127.0.0.1 alone. May never happen: a request makes the process fail, or reads what its token does not open.
import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ID_PATTERN, isLane, KerbError, oneLine } from '../contract/index.ts';
import { commandRoutes } from './command-routes.ts';
import type { Db } from './db.ts';
import { deviceRoutes } from './device-routes.ts';
import type { Live } from './live.ts';
import type { Metrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { listCases, readCounts, readPicture, type StoredCase } from './queries.ts';
import { recordLines } from './records.ts';
import { repositoryRoutes } from './repository-files.ts';
import type { RepositoryState } from './repository-watch.ts';
import { vehicleRoutes } from './vehicle-routes.ts';

export interface HttpOptions {
  db: Db;
  metrics: Metrics;
  live: Live;
  /** opens /internal */
  token: string;
  /** 0: the system chooses */
  port: number;
  started: number;
  now: () => number;
  link: () => { online: boolean; broker: string; reason: string };
  /** a command was given */
  onCommand: () => void;
  /** what is known of the repository of updates; null: none is watched */
  updates: () => RepositoryState | null;
  /** folder of the repository that is served below /updates; null: none */
  repository: string | null;
}

export interface Http {
  readonly port: number;
  close(): Promise<void>;
}

const HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);
const SECURITY = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Starts listening. @throws KerbError PORT_TAKEN */
export async function startHttp(options: HttpOptions): Promise<Http> {
  const app = Fastify({ logger: false, bodyLimit: 64 * 1024, forceCloseConnections: true });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(SECURITY);
    // A page elsewhere whose name leads here must not read what is meant for this machine.
    if (!HOSTS.has(request.host.replace(/:\d+$/, ''))) return fail(reply, 403, 'HOST', 'not served under this name');
  });
  app.setErrorHandler((error, _, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    return fail(reply, status, status < 500 ? 'REQUEST' : 'FAILED', oneLine(error));
  });
  app.setNotFoundHandler((_, reply) => fail(reply, 404, 'NOT_FOUND', 'there is nothing here'));
  pageRoutes(app);
  apiRoutes(app, options);
  vehicleRoutes(app, options.db, fail);
  if (options.repository !== null) repositoryRoutes(app, options.repository, fail);
  const allowed = bearer(options.token);
  internalRoutes(app, options.db, allowed);
  const { db, now, onCommand, updates } = options;
  deviceRoutes(app, { db, now, repository: updates, allowed, fail });
  commandRoutes(app, { db, now, allowed, fail, onIssued: onCommand });
  try {
    await app.listen({ host: '127.0.0.1', port: options.port });
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    const what = taken ? 'the port is taken' : oneLine(error);
    throw new KerbError('PORT_TAKEN', what, `--port ${options.port}`, 'choose another, or 0 for a free one');
  }
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}

function fail(reply: FastifyReply, status: number, code: string, what: string) {
  return reply.status(status).send({ error: { code, what } });
}

function pageRoutes(app: FastifyInstance): void {
  const file = (name: string) => readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');
  const script = (name: string) => stripTypeScriptTypes(file(name)).replaceAll(/(from '\.\/\w+)\.ts'/g, "$1.js'");
  const files = [
    ['/', 'text/html; charset=utf-8', file('index.html')],
    ['/page.css', 'text/css; charset=utf-8', file('page.css')],
    ['/page.js', 'text/javascript; charset=utf-8', script('page.ts')],
    ['/alarms.js', 'text/javascript; charset=utf-8', script('alarms.ts')],
    ['/devices.js', 'text/javascript; charset=utf-8', script('devices.ts')],
    ['/reasons.js', 'text/javascript; charset=utf-8', script('reasons.ts')],
    ['/vehicles.js', 'text/javascript; charset=utf-8', script('vehicles.ts')],
    ['/commands.js', 'text/javascript; charset=utf-8', script('commands.ts')],
  ] as const;
  for (const [path, type, body] of files) app.get(path, (_, reply) => reply.type(type).send(body));
}

function apiRoutes(app: FastifyInstance, { db, metrics, live, started, now, link, updates }: HttpOptions): void {
  app.get('/api/events', (_, reply) => {
    if (live.full) return fail(reply, 503, 'PAGES', 'too many pages are open');
    reply.hijack();
    live.open(reply.raw, SECURITY);
  });
  app.get('/healthz', async (_, reply) => {
    const database = await db.query('select 1').then(
      () => true,
      () => false,
    );
    const { online } = link();
    return reply.status(database ? 200 : 503).send({ ok: database && online, database, broker: online });
  });
  app.get('/metrics', async (_, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
  app.get('/api/openapi.json', async () => openApi);
  app.get('/api/state', async () => ({
    now: now(),
    started,
    database: db.name,
    link: link(),
    updates: updates(),
    ...(await readCounts(db)),
  }));
  app.get<{ Querystring: { after?: string; limit?: string } }>('/api/cases', async (request, reply) => {
    const { after, limit = '50' } = request.query;
    const [from, count] = [after === undefined ? null : Number(after), Number(limit)];
    if (from !== null && !Number.isSafeInteger(from)) return fail(reply, 400, 'AFTER', 'after is the nr of a case');
    if (!Number.isInteger(count) || count < 1 || count > 500) return fail(reply, 400, 'LIMIT', 'limit is 1 to 500');
    return (await listCases(db, from, count)).map(caseForPage);
  });
  app.get<{ Params: { file: string }; Querystring: { device?: string } }>(
    '/api/evidence/:file',
    async (request, reply) => {
      const id = /^(.+)\.jpg$/.exec(request.params.file)?.[1] ?? '';
      const { device = null } = request.query;
      if (!ID_PATTERN.test(id) || (device !== null && !ID_PATTERN.test(device)))
        return fail(reply, 400, 'ID', 'no such id');
      const picture = await readPicture(db, id, device);
      if (!picture) return fail(reply, 404, 'NOT_FOUND', 'this picture is not here (yet)');
      return reply.type('image/jpeg').header('cache-control', 'private, max-age=31536000, immutable').send(picture);
    },
  );
}

function caseForPage({ nr, received, text, pictures }: StoredCase) {
  const known = JSON.parse(text) as { device: string };
  const device = encodeURIComponent(known.device);
  const url = (id: string) => `/api/evidence/${encodeURIComponent(id)}.jpg?device=${device}`;
  return { ...known, nr, received, pictures: pictures.map((id) => ({ id, url: url(id) })) };
}

/** Whether a request carries the token. */
function bearer(token: string): (request: FastifyRequest) => boolean {
  const wanted = Buffer.from(`Bearer ${token}`);
  return ({ headers }) => {
    const given = Buffer.from(headers.authorization ?? '');
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  };
}

function internalRoutes(app: FastifyInstance, db: Db, allowed: (request: FastifyRequest) => boolean): void {
  app.get<{ Querystring: { what?: string; device?: string; lane?: string } }>('/internal/records', (request, reply) => {
    if (!allowed(request)) return fail(reply, 401, 'TOKEN', 'no access');
    const { what, device, lane } = request.query;
    if (what !== 'records' && what !== 'cases' && what !== 'commands') {
      return fail(reply, 400, 'WHAT', 'records, cases or commands');
    }
    if (lane !== undefined && !isLane(lane)) return fail(reply, 400, 'LANE', 'no such lane');
    const lines = recordLines(db, { what, ...(device ? { device } : {}), ...(lane ? { lane } : {}) });
    return reply.type('application/x-ndjson').send(Readable.from(lines));
  });
}
