import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type Command, commandSchema, deviceTopics, KerbError, type Reply } from '../contract/index.ts';
import { type CommandRequest, endOverdue, issueCommand, markSent, readCommands } from './commands.ts';
import { Courier } from './courier.ts';
import type { Db } from './db.ts';
import { openPglite } from './db-pglite.ts';
import { decodeMessage } from './decode.ts';
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
  const at = { now: NOW, mono: 0, online: true };
  const made = new Courier({
    db,
    now: () => at.now,
    mono: () => at.mono,
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
    await made.born((await say(true)).births);
    t.is(sent.length, 1);
    t.is(sent[0]?.topic, topics.command);
    t.deepEqual(await turn(), []);
    at.mono = 15_000;
    t.deepEqual(await turn(), [id]);
    at.mono = 30_000;
    t.deepEqual(await turn(), [], 'the wait doubles');
    await made.born((await say(true)).births);
    t.is(sent.length, 3, 'but a birth ends it');
    at.online = false;
    at.mono = 1e9;
    t.deepEqual(await turn(), []);
    at.online = true;
    t.is((await answer(id, 'done', { result: { n: 1 } })).replies, 1);
    t.deepEqual(await turn(), []);
    t.like(await read(id), { state: 'done', by: 'box', result: { n: 1 }, sends: 3, device });
    await made.close();
  },
);

test.serial('the centre ends alone only what it has never sent', async (t) => {
  const { device, ask, read, answer } = await heard(false);
  const never = await ask({ expires_s: 10 });
  const was = await ask({ expires_s: 10 });
  await markSent(db, [was.id], NOW);
  await endOverdue(db, NOW + 9_999);
  t.is((await read(never.id))?.state, 'waiting');
  await endOverdue(db, NOW + 10_000);
  t.like(await read(never.id), { state: 'expired', by: 'centre' });
  t.like(await read(was.id), { state: 'waiting', by: null });
  await answer(was.id, 'done');
  t.like(await read(was.id), { state: 'done', by: 'box' });

  const old = await ask({ replaces: 'light' });
  const begun = await ask({ replaces: 'lamp' });
  await markSent(db, [begun.id], NOW);
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
    await markSent(db, [id], NOW);
  };
  for (const key of ['light', null, 'lamp', 'light', 'light', null]) await give(key === null ? {} : { replaces: key });
  const { made, sent } = courier();
  await made.born((await say(true)).births);
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
