// What boxes report of their updates: whose word is taken, what is shown of it, who is told of news, and how the
// repository's files are served.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import {
  deviceTopics,
  type EnvelopeHead,
  encodeEnvelope,
  type ReportBody,
  type ReportItem,
  signReport,
} from '../contract/index.ts';
import type { Db } from './db.ts';
import { openPglite } from './db-pglite.ts';
import { decodeMessage } from './decode.ts';
import type { Device } from './devices.ts';
import { startHttp } from './http.ts';
import { Live } from './live.ts';
import { Metrics } from './metrics.ts';
import { migrate } from './migrations.ts';
import { Poke } from './poke.ts';
import { parseRange } from './repository-files.ts';
import { parseSource, RepositoryWatch } from './repository-watch.ts';
import { storeBatch } from './store.ts';

const dir = mkdtempSync(join(tmpdir(), 'kerbside-devices-'));
const repository = join(dir, 'repository');
const pokes: number[] = [];
const news = new EventEmitter();
const watch = new RepositoryWatch({ kind: 'folder', path: repository }, ({ timestamp }) => {
  pokes.push(timestamp);
  news.emit('offer');
});
let db: Db;
let base = '';
let port = 0;
let close = async () => {};

test.before(async () => {
  db = await openPglite(join(dir, 'db'));
  await migrate(db);
  const http = await startHttp({
    ...{ db, metrics: new Metrics(() => true), live: new Live(), token: 'x', port: 0, started: 1, now: () => 2 },
    link: () => ({ online: true, broker: '', reason: '' }),
    onCommand: () => undefined,
    updates: () => watch.state,
    repository,
  });
  port = http.port;
  base = `http://127.0.0.1:${port}`;
  close = () => http.close();
});

test.after.always(async () => {
  watch.close();
  await close();
  await db?.close();
  rmSync(dir, { recursive: true, force: true });
});

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const item = (more: Partial<ReportItem> = {}): ReportItem => ({
  kind: 'profile',
  name: 'street',
  wanted: { version: '2', counter: 2 },
  running: { version: '2', counter: 2 },
  result: 'success',
  at: 100,
  ...more,
});

class Box {
  readonly device: string;
  readonly #key: KeyObject;
  #seq = 0;
  constructor(device: string, key = newKey()) {
    this.device = device;
    this.#key = key;
  }

  body(counter: number, items: ReportItem[], more: Partial<ReportBody> = {}): ReportBody {
    const { device } = this;
    const head = { v: 1, kind: 'report-body', device, counter, nonce: 'ab'.repeat(16), at: 100, boot: 'b' } as const;
    return { ...head, clock: 'synced', slot: 'a', versions: null, items, ...more };
  }

  /** Sends a report's record, and gives what the centre then shows of the device. */
  async says(body: ReportBody, now: number, { key = this.#key, change = (text: string) => text } = {}) {
    const text = change(JSON.stringify(signReport(body, key)));
    await this.record(text, now);
    return shown(this.device);
  }

  record(text: string, now: number) {
    const head: EnvelopeHead = {
      ...{ v: 1, device: this.device, lane: 'case', epoch: '0123456789abcdef', seq: ++this.#seq, low: 1 },
      ...{ kind: 'report', at: 5, boot: 'b', mono: 6, clock: 'held' },
    };
    const topic = deviceTopics('bozhou', this.device).report;
    return storeBatch(db, [decodeMessage(topic, Buffer.from(encodeEnvelope({ ...head, text })))], now);
  }

  born(roles: string[]) {
    const { device } = this;
    const status = { v: 1, kind: 'status', device, online: true, at: 1, version: '0.1.0', boot: 'b', roles };
    const topic = deviceTopics('bozhou', device).status;
    return storeBatch(db, [decodeMessage(topic, Buffer.from(JSON.stringify(status)))], 1);
  }
}

async function shown(device: string): Promise<Device> {
  const all = (await (await fetch(`${base}/api/devices`)).json()) as Device[];
  return all.find((one) => one.device === device)!;
}

test.serial('the first key is pinned; its newest report is what is shown, with the reason', async (t) => {
  const box = new Box('box-1');
  await box.born(['camera']);
  t.like(await shown('box-1'), { online: true, version: '0.1.0', result: null, reason: 'it has not reported yet' });
  const failed = item({ kind: 'model', name: 'm', result: 'returned', code: 'MODEL_NONSENSE', reason: 'r', at: 200 });
  const first = await box.says(box.body(1, [item(), failed]), 10);
  t.like(first, { slot: 'a', result: 'returned', code: 'MODEL_NONSENSE', reason: 'r', refused: null, otherKey: null });
  t.deepEqual(first.running[0], { kind: 'profile', name: 'street', version: '2', counter: 2 });
  t.like(first.key, { since: 10 });
  const later = await box.says(box.body(4, [item({ at: 300 }), failed]), 20);
  t.like(later, { result: 'success', reason: null, key: first.key });
  const fault = { code: 'UPDATE_EXPIRED', what: 'the metadata has run out' };
  t.like(await box.says(box.body(5, [item()], { fault }), 30), { result: 'failed', reason: fault.what });
});

test.serial(
  'a replay, another key, a forged and a foreign report change nothing but are counted and shown',
  async (t) => {
    const box = new Box('box-2');
    const good = await box.says(box.body(3, [item()]), 10);
    const tries = [
      { why: /report 3: it was told before/, said: await box.says(box.body(3, [item({ result: 'failed' })]), 20) },
      { why: /another key/, said: await box.says(box.body(9, [item({ result: 'failed' })]), 30, { key: newKey() }) },
      {
        why: /signature: does not fit/,
        said: await box.says(box.body(4, [item()]), 40, { change: (text) => text.replace('success', 'pending') }),
      },
      { why: /of device box-1/, said: await box.says({ ...box.body(4, [item()]), device: 'box-1' }, 50) },
      { why: /^report: /, said: await box.record('{"v":1}', 60).then(() => shown('box-2')) },
    ];
    for (const [n, { why, said }] of tries.entries()) {
      t.regex(said.refused?.why ?? '', why);
      t.is(said.refused?.count, n + 1);
      t.is(said.result, null);
      t.regex(said.reason ?? '', /^what it sent last was not believed: /);
      t.deepEqual([said.items, said.key, said.report?.counter], [good.items, good.key, 3]);
    }
    const [replayed, keyed] = tries.map(({ said }) => said.otherKey);
    t.is(replayed, null);
    t.is(keyed?.at, 30);
    const history = await db.query<{ verdict: string }>(
      `select verdict from reports where device = 'box-2' order by nr`,
    );
    t.deepEqual(
      history.map(({ verdict }) => verdict),
      ['taken', 'replay', 'key'],
    );
    const rejects = await db.query(`select count::float8 as n from rejects where device = 'box-2' and kind = 'report'`);
    t.deepEqual(rejects, [{ n: 5 }]);
    t.like(await box.says(box.body(4, [item()]), 70), { result: 'success', refused: { count: 5 } });
  },
);

test.serial('a report that was overtaken on its way is history, and nothing is wrong with it', async (t) => {
  const box = new Box('box-5');
  const newest = await box.says(box.body(2, [item()]), 10);
  const late = await box.says(box.body(1, [item({ result: 'failed' })]), 20);
  t.deepEqual([late.result, late.items, late.refused], ['success', newest.items, null]);
  t.regex(
    (await box.says(box.body(1, [item({ result: 'failed' })]), 30)).refused?.why ?? '',
    /report 1: it was told before/,
  );
});

test.serial('another key is believed once a human says so, from its newest report on; no other one', async (t) => {
  const [box, key] = [new Box('box-6'), newKey()];
  await box.says(box.body(50, [item()]), 10);
  await box.says(box.body(1, [item({ result: 'failed' })]), 20, { key });
  const { otherKey } = await box.says(box.body(2, [item({ result: 'trial' })]), 30, { key });
  const ask = async (body: object, token = 'x') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${base}/internal/trust`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as { error?: { code: string } } };
  };
  const right = otherKey?.sha256.slice(0, 16);
  t.is((await ask({ device: 'box-6', key: right }, 'y')).status, 401);
  t.is((await ask({ device: 'box-6', key: '0'.repeat(15) })).status, 400);
  t.like(await ask({ device: 'box-6', key: '0'.repeat(16) }), { status: 422, body: { error: { code: 'TRUST_KEY' } } });
  t.like(await ask({ device: 'box-1', key: right }), { status: 422 });
  t.is((await shown('box-6')).result, null);
  t.like(await ask({ device: 'box-6', key: right }), { status: 200, body: { counter: 2, key: otherKey?.sha256 } });
  const now = await shown('box-6');
  t.like(now, { result: 'trial', otherKey: null, key: { sha256: otherKey?.sha256 }, report: { counter: 2 } });
  t.like(await box.says(box.body(3, [item()]), 40, { key }), { result: 'success' });
  t.regex((await box.says(box.body(51, [item()]), 50)).reason ?? '', /another key/);
});

test.serial('the same report delivered twice is one, and no replay', async (t) => {
  const box = new Box('box-3');
  const text = JSON.stringify(signReport(box.body(1, [item()]), newKey()));
  const line = encodeEnvelope({
    ...{ v: 1, device: 'box-3', lane: 'case', epoch: '0123456789abcdef', seq: 1, low: 1, kind: 'report' },
    ...{ at: 5, boot: 'b', mono: 6, clock: 'held', text },
  });
  const message = () => decodeMessage(deviceTopics('bozhou', 'box-3').report, Buffer.from(line));
  await storeBatch(db, [message(), message()], 1);
  t.like(await storeBatch(db, [message()], 2), { rejects: [], duplicates: 1, acks: [{ upTo: 1 }] });
  t.like(await shown('box-3'), { result: 'success', refused: null });
});

const metadata = (name: string, signed: object) =>
  writeFileSync(join(repository, 'metadata', name), JSON.stringify({ signatures: [], signed }));
function publish(version: number, counter: number): void {
  const custom = { kind: 'profile', name: 'street', version: `v${counter}`, counter, hardware: ['any'], place: 'p' };
  const part = { custom: { ...custom, kind: 'model', counter: 99, part: true } };
  const targets = {
    a: { custom },
    b: { custom: { ...custom, counter: 1 } },
    c: part,
    d: { custom: { kind: 'other' } },
  };
  metadata(`${version}.targets.json`, { targets });
  metadata(`${version}.snapshot.json`, { meta: { 'targets.json': { version } } });
  metadata('timestamp.json', { version, meta: { 'snapshot.json': { version } } });
}

test.serial('a repository may come later; a device that never reported is shown what it offers', async (t) => {
  watch.start();
  t.deepEqual([watch.state.offer, watch.state.fault], [null, null]);
  mkdirSync(join(repository, 'metadata'), { recursive: true });
  mkdirSync(join(repository, 'targets/model'), { recursive: true });
  const first = once(news, 'offer');
  publish(4, 2);
  await first;
  await new Box('box-4').born(['vehicle']);
  t.deepEqual((await shown('box-4')).wanted, [{ kind: 'profile', name: 'street', version: 'v2', counter: 2 }]);
  writeFileSync(join(repository, 'metadata/timestamp.json'), 'torn');
  while (watch.state.fault === null) await wait(20);
  t.regex(watch.state.fault ?? '', /timestamp\.json: it is not JSON/);
  const second = once(news, 'offer');
  publish(5, 3);
  await second;
  t.deepEqual(pokes, [4, 5]);
  t.like(watch.state, { fault: null });
});

test.serial(
  'a repository at an address is looked at too, and a fault is told without losing what is known',
  async (t) => {
    const source = parseSource(`${base}/updates`, (path) => path);
    const far = new RepositoryWatch(source, () => news.emit('far'));
    t.teardown(() => far.close());
    const offered = once(news, 'far');
    far.start();
    await offered;
    t.deepEqual(far.state.offer, watch.state.offer);
    const none = new RepositoryWatch(parseSource(`${base}/nowhere`, String), () => t.fail());
    t.teardown(() => none.close());
    none.start();
    while (none.state.fault === null) await wait(20);
    t.regex(none.state.fault ?? '', /timestamp\.json: the server answers 404/);
  },
);

test('a source is a folder or an http address without a password', (t) => {
  const resolve = (path: string) => `/at/${path}`;
  t.deepEqual(parseSource('r', resolve), { kind: 'folder', path: '/at/r' });
  t.deepEqual(parseSource('http://h/r', resolve), { kind: 'url', url: 'http://h/r/' });
  for (const bad of ['ftp://h/r', 'http://u:p@h/', 'http://'])
    t.throws(() => parseSource(bad, resolve), { code: 'USAGE' });
});

test('every device is told each version once, late ones too, and all again when the broker may have forgotten', async (t) => {
  const told: string[] = [];
  let open = true;
  const poke = new Poke((topic, payload) => {
    const device = topic.split('/')[3]!;
    if (open) told.push(`${device} ${JSON.parse(payload).timestamp}`);
    if (open) news.emit(device);
    return open;
  });
  poke.known('c', 'a');
  poke.version(1);
  poke.known('c', 'b');
  poke.known('c', 'a');
  poke.version(1);
  t.deepEqual(told.splice(0), ['a 1', 'b 1']);
  open = false;
  poke.version(2);
  poke.version(3);
  open = true;
  await once(news, 'b');
  t.deepEqual(told.splice(0), ['a 3', 'b 3']);
  poke.all();
  t.deepEqual(told, ['a 3', 'b 3']);
  poke.close();
});

test('a range is what RFC 9110 says', (t) => {
  t.deepEqual(parseRange('bytes=0-4', 10), [0, 4]);
  t.deepEqual(parseRange('bytes=4-', 10), [4, 9]);
  t.deepEqual(parseRange('bytes=4-99', 10), [4, 9]);
  t.deepEqual(parseRange('bytes=-3', 10), [7, 9]);
  t.deepEqual(parseRange('bytes=-30', 10), [0, 9]);
  for (const none of ['bytes=10-', 'bytes=-0']) t.is(parseRange(none, 10), 'none');
  for (const whole of [undefined, 'bytes=', 'bytes=-', 'bytes=5-4', 'bytes=0-1,3-4', 'lines=1-2']) {
    t.is(parseRange(whole, 10), null);
  }
});

/** The path goes out as it is written: fetch would tidy it. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; body: string; headers: NodeJS.Dict<string | string[]> }>((done, fail) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    asked.on('error', fail).end();
  });
}

test.serial("the repository's files are served whole and by ranges, and nothing beside them", async (t) => {
  writeFileSync(join(repository, 'targets/model/abc.card.yaml'), '0123456789');
  writeFileSync(join(repository, 'targets/.hidden'), 'secret');
  writeFileSync(join(repository, 'secret'), 'secret');
  writeFileSync(join(repository, 'targets/empty'), '');
  symlinkSync(join(repository, 'secret'), join(repository, 'targets/link'));
  const at = '/updates/targets/model/abc.card.yaml';
  const whole = await get(at);
  t.like(whole, { status: 200, body: '0123456789', headers: { 'accept-ranges': 'bytes', 'content-length': '10' } });
  const part = await get(at, { range: 'bytes=7-' });
  t.like(part, { status: 206, body: '789', headers: { 'content-range': 'bytes 7-9/10', 'content-length': '3' } });
  t.like(await get(at, { range: 'bytes=10-' }), { status: 416, headers: { 'content-range': 'bytes */10' } });
  t.is((await get(at, { range: 'bytes=7-', 'if-range': '"old"' })).body, '0123456789');
  t.is((await get(at, { 'if-none-match': String(whole.headers['etag']) })).status, 304);
  t.like(await get(at, {}, 'HEAD'), { status: 200, body: '', headers: { 'content-length': '10' } });
  t.like(await get('/updates/targets/empty'), { status: 200, body: '' });
  t.is((await get('/updates/metadata/timestamp.json')).status, 200);
  for (const path of [
    ...['targets/../secret', 'targets/%2e%2e/secret', 'targets/..%2fsecret', 'targets/model/../../secret', 'secret'],
    ...['targets/link', 'targets/.hidden', 'targets/model', 'targets/', 'targets//etc/passwd', 'targets/a%00b'],
    ...['targets/%5c..%5csecret', `targets/${'a/'.repeat(40)}b`, '../secret'],
  ]) {
    const { status, body } = await get(`/updates/${path}`);
    t.true([400, 404].includes(status), `${path}: ${status}`);
    t.false(body.includes('secret'));
  }
  t.is((await get(at, {}, 'PUT')).status, 404);
});
