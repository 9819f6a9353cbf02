// Points to tracks: over both databases, and over HTTP as a client sees it.
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import test from 'ava';
import { deviceTopics, encodeBatch, type TelemetryPoint } from '../contract/index.ts';
import type { Db } from './db.ts';
import { openPglite } from './db-pglite.ts';
import { openServer } from './db-server.ts';
import { decodeMessage } from './decode.ts';
import { type Http, startHttp } from './http.ts';
import { Live } from './live.ts';
import { Metrics } from './metrics.ts';
import { migrate } from './migrations.ts';
import { parseSpan, parseTime } from './spans.ts';
import { storeBatch } from './store.ts';
import { pointAt, postgresWire } from './testing.ts';
import { listVehicles } from './vehicles.ts';
import { elements } from './xml-check.ts';

const NOW = Date.UTC(2026, 2, 2);
const dir = mkdtempSync(join(tmpdir(), 'kerbside-vehicles-'));
let folder: Db;
let server: Db;
let wire: Server;
let http: Http;

test.before(async () => {
  folder = await openPglite(join(dir, 'folder'));
  await migrate(folder);
  wire = await postgresWire(await PGlite.create());
  const { port } = wire.address() as AddressInfo;
  server = await openServer(`postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`, 1);
  await migrate(server);
  const link = () => ({ online: true, broker: '', reason: '' });
  const metrics = new Metrics(() => true);
  const onCommand = () => undefined;
  const head = { db: folder, metrics, live: new Live(), token: 't', port: 0, started: NOW, now: () => NOW };
  http = await startHttp({ ...head, link, onCommand, updates: () => null, repository: null });
});

test.after.always(async () => {
  await http?.close();
  await folder?.close();
  await server?.close();
  wire?.close();
  rmSync(dir, { recursive: true, force: true });
});

let trucks = 0;
/** A truck that no other test uses. */
function truck() {
  const device = `truck-${++trucks}`;
  let seq = 1;
  const send = async (db: Db, points: TelemetryPoint[]) => {
    const records = points.map((point) => ({ point, accepted: NOW, mono: 1 }));
    const head = { device, epoch: '0123456789abcdef', first: seq, low: 1, boot: 'b', clock: 'held' } as const;
    seq += points.length;
    const payload = encodeBatch({ ...head, records });
    return storeBatch(db, [decodeMessage(deviceTopics('bozhou', device).lane('telemetry'), payload)], NOW);
  };
  const now = async (db: Db) => (await listVehicles(db)).find((one) => one.device === device);
  return { device, send, now };
}

const get = (path: string) => fetch(`http://127.0.0.1:${http.port}${path}`);

interface Track {
  type: string;
  features: {
    type: string;
    geometry: { type: string; coordinates: number[][] };
    properties: { device: string; begin: string; end: string; coordTimes: string[]; speeds: (number | null)[] };
  }[];
}
const geojson = async (path: string) => (await (await get(path)).json()) as Track;

for (const [where, db] of [
  ['in a folder', () => folder],
  ['over the wire of a server', () => server],
] as const) {
  test.serial(`${where}: the newest position counts; what comes late is history and moves nothing back`, async (t) => {
    const { device, send, now } = truck();
    t.like(await send(db(), [pointAt(10), pointAt(20), pointAt(15)]), { fresh: 3 });
    t.like(await now(db()), {
      device,
      city: 'bozhou',
      heard: pointAt(20).at,
      position: { at: pointAt(20).at, speed: 8.33 },
    });
    await send(db(), [pointAt(1), pointAt(19)]);
    t.is((await now(db()))?.position?.at, pointAt(20).at);
    // A point without a position says that the truck is alive, not where.
    await send(db(), [pointAt(30, { mode: 1, lat: null, lon: null, speed: null, flags: 0b10 })]);
    t.like(await now(db()), { heard: pointAt(30).at, position: { at: pointAt(20).at, lon: 115.7788, flags: [] } });
    await send(db(), [pointAt(40, { flags: 0b10, ignition: null, speed: null })]);
    t.like((await now(db()))?.position, { at: pointAt(40).at, flags: ['jump'], ignition: null, speed: null });
    const [row] = await db().query<{ n: number }>('select count(*)::float8 as n from points where device = $1', [
      device,
    ]);
    t.is(row?.n, 7);
  });

  test.serial(`${where}: a time far ahead of ours gives way to one that can be believed`, async (t) => {
    const { send, now } = truck();
    const future = NOW + 20 * 365 * 86_400_000;
    await send(db(), [pointAt(0, { at: future })]);
    t.is((await now(db()))?.heard, future);
    await send(db(), [pointAt(0, { at: future + 1000 })]);
    t.is((await now(db()))?.position?.at, future + 1000);
    await send(db(), [pointAt(5)]);
    t.is((await now(db()))?.position?.at, pointAt(5).at);
    await send(db(), [pointAt(0, { at: future + 2000 }), pointAt(6), pointAt(0, { at: future + 3000 })]);
    t.like(await now(db()), { heard: pointAt(6).at, position: { at: pointAt(6).at } });
  });
}

test.serial(
  'a point that comes twice is one point; a vehicle without any position is listed without one',
  async (t) => {
    const { device, now } = truck();
    const lost = { point: pointAt(1, { mode: 1, lat: null, lon: null }), accepted: NOW, mono: 1 };
    const head = { device, epoch: '0123456789abcdef', first: 1, low: 1, boot: 'b', clock: 'held' } as const;
    const message = decodeMessage(
      deviceTopics('bozhou', device).lane('telemetry'),
      encodeBatch({ ...head, records: [lost] }),
    );
    t.like(await storeBatch(folder, [message, message], NOW), { fresh: 1, duplicates: 1 });
    t.like(await storeBatch(folder, [message], NOW), { fresh: 0, duplicates: 1 });
    t.like(await now(folder), { heard: pointAt(1).at, position: null });
    const [row] = await folder.query<{ n: number }>('select count(*)::float8 as n from points where device = $1', [
      device,
    ]);
    t.is(row?.n, 1);
    const track = await geojson(`/api/vehicles/${device}/track.geojson`);
    t.deepEqual(track.features, []);
  },
);

test.serial('GeoJSON: a line for each trip and after each gap, in the order of time, longitude first', async (t) => {
  const { device, send } = truck();
  const lost = (n: number) => pointAt(n, { mode: 1, lat: null, lon: null });
  await send(folder, [pointAt(3), pointAt(1), pointAt(2), lost(4), pointAt(304, { alt: null }), pointAt(605)]);
  await send(folder, [pointAt(606, { why: 3 }), pointAt(607, { speed: null }), pointAt(608, { why: 4 })]);
  const { type, features } = await geojson(`/api/vehicles/${device}/track.geojson`);
  t.is(type, 'FeatureCollection');
  t.deepEqual(
    features.map(({ geometry, properties }) => [geometry.type, properties.coordTimes.length]),
    [
      ['LineString', 3],
      ['Point', 1],
      ['Point', 1],
      ['LineString', 3],
    ],
  );
  const [first, , , last] = features;
  t.deepEqual(first?.geometry.coordinates, [
    [115.77861, 33.8446, 37.2],
    [115.77862, 33.8446, 37.2],
    [115.77863, 33.8446, 37.2],
  ]);
  t.deepEqual(
    first?.properties.coordTimes,
    [1, 2, 3].map((n) => new Date(pointAt(n).at).toISOString()),
  );
  t.deepEqual(features[1]?.geometry.coordinates, [115.78164, 33.8446] as unknown as number[][]);
  t.like(last?.properties, { device, begin: new Date(pointAt(606).at).toISOString(), speeds: [8.33, null, 8.33] });
});

test.serial(
  'GPX: valid XML, a segment for each line, latitude, longitude, height and time of each point',
  async (t) => {
    const { device, send } = truck();
    await send(folder, [pointAt(1, { lat: -0.0000001, lon: 179 }), pointAt(2, { alt: null }), pointAt(900)]);
    const response = await get(`/api/vehicles/${device}/track.gpx`);
    t.is(response.headers.get('content-type'), 'application/gpx+xml');
    const read = elements(await response.text());
    const [root] = read;
    t.like(root, { path: 'gpx', attributes: { version: '1.1', xmlns: 'http://www.topografix.com/GPX/1/1' } });
    t.truthy(root?.attributes['creator']);
    t.deepEqual(
      read.map(({ path }) => path.split('/').at(-1)),
      ['gpx', 'trk', 'name', 'trkseg', 'trkpt', 'ele', 'time', 'trkpt', 'time', 'trkseg', 'trkpt', 'ele', 'time'],
    );
    const points = read.filter(({ path }) => path === 'gpx/trk/trkseg/trkpt');
    t.deepEqual(points[0]?.attributes, { lat: '-0.0000001', lon: '179' });
    t.is(read.find(({ path }) => path.endsWith('/ele'))?.text, '37.2');
    t.is(read.find(({ path }) => path.endsWith('/time'))?.text, '2026-03-01T00:00:01.000Z');
    t.is(read.find(({ path }) => path.endsWith('/name'))?.text, device);
  },
);

test.serial('a span is inclusive, in ISO 8601 or epoch ms; without one it is the last day', async (t) => {
  const { device, send } = truck();
  await send(folder, [pointAt(-86_401), pointAt(-86_400), pointAt(-1), pointAt(0)]);
  const count = async (query: string) => {
    const { features } = await geojson(`/api/vehicles/${device}/track.geojson${query}`);
    return features.reduce((sum, { properties }) => sum + properties.coordTimes.length, 0);
  };
  const [begin, end] = [pointAt(-86_400).at, pointAt(0).at];
  t.is(await count(''), 3);
  t.is(await count('?from=0'), 4);
  t.is(await count(`?from=${begin}&to=${end}`), 3);
  t.is(await count(`?from=${begin + 1}&to=${end - 1}`), 1);
  t.is(await count(`?to=${end - 1}`), 2);
  t.is(await count(`?from=${end + 1}`), 0);
  t.is(await count('?from=2026-02-28T00:00:00Z&to=2026-03-01'), 3);
  t.is(await count('?from=2026-03-01T08:00:00%2B08:00'), 1);
  t.is(await count('?from=2026-03-01T08:00:00+08:00'), 1);
  t.is(await count('?from=2026-02-28T23:59:59'), 2);
});

test.serial('an unknown vehicle is 404, a span that is none 400, each with one line of JSON', async (t) => {
  const { device, send } = truck();
  await send(folder, [pointAt(1)]);
  for (const type of ['geojson', 'gpx']) {
    for (const [path, status] of [
      [`/api/vehicles/nobody/track.${type}`, 404],
      [`/api/vehicles/a%2Fb/track.${type}`, 404],
      [`/api/vehicles/${device}/track.${type}?from=yesterday`, 400],
      [`/api/vehicles/${device}/track.${type}?to=2026-13-01`, 400],
      [`/api/vehicles/${device}/track.${type}?from=2&to=1`, 400],
      [`/api/vehicles/${device}/track.${type}?from=1&from=2`, 400],
      [`/api/vehicles/${device}/track.${type}?from=99999999999999999`, 400],
    ] as const) {
      const response = await get(path);
      t.is(response.status, status, path);
      const text = await response.text();
      t.is(text.trim().split('\n').length, 1);
      t.regex((JSON.parse(text) as { error: { what: string } }).error.what, /^[^\n]+$/);
    }
  }
  t.is((await get(`/api/vehicles/${device}/track.kml`)).status, 404);
  t.deepEqual(parseSpan({}), { from: null, to: null });
  t.is(parseTime('2026-02-30T00:00:00Z'), null);
  t.is(parseTime('-1000'), -1000);
  const api = (await (await get('/api/openapi.json')).json()) as { paths: object };
  t.true('/api/vehicles/{device}/track.gpx' in api.paths);
});

test.serial('a long track comes in pages, whole and in order', async (t) => {
  const { device, send } = truck();
  for (let from = 0; from < 5000; from += 1000) {
    await send(
      folder,
      Array.from({ length: 1000 }, (_, i) => pointAt(from + 999 - i)),
    );
  }
  const { features } = await geojson(`/api/vehicles/${device}/track.geojson`);
  t.is(features.length, 1);
  const times = features[0]!.properties.coordTimes;
  t.deepEqual(
    times,
    Array.from({ length: 5000 }, (_, n) => new Date(pointAt(n).at).toISOString()),
  );
});
