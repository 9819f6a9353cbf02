// agent/console: the page's server, the face of this room. In: where to listen, and the sources. Out: page and interface.
// Never: a secret or a stack trace in an answer, a request without bounds, or a port quietly exchanged for another.
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { KerbError, oneLine } from '../../contract/index.ts';
import type { ConsoleLog, ConsoleSources } from './api.ts';
import { type Asset, loadPage, type Page } from './assets.ts';
import { EventHub } from './events.ts';
import { hostAllowed, securityHeaders } from './guard.ts';
import { addRoutes, HttpError } from './routes.ts';

const LOG_EVERY_MS = 60_000;

export interface ConsoleOptions {
  /** 127.0.0.1 unless it is to be reached from other machines */
  host: string;
  /** 0: any free one */
  port: number;
  sources: ConsoleSources;
  log: ConsoleLog;
  /** how often open pages are told the state; default 1000 */
  state_ms?: number;
}

export interface Console {
  /** http://HOST:PORT */
  readonly address: string;
  readonly port: number;
  /** Ends every open page at once. */
  close(): Promise<void>;
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, asset: Asset, cache: string): FastifyReply {
  reply.header('cache-control', cache).header('etag', asset.etag).header('vary', 'accept-encoding');
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (zipped) reply.header('content-encoding', 'gzip');
  return reply.type(asset.type).send(zipped ? asset.gzip : asset.plain);
}

function addPage(app: FastifyInstance, page: Page): void {
  app.get('/', (request, reply) => sendAsset(request, reply, page.html, 'no-cache'));
  const file = async (request: FastifyRequest, reply: FastifyReply) => {
    const asset = page.assets.get(request.url);
    if (asset === undefined) throw notFound(request);
    return sendAsset(request, reply, await asset(), 'public, max-age=31536000, immutable');
  };
  app.get('/page/*', file);
  app.get('/vendor/*', file);
}

const notFound = (request: FastifyRequest) =>
  new HttpError(
    404,
    'PAGE_NOT_FOUND',
    'nothing is here',
    request.url.split('?')[0]!.slice(0, 100),
    'see /api/openapi.json',
  );

/** Answers errors with one line of JSON; the unexpected ones are logged, at most one a minute. */
function addErrors(app: FastifyInstance, log: ConsoleLog): void {
  let logged = Number.NEGATIVE_INFINITY;
  app.setNotFoundHandler((request) => {
    throw notFound(request);
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode >= 400 ? error.statusCode : 500;
    const now = performance.now();
    if (status === 500 && now - logged >= LOG_EVERY_MS) {
      logged = now;
      log.warn({ path: request.url.slice(0, 200), error: oneLine(error) }, 'the page could not answer');
    }
    const code = status === 500 ? 'PAGE_FAILED' : error.code;
    return reply
      .code(status)
      .send({ code, error: status === 500 ? `the box could not answer: ${oneLine(error)}` : oneLine(error) });
  });
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    await app.close();
    const where = `${host}:${port}`;
    const remedy = 'give another with --port, or KERBSIDE_PORT';
    if (code === 'EADDRINUSE')
      throw new KerbError('PAGE_PORT_TAKEN', 'the port of the page is taken', where, remedy, { cause: error });
    if (code === 'EACCES')
      throw new KerbError('PAGE_PORT_REFUSED', 'the port of the page is not allowed', where, remedy, { cause: error });
    throw new KerbError('PAGE_ADDRESS', 'the page cannot listen here', where, 'give an address of this machine', {
      cause: error,
    });
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/**
 * Starts the page.
 * @throws KerbError PAGE_PORT_TAKEN, PAGE_PORT_REFUSED, PAGE_ADDRESS
 */
export async function startConsole({ host, port, sources, log, state_ms = 1000 }: ConsoleOptions): Promise<Console> {
  const page = await loadPage();
  const headers = securityHeaders([page.scriptHash]);
  const app = fastify({
    logger: false,
    bodyLimit: 1024,
    requestTimeout: 10_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100 },
  });
  app.server.maxConnections = 256;
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers).header('cache-control', 'no-store');
    if (!hostAllowed(host, request.headers.host))
      throw new HttpError(
        421,
        'PAGE_FOREIGN_HOST',
        'this page answers to its own name only',
        'Host',
        `use http://${host}`,
      );
  });
  const hub = new EventHub(sources, state_ms);
  addErrors(app, log);
  addPage(app, page);
  addRoutes(app, sources, hub);
  app.addHook('preClose', () => hub.close());
  const bound = await listen(app, host, port);
  const name = host.includes(':') ? `[${host}]` : host;
  return { address: `http://${name}:${bound}`, port: bound, close: () => app.close() };
}
