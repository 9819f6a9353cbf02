// agent/console: the paths of the documented interface. In: requests. Out: what the sources say, as JSON, JPEG or text.
// Never: a parameter that was not checked, an answer with more than one line of error, or a stack trace.
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ID_PATTERN, KerbError } from '../../contract/index.ts';
import type { ConsoleSources } from './api.ts';
import type { EventHub } from './events.ts';
import { sameOrigin } from './guard.ts';
import { openapi } from './openapi.ts';
import { addFlowsRoutes } from './routes-flows.ts';
import { addSiteRoutes } from './routes-site.ts';
import { lineSwitchSchema } from './schemas.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;

/** An error that is answered with this HTTP status. */
export class HttpError extends KerbError {
  readonly statusCode: number;

  constructor(statusCode: number, code: string, what: string, where: string, remedy: string) {
    super(code, what, where, remedy);
    this.statusCode = statusCode;
  }
}

const bad = (what: string, where: string, remedy: string) =>
  new HttpError(400, 'PAGE_BAD_REQUEST', what, where, remedy);
const missing = (what: string, where: string, remedy: string) =>
  new HttpError(404, 'PAGE_NOT_FOUND', what, where, remedy);

const changed = (what: string, where: string, remedy: string) =>
  new HttpError(412, 'PAGE_CHANGED', what, where, remedy);

const busy = (error: unknown) => {
  if (!(error instanceof KerbError)) return error as Error;
  return Object.assign(error, { statusCode: 503 });
};

/** A number in plain digits from `min` to `max`, or 400. */
function integer(text: unknown, where: string, min: number, max: number): number {
  const value = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw bad('is not a whole number', where, `give one from ${min} to ${max}`);
}

function identity(text: unknown, where: string): string {
  if (typeof text === 'string' && ID_PATTERN.test(text)) return text;
  throw bad('is not an id', where, 'give letters, digits, dot, dash or underscore, at most 64');
}

function casesQuery(query: Record<string, unknown>): { after: string | null; limit: number } {
  const unknown = Object.keys(query).find((key) => key !== 'after' && key !== 'limit');
  if (unknown !== undefined) throw bad('is no parameter', unknown.slice(0, 40), 'give `after` and `limit` only');
  return {
    after: query['after'] === undefined ? null : identity(query['after'], 'after'),
    limit: query['limit'] === undefined ? DEFAULT_LIMIT : integer(query['limit'], 'limit', 1, MAX_LIMIT),
  };
}

function trailQuery(query: Record<string, unknown>): number | null {
  const unknown = Object.keys(query).find((key) => key !== 'since');
  if (unknown !== undefined) throw bad('is no parameter', unknown.slice(0, 40), 'give `since` only');
  return query['since'] === undefined ? null : integer(query['since'], 'since', 0, Number.MAX_SAFE_INTEGER);
}

/** What changes something is done for this page and for scripts only. */
function guardOrigin(request: FastifyRequest, where: string): void {
  if (sameOrigin(request.headers)) return;
  throw new HttpError(403, 'PAGE_FOREIGN', 'asked by another site', where, 'use the page of the box');
}

async function sendFrame(sources: ConsoleSources, reply: FastifyReply, camera: string, seq: number | null) {
  const frame = await sources.frame(camera, seq);
  if (frame === null) throw missing('no such frame (any more)', camera, 'ask for latest.jpg, or for a newer seq');
  return reply.header('x-frame-seq', frame.seq).type('image/jpeg').send(frame.jpeg);
}

function events(hub: EventHub, reply: FastifyReply): void {
  if (hub.full) throw new HttpError(503, 'PAGE_BUSY', 'too many pages are open', '/api/events', 'close one');
  reply.hijack();
  reply.raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), 'content-type': 'text/event-stream' });
  hub.add(reply.raw);
}

function addVehicle(app: FastifyInstance, sources: ConsoleSources): void {
  const role = 'give this box the vehicle role in its configuration';
  app.get('/api/vehicle/trail', (request: FastifyRequest<{ Querystring: Record<string, unknown> }>) => {
    const since = trailQuery(request.query);
    if (!sources.trail) throw missing('this box is in no vehicle', '/api/vehicle/trail', role);
    return sources.trail(since);
  });
  app.get('/api/vehicle/map.geojson', (_, reply) => {
    const map = sources.map?.() ?? null;
    if (map === null) throw missing('this box has no map', '/api/vehicle/map.geojson', role);
    return reply.header('content-type', 'application/geo+json').send(Buffer.from(JSON.stringify(map)));
  });
  app.post('/api/vehicle/lines/:id', (request: FastifyRequest<{ Params: { id: string } }>) => {
    const id = identity(request.params.id, 'id');
    if (!sources.setLine) throw missing('no line of this box can be switched here', id, 'switch it at the vehicle');
    guardOrigin(request, id);
    const wanted = lineSwitchSchema.safeParse(request.body);
    if (!wanted.success) throw bad('is no wanted state', id, 'send {"state": 0} or {"state": 1} as JSON');
    if (!sources.setLine(id, wanted.data.state)) throw missing('there is no such line', id, 'see /api/state');
    return wanted.data;
  });
}

/** Registers every path of the interface. */
export function addRoutes(app: FastifyInstance, sources: ConsoleSources, hub: EventHub): void {
  app.get('/healthz', (_, reply) => {
    const wrong = sources.state().health.filter((line) => line.level === 'bad');
    return reply.code(wrong.length === 0 ? 200 : 503).send({ ok: wrong.length === 0, wrong });
  });
  app.get('/metrics', async (_, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await sources.metrics()),
  );
  app.get('/api/state', () => sources.state());
  app.get('/api/openapi.json', () => openapi(sources.state().version));
  app.get('/api/cases', async (request: FastifyRequest<{ Querystring: Record<string, unknown> }>) => {
    const { after, limit } = casesQuery(request.query);
    const cases = await sources.cases(after, limit);
    if (cases === null) throw missing('no case has this id', 'after', 'give the id of a case of this box');
    return cases;
  });
  app.get('/api/evidence/:id.jpg', async (request: FastifyRequest<{ Params: { id: string } }>, reply) => {
    const jpeg = await sources.evidence(identity(request.params.id, 'id'));
    if (jpeg === null)
      throw missing('no such picture (any more)', request.params.id, 'take an address from /api/cases');
    const etag = `"${createHash('sha256').update(jpeg).digest('base64url').slice(0, 22)}"`;
    reply.header('cache-control', 'private, no-cache').header('etag', etag);
    if (request.headers['if-none-match'] === etag) return reply.code(304).send();
    return reply.type('image/jpeg').send(jpeg);
  });
  app.get(
    '/api/cameras/:camera/frames/:seq.jpg',
    (request: FastifyRequest<{ Params: { camera: string; seq: string } }>, reply) =>
      sendFrame(
        sources,
        reply,
        identity(request.params.camera, 'camera'),
        integer(request.params.seq, 'seq', 0, Number.MAX_SAFE_INTEGER),
      ),
  );
  app.get('/api/cameras/:camera/latest.jpg', (request: FastifyRequest<{ Params: { camera: string } }>, reply) =>
    sendFrame(sources, reply, identity(request.params.camera, 'camera'), null),
  );
  addVehicle(app, sources);
  addFlowsRoutes(app, sources.flows, { bad, missing, busy, guardOrigin });
  addSiteRoutes(app, sources, { bad, missing, busy, guardOrigin, identity, changed });
  app.get('/api/events', (_, reply) => events(hub, reply));
  app.post('/api/demo/fresh', async (request, reply) => {
    if (!sources.fresh) throw missing('this box runs no demo', '/api/demo/fresh', 'start it with `npm start`');
    guardOrigin(request, '/api/demo/fresh');
    await sources.fresh();
    return reply.code(202).send({ ok: true });
  });
}
