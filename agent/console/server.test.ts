// The page's server over real HTTP: the documented interface, its bounds, and what it refuses.
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import test from 'ava';
import { KerbError } from '../../contract/index.ts';
import type { ApiCase, FrameData, State, VehicleState } from './api.ts';
import { type Made, made, madeCase, madePicture, frame as makeFrame } from './made.ts';
import { aboard, HERE, STREETS } from './made-vehicle.ts';
import { openapi } from './openapi.ts';
import {
  apiCaseSchema,
  errorSchema,
  frameDataSchema,
  healthzSchema,
  stateSchema,
  trailPointSchema,
  vehicleStateSchema,
} from './schemas.ts';
import { type Console, startConsole } from './server.ts';

const picture = await madePicture(0);

async function start(
  t: { teardown(end: () => Promise<void>): void },
  demo = true,
): Promise<{ it: Made; page: Console }> {
  const it = made((seq) => (seq < 1000 ? picture : null), demo);
  const page = await startConsole({ host: '127.0.0.1', port: 0, sources: it.sources, log: { warn: () => {} } });
  t.teardown(() => page.close());
  return { it, page };
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

/** Plain HTTP, so that Host, Origin and the path are sent exactly as given. */
async function ask(
  page: Console,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body?: string,
): Promise<Answer> {
  const out = request({ host: '127.0.0.1', port: page.port, path, method, headers });
  out.end(body);
  const [answer] = (await once(out, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(await answer.toArray()) };
}

const jsonOf = (answer: Answer): unknown => JSON.parse(answer.body.toString());

test('state, cases and health are what the schemas say', async (t) => {
  const { it, page } = await start(t);
  it.cases = [madeCase(3, 'waiting'), madeCase(2, 'acknowledged'), madeCase(1, 'acknowledged')];
  const state = await ask(page, '/api/state');
  t.is(state.status, 200);
  t.is(state.headers['cache-control'], 'no-store');
  t.deepEqual(stateSchema.parse(jsonOf(state)), it.state);
  const cases = jsonOf(await ask(page, '/api/cases')) as ApiCase[];
  t.deepEqual(
    cases.map((one) => apiCaseSchema.parse(one).id),
    ['case-0003', 'case-0002', 'case-0001'],
  );
  const after = jsonOf(await ask(page, '/api/cases?after=case-0001&limit=1')) as ApiCase[];
  t.deepEqual(
    after.map((one) => one.id),
    ['case-0002'],
  );
  // the schemas describe the types of api.ts: this compiles only while they fit
  const fits: [(s: State) => unknown, (f: FrameData) => unknown] = [stateSchema.parse, frameDataSchema.parse];
  t.notThrows(() => fits[1](makeFrame(1, 3)));
});

test('healthz says 503 and what is wrong as soon as one line is bad', async (t) => {
  const { it, page } = await start(t);
  t.is((await ask(page, '/healthz')).status, 200);
  it.state.health[0]!.level = 'bad';
  const sick = await ask(page, '/healthz');
  t.is(sick.status, 503);
  t.deepEqual(
    healthzSchema.parse(jsonOf(sick)).wrong.map((line) => line.id),
    ['camera.pole-1'],
  );
});

test('wrong parameters are 400, unknown things 404, each one line of JSON', async (t) => {
  const { page } = await start(t);
  const wrong: [string, number][] = [
    ['/api/cases?limit=0', 400],
    ['/api/cases?limit=501', 400],
    ['/api/cases?limit=ten', 400],
    ['/api/cases?limit=1&limit=2', 400],
    ['/api/cases?after=../x', 400],
    ['/api/cases?since=1', 400],
    ['/api/cases?after=case-9999', 404],
    ['/api/evidence/..%2f..%2fetc.jpg', 400],
    ['/api/evidence/none.jpg', 404],
    ['/api/cameras/pole-1/frames/-1.jpg', 400],
    ['/api/cameras/pole-1/frames/1e3.jpg', 400],
    ['/api/cameras/pole-1/frames/5000.jpg', 404],
    ['/api/cameras/nowhere/latest.jpg', 404],
    ['/api/nothing', 404],
    ['/page/../server.ts', 404],
    ['/page/tsconfig.json', 404],
    [`/api/evidence/${'a'.repeat(5000)}.jpg`, 414],
  ];
  for (const [path, status] of wrong) {
    const answer = await ask(page, path);
    t.is(answer.status, status, path.slice(0, 60));
    t.false(errorSchema.parse(jsonOf(answer)).error.includes('\n'));
  }
});

test('a source that fails is a 500 of one line, logged once, and the page lives on', async (t) => {
  const { it } = await start(t);
  const lines: string[] = [];
  const sources = { ...it.sources, cases: () => Promise.reject(new Error('disk\n  gone')) };
  const page = await startConsole({
    host: '127.0.0.1',
    port: 0,
    sources,
    log: { warn: (_, text) => lines.push(text) },
  });
  t.teardown(() => page.close());
  for (let i = 0; i < 3; i++) {
    const answer = await ask(page, '/api/cases');
    t.is(answer.status, 500);
    t.is((jsonOf(answer) as { error: string }).error, 'the box could not answer: disk gone');
  }
  t.is(lines.length, 1);
  t.is((await ask(page, '/api/state')).status, 200);
});

test('pictures come as JPEG; evidence is not sent twice', async (t) => {
  const { it, page } = await start(t);
  it.cases = [madeCase(1, 'waiting')];
  const latest = await ask(page, '/api/cameras/pole-1/latest.jpg');
  t.is(latest.headers['content-type'], 'image/jpeg');
  t.is(latest.headers['x-frame-seq'], '100');
  t.is(latest.headers['cache-control'], 'no-store');
  t.deepEqual(latest.body, picture);
  t.is((await ask(page, '/api/cameras/pole-1/frames/7.jpg')).headers['x-frame-seq'], '7');
  const evidence = await ask(page, '/api/evidence/case-0001-proof.jpg');
  t.deepEqual(evidence.body, picture);
  const again = await ask(page, '/api/evidence/case-0001-proof.jpg', { 'if-none-match': evidence.headers.etag ?? '' });
  t.is(again.status, 304);
  t.is(again.body.length, 0);
});

test('every answer forbids what the page does not need', async (t) => {
  const { page } = await start(t);
  for (const path of ['/', '/api/state', '/api/nothing', '/metrics']) {
    const { headers } = await ask(page, path);
    t.regex(headers['content-security-policy'] as string, /default-src 'none'; script-src 'self' 'sha256-/);
    t.notRegex(headers['content-security-policy'] as string, /unsafe/);
    t.is(headers['x-content-type-options'], 'nosniff');
    t.is(headers['cross-origin-resource-policy'], 'same-origin');
    t.is(headers['access-control-allow-origin'], undefined);
  }
});

test('bound to this box alone, it answers to no foreign name', async (t) => {
  const { page } = await start(t);
  for (const host of ['evil.example', `evil.example:${page.port}`, '127.0.0.1.evil.example', '10.0.0.1', '['])
    t.is((await ask(page, '/api/state', { host })).status, 421, host);
  for (const host of ['localhost', `127.0.0.1:${page.port}`, '[::1]:8088', 'LOCALHOST:9000'])
    t.is((await ask(page, '/api/state', { host })).status, 200, host);
});

test('opened knowingly, it answers to any name', async (t) => {
  const { it } = await start(t);
  const page = await startConsole({ host: '0.0.0.0', port: 0, sources: it.sources, log: { warn: () => {} } });
  t.teardown(() => page.close());
  t.is((await ask(page, '/api/state', { host: 'box.local:8088' })).status, 200);
});

test('a vehicle: its state, its trail since a moment, its streets', async (t) => {
  const { it, page } = await start(t);
  t.is((await ask(page, '/api/vehicle/trail')).status, 404, 'this box is in no vehicle');
  t.is((await ask(page, '/api/vehicle/map.geojson')).status, 404);
  const { vehicle, trail } = aboard(it);
  t.deepEqual(stateSchema.parse(jsonOf(await ask(page, '/api/state'))).vehicle, vehicle);
  const whole = jsonOf(await ask(page, '/api/vehicle/trail')) as unknown[];
  t.deepEqual(
    whole.map((point) => trailPointSchema.parse(point)),
    trail,
  );
  const since = trail.at(-3)![0];
  t.deepEqual(jsonOf(await ask(page, `/api/vehicle/trail?since=${since}`)), trail.slice(-2));
  for (const query of ['since=-1', 'since=1e3', 'since=1&since=2', 'after=1', 'since='])
    t.is((await ask(page, `/api/vehicle/trail?${query}`)).status, 400, query);
  const map = await ask(page, '/api/vehicle/map.geojson');
  t.is(map.headers['content-type'], 'application/geo+json');
  t.deepEqual(jsonOf(map), STREETS as unknown);
  // the schema describes the type of api.ts, both ways: this compiles only while they fit
  const fits: (one: VehicleState) => VehicleState = (one) => vehicleStateSchema.parse(one) as VehicleState;
  t.is(fits(vehicle).fix.lat, HERE.lat);
});

test('a line is switched by this page and by scripts, with a body that says to what', async (t) => {
  const { it, page } = await start(t);
  const path = '/api/vehicle/lines/spray';
  const json = { 'content-type': 'application/json' };
  t.is((await ask(page, path, json, 'POST', '{"state":1}')).status, 404, 'real lines are not switched');
  const { asked, vehicle } = aboard(it);
  const host = `127.0.0.1:${page.port}`;
  const done = await ask(page, path, { ...json, host, origin: `http://${host}` }, 'POST', '{"state":1}');
  t.is(done.status, 200);
  t.deepEqual(jsonOf(done), { state: 1 });
  t.is((await ask(page, path, json, 'POST', '{"state":0}')).status, 200);
  t.deepEqual(asked, [
    ['spray', 1],
    ['spray', 0],
  ]);
  t.is((await ask(page, path, { ...json, origin: 'http://evil.example' }, 'POST', '{"state":1}')).status, 403);
  t.is((await ask(page, path, { ...json, 'sec-fetch-site': 'cross-site' }, 'POST', '{"state":1}')).status, 403);
  t.is((await ask(page, '/api/vehicle/lines/horn', json, 'POST', '{"state":1}')).status, 404);
  for (const body of ['{"state":2}', '{"state":"1"}', '{"state":1,"for":3}', '{}', 'null', '[1]', '{"state":'])
    t.is((await ask(page, path, json, 'POST', body)).status, 400, body);
  t.is((await ask(page, '/api/vehicle/lines/a%2fb', json, 'POST', '{"state":1}')).status, 400);
  t.is((await ask(page, path, { 'content-type': 'text/plain' }, 'POST', '{"state":1}')).status, 400);
  t.is((await ask(page, path, { 'content-type': 'text/xml' }, 'POST', '<state/>')).status, 415);
  t.is((await ask(page, path, json, 'POST', `{"state":1,"x":"${'x'.repeat(2000)}"}`)).status, 413);
  t.is((await ask(page, path)).status, 404, 'nothing is read here');
  t.is(asked.length, 2);
  t.is(vehicle.lines[2]!.state, 0);
});

test('the demo is begun anew by this page and by scripts, not by other sites', async (t) => {
  const { it, page } = await start(t);
  const path = '/api/demo/fresh';
  const host = `127.0.0.1:${page.port}`;
  t.is((await ask(page, path, { host, origin: 'http://evil.example' }, 'POST')).status, 403);
  t.is((await ask(page, path, { host, origin: 'null' }, 'POST')).status, 403);
  t.is((await ask(page, path, { host, 'sec-fetch-site': 'cross-site' }, 'POST')).status, 403);
  t.is(it.fresh, 0);
  t.is(
    (await ask(page, path, { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }, 'POST')).status,
    202,
  );
  t.is((await ask(page, path, {}, 'POST')).status, 202);
  t.is(it.fresh, 2);
  t.is((await ask(page, path)).status, 404);
  const { page: box } = await start(t, false);
  t.is((await ask(box, path, {}, 'POST')).status, 404);
});

test('a port that is taken is said to be taken, and stays with its owner', async (t) => {
  const { it, page } = await start(t);
  const error = await t.throwsAsync(
    startConsole({ host: '127.0.0.1', port: page.port, sources: it.sources, log: { warn: () => {} } }),
    { instanceOf: KerbError },
  );
  t.is((error as KerbError).code, 'PAGE_PORT_TAKEN');
  t.regex(error.message, /^127\.0\.0\.1:\d+: the port of the page is taken; /);
  t.is((await ask(page, '/api/state')).status, 200);
  t.is(it.listeners, 1, 'the one that could not listen does not go on listening to the sources');
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as { port: number };
  await new Promise((done) => free.close(done));
  const chosen = await startConsole({ host: '127.0.0.1', port, sources: it.sources, log: { warn: () => {} } });
  t.is(chosen.address, `http://127.0.0.1:${port}`);
  await chosen.close();
  t.is(it.listeners, 1);
});

test('the OpenAPI document describes every path, and nothing that is not there', async (t) => {
  const { page } = await start(t);
  const document = jsonOf(await ask(page, '/api/openapi.json')) as ReturnType<typeof openapi>;
  t.deepEqual(document, openapi('0.1.0'));
  t.is(document['openapi'], '3.1.0');
  const text = JSON.stringify(document);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g))
    t.truthy((document['components'] as { schemas: Record<string, unknown> }).schemas[name!], name);
  const ids: string[] = [];
  for (const [path, methods] of Object.entries(
    document['paths'] as Record<string, Record<string, { operationId: string; responses: object }>>,
  )) {
    const holes = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const [method, operation] of Object.entries(methods)) {
      ids.push(operation.operationId);
      const named = ((operation as { parameters?: { in: string; name: string }[] }).parameters ?? [])
        .filter((one) => one.in === 'path')
        .map((one) => one.name);
      t.deepEqual(named, holes, path);
      if (path === '/api/events') continue;
      const real = path.replace('{camera}', 'pole-1').replace('{seq}', '1').replace('{id}', 'none');
      const { status } = await ask(page, real, {}, method.toUpperCase());
      t.true(String(status) in operation.responses, `${method} ${path} answers ${status}`);
    }
  }
  t.is(new Set(ids).size, ids.length);
});

test('metrics are Prometheus text', async (t) => {
  const { page } = await start(t);
  const answer = await ask(page, '/metrics');
  t.regex(answer.headers['content-type'] as string, /^text\/plain; version=0\.0\.4/);
  t.regex(answer.body.toString(), /kerb_looks_total 7/);
});

test('the page: types stripped, cached for good under its own hash, 150 kB at most in all', async (t) => {
  const { page } = await start(t);
  const home = await ask(page, '/', { 'accept-encoding': 'gzip' });
  t.is(home.headers['content-encoding'], 'gzip');
  t.is((await ask(page, '/', { 'if-none-match': home.headers.etag ?? '' })).status, 304);
  const html = (await ask(page, '/')).body.toString();
  const paths = [...new Set([...html.matchAll(/\/(?:page|vendor)\/[\w./-]+/g)].map(([path]) => path))];
  t.true(paths.length > 20);
  t.notRegex(html, /https?:\/\//, 'nothing from the internet');
  let total = home.body.length;
  for (const path of paths) {
    const asset = await ask(page, path, { 'accept-encoding': 'gzip' });
    t.is(asset.status, 200, path);
    t.is(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
    t.is((await ask(page, path, { 'if-none-match': asset.headers.etag ?? '' })).status, 304);
    if (path.endsWith('.ts')) t.regex(asset.headers['content-type'] as string, /^text\/javascript/);
    total += asset.body.length;
  }
  t.log(`${paths.length} files, ${total} bytes compressed`);
  t.true(total <= 150_000, `${total} bytes`);
  const store = paths.find((path) => path.endsWith('/store.ts'))!;
  t.notRegex((await ask(page, store)).body.toString(), /interface |import type/);
});

/** Reads a stream of server-sent events until `enough` says so. */
async function listen(page: Console, enough: (events: { name: string; data: unknown }[]) => boolean) {
  const out = get({ host: '127.0.0.1', port: page.port, path: '/api/events' });
  const [answer] = (await once(out, 'response')) as [IncomingMessage];
  const events: { name: string; data: unknown }[] = [];
  let rest = '';
  for await (const chunk of answer) {
    rest += String(chunk);
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^event: (\w+)\ndata: (.*)$/.exec(block);
      if (match) events.push({ name: match[1]!, data: JSON.parse(match[2]!) });
    }
    if (enough(events)) break;
  }
  out.destroy();
  return { events, headers: answer.headers };
}

test('events: the state and the newest frame at once, then what happens, in order', async (t) => {
  const { it, page } = await start(t);
  it.emit({ event: 'frame', data: makeFrame(1, 1) });
  it.emit({ event: 'frame', data: makeFrame(2, 2) });
  let emitted = false;
  const { events, headers } = await listen(page, (seen) => {
    if (seen.length === 2 && !emitted) {
      emitted = true;
      it.emit({ event: 'case', data: madeCase(1, 'waiting') });
      it.emit({ event: 'frame', data: makeFrame(3, 3) });
    }
    return seen.filter((event) => event.name === 'frame').length === 2;
  });
  t.is(headers['content-type'], 'text/event-stream');
  t.is(headers['cache-control'], 'no-store');
  t.regex(headers['content-security-policy'] as string, /default-src 'none'/);
  t.deepEqual(
    events.filter((event) => event.name !== 'state').map((event) => event.name),
    ['frame', 'case', 'frame'],
  );
  t.is(events[0]!.name, 'state');
  t.is((events[1]!.data as FrameData).seq, 2, 'only the newest of those before');
});

test('events: what the vehicle says comes as it is said', async (t) => {
  const { it, page } = await start(t);
  const { tell, vehicle } = aboard(it);
  let told = false;
  const { events } = await listen(page, (seen) => {
    if (!told && seen.length === 1) {
      told = true;
      vehicle.speed.value = 3.5;
      tell();
    }
    return seen.some((event) => event.name === 'vehicle');
  });
  const word = events.find((event) => event.name === 'vehicle')!.data as VehicleState;
  t.is(vehicleStateSchema.parse(word).speed.value, 3.5);
});

test('the state comes again each second without anyone asking for it', async (t) => {
  const { page } = await start(t);
  const { events } = await listen(page, (seen) => seen.length === 3);
  t.true(events.every((event) => event.name === 'state'));
});

test('the number of open pages is bounded', async (t) => {
  const { page } = await start(t);
  const open = await Promise.all(
    Array.from({ length: 32 }, async () => {
      const out = get({ host: '127.0.0.1', port: page.port, path: '/api/events' });
      await once(out, 'response');
      return out;
    }),
  );
  const refused = await ask(page, '/api/events');
  t.is(refused.status, 503);
  t.is(errorSchema.parse(jsonOf(refused)).code, 'PAGE_BUSY');
  for (const out of open) out.destroy();
});

test('closing ends open pages and stops listening to the sources', async (t) => {
  const it = made(() => picture);
  const page = await startConsole({ host: '127.0.0.1', port: 0, sources: it.sources, log: { warn: () => {} } });
  const out = get({ host: '127.0.0.1', port: page.port, path: '/api/events' });
  const [answer] = (await once(out, 'response')) as [IncomingMessage];
  answer.resume();
  const ended = once(answer, 'close');
  await page.close();
  await ended;
  t.is(it.listeners, 0);
});
