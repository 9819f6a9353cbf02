// The paths about zones, rules and near-misses over real HTTP: what they tell, take, bound and refuse.
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';
import { KerbError } from '../../contract/index.ts';
import { made } from './made.ts';
import { DOCUMENT, MISSES, withSite } from './made-site.ts';
import { nearMissSchema, siteAnswerSchema, siteFaultsSchema } from './schemas-site.ts';
import { startConsole } from './server.ts';

async function start(t: ExecutionContext) {
  const it = made(() => null);
  const site = withSite(it);
  const page = await startConsole({ host: '127.0.0.1', port: 0, sources: it.sources, log: { warn: () => {} } });
  t.teardown(() => page.close());
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const more = body === undefined ? {} : { body: text };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${page.address}${path}`, { method, ...more, headers: { ...type, ...headers } });
    return { status: answer.status, etag: answer.headers.get('etag'), said: (await answer.json()) as unknown };
  };
  return { it, site, ask };
}

test('the site is told with its revision, taken with it, and refused with another', async (t) => {
  const { ask, site } = await start(t);
  const told = await ask('GET', '/api/site');
  t.is(told.etag, '"r0"');
  t.notThrows(() => siteAnswerSchema.parse(told.said));
  const done = await ask('PUT', '/api/site', DOCUMENT, { 'if-match': '"r0"' });
  t.is(done.status, 200);
  t.is(done.etag, '"r1"');
  t.deepEqual(site.sent, [DOCUMENT]);
  const late = await ask('PUT', '/api/site', DOCUMENT, { 'if-match': '"r0"' });
  t.is(late.status, 412);
  t.like(late.said, { code: 'PAGE_CHANGED' });
  t.is((await ask('PUT', '/api/site', DOCUMENT)).status, 200, 'a script need not name one');
  const back = await ask('DELETE', '/api/site/edits');
  t.like(back.said, { from: 'file' });
});

test('every fault of an edit is answered with its path', async (t) => {
  const { ask, site } = await start(t);
  site.faults = [{ path: 'cameras.0.zones.0.polygon', zh: '相交', en: 'crosses\nitself' }];
  const { status, said } = await ask('PUT', '/api/site', DOCUMENT);
  t.is(status, 422);
  const { code, error, faults } = siteFaultsSchema.parse(said);
  t.deepEqual([code, error], ['SITE_INVALID', 'cameras.0.zones.0.polygon: crosses itself']);
  t.deepEqual(faults, site.faults);
});

test('another site, a body that is too large or no JSON, and a full disk are refused', async (t) => {
  const { ask, site } = await start(t);
  const foreign = { 'sec-fetch-site': 'cross-site' };
  t.is((await ask('PUT', '/api/site', DOCUMENT, foreign)).status, 403);
  t.is((await ask('DELETE', '/api/site/edits', undefined, foreign)).status, 403);
  t.is((await ask('PUT', '/api/site', JSON.stringify('x'.repeat(600_000)))).status, 413);
  t.is((await ask('PUT', '/api/site', '{"a":')).status, 400);
  t.is((await ask('PUT', '/api/site', 'x', { 'content-type': 'application/x-www-form-urlencoded' })).status, 415);
  site.source.edit = async () => {
    throw new KerbError('SITE_DISK', 'the edit could not be kept', 'edits', 'make room on the disk');
  };
  const full = await ask('PUT', '/api/site', DOCUMENT);
  t.is(full.status, 503);
  t.like(full.said, { code: 'SITE_DISK' });
  t.deepEqual(site.sent, []);
});

test('near-misses are told by camera; a box without cameras has neither', async (t) => {
  const { ask, it } = await start(t);
  const { said } = await ask('GET', '/api/cameras/pole-1/near-misses');
  t.deepEqual(z.array(nearMissSchema).parse(said) as unknown, MISSES);
  t.is((await ask('GET', '/api/cameras/other/near-misses')).status, 404);
  t.is((await ask('GET', '/api/cameras/a%20b/near-misses')).status, 400);
  delete it.sources.site;
  for (const [method, path] of [
    ['GET', '/api/site'],
    ['PUT', '/api/site'],
    ['DELETE', '/api/site/edits'],
  ] as const)
    t.is((await ask(method, path, method === 'PUT' ? DOCUMENT : undefined)).status, 404);
});
