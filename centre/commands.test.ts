import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type Command, commandSchema, deviceTopics, KerbError, type Reply } from '../contract/index.ts';
import { readCommands } from './command-list.ts';
import { type CommandRequest, endOverdue, issueCommand } from './commands.ts';
import { Courier } from './courier.ts';
import type { Db } from './db.ts';
import { openPglite } from './db-pglite.ts';
import { decodeMessage } from './decode.ts';
import { startHttp } from './http.ts';
import { Live } from './live.ts';
import { Metrics } from './metrics.ts';
import { migrate } from './migrations.ts';
import { readCounts } from './queries.ts';
import { storeBatch } from './store.ts';

const dir = mkdtempSync(join(tmpdir(), 'kerbside-commands-'));
const NOW = 1_800_000_000_000;
let db: Db;

test.before(async () => {
  db = await openPglite(join(dir, 'pg'));
  await migrate(db);
});
test.after.always(async () => {
  await db?.close();
  rmSync(dir, { recursive: true, force: true });
});

const up = (topic: string, payload: unknown) =>
  decodeMessage(topic, Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)));

let boxes = 0;
/** A box that no other test uses, as the centre hears it. */
async function heard(online = true) {
  const device = `box-${++boxes}`;
  const topics = deviceTopics('bozhou', device);
  const say = (is: boolean) =>
    storeBatch(
      db,
      [up(topics.status, { v: 1, kind: 'status', device, online: is, at: 1, version: '1', boot: 'b', roles: [] })],
      NOW,
    );
  await say(online);
  let n = 0;
  const ask = (more: Partial<CommandRequest> = {}, now = NOW) =>
    issueCommand(db, { id: `${device}-${++n}`, device, name: 'ping', ...more }, now);
  const answer = (id: string, state: Reply['state'] = 'done', more: object = {}) => {
    const reply = { v: 1, kind: 'reply', id, device, state, at: 5, clock: 'held', ...more };
    return storeBatch(db, [up(topics.reply(id), reply)], NOW + 9);
  };
  const read = async (id: string) => (await readCommands(db, { id }))[0];
  return { device, topics, say, ask, answer, read };
}

/** A courier whose clock and link are the test's. */
function courier() {
  const sent: { topic: string; command: Command }[] = [];
  const at = { now: NOW, online: true };
  const made = new Courier({
    db,
    now: () => at.now,
    online: () => at.online,
    publish: (topic, payload) => sent.push({ topic, command: commandSchema.parse(JSON.parse(payload)) }),
    onFault: (line) => {
      throw new Error(line);
    },
  });
  const turn = async () => {
    const before = sent.length;
    await made.wake();
    return sent.slice(before).map(({ command }) => command.id);
  };
  return { sent, at, made, turn };
}

/** As if it had been sent to a box that was there. */
const wasSent = (id: string) =>
  db.query('update commands set sends = sends + 1, sent = $2::float8, due = $2::float8 + 15000 where id = $1', [
    id,
    NOW,
  ]);

const code = (error: unknown) => (error instanceof KerbError ? error.code : String(error));

test.serial('a command is kept once by its id, numbered by order, also when the clock goes back', async (t) => {
  const { device, ask, read } = await heard();
  const first = await ask({ id: 'once', expires_s: 60, params: {} });
  t.like(first, { state: 'waiting', device, expires: NOW + 60_000, sends: 0, by: null });
  t.is((await ask({ id: 'once', expires_s: 99 }, NOW + 5)).expires, NOW + 60_000);
  await ask({}, NOW - 10 * 365 * 86_400_000);
  const orders = await db.query<{ ord: number }>(
    'select ord::float8 as ord from commands where device = $1 order by nr',
    [device],
  );
  t.deepEqual(
    orders.map(({ ord }) => ord),
    [NOW, NOW + 1],
  );
  const other = await heard();
  t.is(code(await t.throwsAsync(other.ask({ id: 'once' }))), 'COMMAND_ID');
  t.is((await read('once'))?.device, device);
});

test.serial('what cannot be meant is refused before it is kept', async (t) => {
  const { ask, device } = await heard();
  const wrong: Record<string, unknown>[] = [
    { device: 'nobody' },
    { name: 'Ping' },
    { params: { x: 1 } },
    { name: 'drain-rate', params: { bytes_per_s: -1 } },
    { name: 'drain-rate' },
    { name: 'snapshot', params: { camera: '../x' } },
    { guard: {} },
    { guard: { weather: 'dry' } },
    { expires_s: 0 },
    { params: { x: 'y'.repeat(17_000) }, name: 'later' },
    { extra: 1 },
  ];
  for (const more of wrong) {
    const error = await t.throwsAsync(ask(more as Partial<CommandRequest>), undefined, JSON.stringify(more));
    t.regex(code(error), /^COMMAND_(REQUEST|DEVICE)$/, JSON.stringify(more));
  }
  t.deepEqual(await readCommands(db, { device }), []);
  await t.notThrowsAsync(ask({ name: 'of-a-later-version', params: { a: [1] } }));
  for (let i = 0; i < 99; i++) await ask();
  t.is(code(await t.throwsAsync(ask())), 'COMMAND_FULL');
  await db.query('delete from commands where device = $1', [device]);
});

test.serial(
  'sent at once, again by a slow timer, at once at each birth, and no more when it is answered',
  async (t) => {
    await db.query('delete from commands');
    const { device, ask, answer, say, topics, read } = await heard(false);
    const { sent, at, made, turn } = courier();
    const { id } = await ask();
    t.deepEqual(await turn(), [], 'nobody is there');
    t.is((await read(id))?.sends, 0);
    await say(true);
    t.deepEqual(await turn(), [id]);
    t.is(sent[0]?.topic, topics.command);
    t.deepEqual(await turn(), []);
    at.now += 15_000;
    t.deepEqual(await turn(), [id]);
    at.now += 15_000;
    t.deepEqual(await turn(), [], 'the wait doubles');
    await say(true);
    t.deepEqual(await turn(), [id], 'but a birth ends it');
    at.now -= 10 * 365 * 86_400_000;
    t.deepEqual(await turn(), [id], 'a clock that goes back holds up none');
    at.now = NOW + 30_000;
    at.online = false;
    at.now += 1e6;
    t.deepEqual(await turn(), []);
    at.online = true;
    t.is((await answer(id, 'done', { result: { n: 1 } })).replies, 1);
    t.deepEqual(await turn(), []);
    t.like(await read(id), { state: 'done', by: 'box', result: { n: 1 }, sends: 4, device });
    await made.close();
  },
);

test.serial('the centre ends alone only what it has never sent', async (t) => {
  const { device, ask, read, answer } = await heard(false);
  const never = await ask({ expires_s: 10 });
  const was = await ask({ expires_s: 10 });
  await wasSent(was.id);
  await endOverdue(db, NOW + 9_999);
  t.is((await read(never.id))?.state, 'waiting');
  await endOverdue(db, NOW + 10_000);
  t.like(await read(never.id), { state: 'expired', by: 'centre' });
  t.like(await read(was.id), { state: 'waiting', by: null });
  await answer(was.id, 'done');
  t.like(await read(was.id), { state: 'done', by: 'box' });

  const old = await ask({ replaces: 'light' });
  const begun = await ask({ replaces: 'lamp' });
  await wasSent(begun.id);
  const other = await ask();
  const fresh = await ask({ replaces: 'light' });
  await ask({ replaces: 'lamp' });
  t.like(await read(old.id), { state: 'replaced', by: 'centre', reason: `never sent: replaced by ${fresh.id}` });
  t.is((await read(begun.id))?.state, 'waiting');
  t.is((await read(other.id))?.state, 'waiting');

  await endOverdue(db, NOW + 31 * 86_400_000);
  t.like(await read(begun.id), { state: 'unanswered', by: 'centre' });
  await answer(begun.id, 'replaced', { reason: 'late' });
  t.like(await read(begun.id), { state: 'replaced', by: 'box', reason: 'late' });
  t.deepEqual(await courier().turn(), [], 'it is away');
  await db.query('delete from commands where device = $1', [device]);
});

test.serial('what a newer one takes the place of is sent after it, all else in order of issue', async (t) => {
  const { device, ask, say } = await heard();
  const ids: string[] = [];
  const give = async (more: Partial<CommandRequest>) => {
    const { id } = await ask(more);
    ids.push(id);
    await wasSent(id);
  };
  for (const key of ['light', null, 'lamp', 'light', 'light', null]) await give(key === null ? {} : { replaces: key });
  const { turn, sent } = courier();
  await say(true);
  await turn();
  const order = sent.filter(({ command }) => command.device === device).map(({ command }) => ids.indexOf(command.id));
  t.deepEqual(order, [1, 2, 4, 5, 0, 3]);
});

test.serial(
  'one end for good: the same reply again is no fault, another one and those of strangers are refused',
  async (t) => {
    const mine = await heard();
    const other = await heard();
    const { id } = await mine.ask();
    t.like(await other.answer(id), { replies: 0, rejects: [{ kind: 'reply', device: other.device }] });
    t.is((await mine.read(id))?.state, 'waiting');
    t.like(await mine.answer('nothing'), { replies: 0, rejects: [{ kind: 'reply' }] });
    t.like(await mine.answer(id, 'failed', { reason: 'no' }), { replies: 1, rejects: [] });
    t.like(await mine.answer(id, 'failed', { reason: 'no' }), { replies: 0, rejects: [] });
    t.like(await mine.answer(id, 'done'), { replies: 0, rejects: [{ kind: 'reply' }] });
    t.like(await mine.read(id), { state: 'failed', reason: 'no' });

    const good = { v: 1, kind: 'reply', id: 'x', device: mine.device, state: 'done', at: 1, clock: 'held' };
    const at = mine.topics.reply('x');
    const bad: [string, unknown][] = [
      [at, ''],
      [at, 'null'],
      [at, '{"v":1'],
      [at, { ...good, v: 2 }],
      [at, { ...good, state: 'waiting' }],
      [at, { ...good, device: other.device }],
      [at, { ...good, id: 'y' }],
      [at, { ...good, result: { x: 'z'.repeat(17_000) } }],
      [at, { ...good, reason: 'z'.repeat(501) }],
    ];
    const batch = bad.map(([topic, payload]) => up(topic, payload));
    t.true(batch.every(({ reply, rejects }) => reply === null && rejects.length === 1 && rejects[0]?.kind === 'reply'));
    await storeBatch(db, batch, NOW);
    t.is(up(`${at}/more`, good).rejects[0]?.kind, 'topic');
    t.is(up(`${mine.topics.base}/up/reply`, good).rejects[0]?.kind, 'topic');
    const counted = (await readCounts(db)).rejects.filter(({ kind }) => kind === 'reply');
    t.like(
      counted.find(({ device }) => device === mine.device),
      { count: bad.length + 2 },
    );
  },
);

test.serial('over HTTP: reading is open, giving needs the token, faults have names', async (t) => {
  const { device, read } = await heard();
  let issued = 0;
  const http = await startHttp({
    db,
    metrics: new Metrics(() => true),
    live: new Live(),
    token: 'secret',
    port: 0,
    started: NOW,
    now: () => NOW,
    link: () => ({ online: true, broker: '', reason: '' }),
    onCommand: () => issued++,
    updates: () => null,
    repository: null,
  });
  t.teardown(() => http.close());
  const url = (path: string) => `http://127.0.0.1:${http.port}${path}`;
  const give = async (body: unknown, token = 'secret') => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url('/internal/commands'), { method: 'POST', headers, body: text });
    return { status: response.status, body: (await response.json()) as { id?: string; error?: { code: string } } };
  };
  const good = { id: 'http-1', device, name: 'ping' };
  t.is((await give(good, 'guessed')).status, 401);
  t.is((await give('{"id":')).status, 400);
  t.is((await give({ ...good, params: 'x'.repeat(70_000) })).status, 413);
  t.like(await give({ ...good, device: 'nobody' }), { status: 422, body: { error: { code: 'COMMAND_DEVICE' } } });
  t.like(await give({ ...good, name: '' }), { status: 422, body: { error: { code: 'COMMAND_REQUEST' } } });
  t.is(issued, 0);
  t.is(await read('http-1'), undefined);
  t.like(await give(good), { status: 200, body: { id: 'http-1' } });
  t.like(await give(good), { status: 200, body: { id: 'http-1' } });
  t.is(issued, 2);

  const list = async (query: string) => {
    const response = await fetch(url(`/api/commands?${query}`));
    return response.ok ? ((await response.json()) as { id: string }[]).map(({ id }) => id) : response.status;
  };
  t.deepEqual(await list(`device=${device}`), ['http-1']);
  t.deepEqual(await list(`device=${device}&state=waiting`), ['http-1']);
  t.deepEqual(await list(`device=${device}&state=ended`), []);
  for (const bad of ['limit=0', 'limit=501', 'before=x', 'state=lost', 'device=%2e%2e/x'])
    t.is(await list(bad), 400, bad);
  const one = (token: string) =>
    fetch(url('/internal/commands/http-1'), { headers: { authorization: `Bearer ${token}` } });
  t.is((await one('guessed')).status, 401);
  t.like(await (await one('secret')).json(), { id: 'http-1', state: 'waiting' });
  const script = await fetch(url('/commands.js'));
  t.regex(script.headers.get('content-type') ?? '', /javascript/);
  t.regex(await script.text(), /from '\.\/vehicles\.js'|commandItem/);
});
