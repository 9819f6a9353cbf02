// Flows joined to the box, without a process of flows: what is written for them, what they may do, how they are told.
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import mqtt from 'mqtt';
import { type Case, type FlowsAlive, LOCAL, localOpenSchema, localReplySchema } from '../../../contract/index.ts';
import { Outputs } from '../../../drivers/gpio/outputs.ts';
import { tempDir } from '../../../test/chain-rig.ts';
import { CaseBook, CaseStore } from '../../cases/index.ts';
import { MADE_SITE } from '../../cases/made.ts';
import { parseYaml } from '../../config/load.ts';
import { flowsSchema } from '../../config/outputs.ts';
import { systemClock } from '../../health/clock.ts';
import { FaultLog, openLog } from '../log.ts';
import { FlowCases } from './cases.ts';
import { flowsHealth } from './health.ts';
import { RunningFlows } from './index.ts';
import { FlowsWatch } from './watch.ts';

const ALIVE: Extract<FlowsAlive, { online: true }> = {
  v: 1,
  online: true,
  pid: 7,
  since: 1000,
  node_red: '5.0.7',
  safe: false,
  running: true,
  editor: { open: false },
  rss: 120e6,
  ends: { count: 0 },
  nodes: 4,
  dropped: 0,
  refused: 0,
  faults: [],
};

const until = async (what: string, good: () => boolean) => {
  for (const end = performance.now() + 20_000; !good(); ) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((next) => setTimeout(next, 10));
  }
};

/** A box with one fake line and flows that are no process. */
async function box(
  t: ExecutionContext,
  folder = join(tempDir(t), 'flows'),
  yaml = 'ready: lamp',
  store = new CaseStore(null),
) {
  const clock = systemClock();
  const outputs = await Outputs.open(
    [{ id: 'lamp', gpio: 'fake', inverted: false }],
    () => Promise.reject(),
    clock.wall,
  );
  const book = new CaseBook({ store });
  const made: Case[] = [];
  const flows = new RunningFlows({
    role: parseYaml(yaml, flowsSchema, 'box.yaml', 'box')!,
    folder,
    clock,
    outputs,
    book,
    device: 'd',
    site: () => MADE_SITE,
    position: () => null,
    faults: new FaultLog({ ...openLog('test'), warn: () => {} }, clock.mono),
    onCase: (one) => made.push(one),
    snapshot: async (camera = 'cam1') => ({ camera, at: 5, jpeg: Uint8Array.of(255, 216, 1), masked: { persons: 1 } }),
    onChange: () => {},
    offAfterMs: 30,
  });
  await flows.start();
  t.teardown(() => flows.close());
  const config = () => JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as { broker: { url: string } };
  const join_ = async () => {
    const password = readFileSync(join(folder, 'bus-password'), 'utf8').trim();
    const client = await mqtt.connectAsync(config().broker.url, {
      username: 'flows',
      password,
      clientId: 'flows',
      protocolVersion: 4,
    });
    t.teardown(() => client.endAsync(true));
    return client;
  };
  return { flows, outputs, folder, config, made, store, join: join_ };
}

test('what flows start from is written whole, for its owner only, and stays the same over restarts', async (t) => {
  const first = await box(t);
  const { folder } = first;
  for (const file of ['config.json', 'bus-password', 'secret'])
    t.is(statSync(join(folder, file)).mode & 0o777, 0o600, file);
  t.like(first.config(), {
    user_dir: '.',
    secret_file: 'secret',
    editor: { port: 1880 },
    memory_mb: 256,
    ready: 'lamp',
  });
  const before = readFileSync(join(folder, 'config.json'), 'utf8');
  const { ino } = statSync(join(folder, 'config.json'));
  await first.flows.close();
  const again = await box(t, folder);
  t.is(readFileSync(join(folder, 'config.json'), 'utf8'), before, 'the same port, the same password');
  t.is(statSync(join(folder, 'config.json')).ino, ino, 'not even written');
  await again.flows.close();

  // its port is taken meanwhile: another one, and flows that still run start anew
  const { url } = again.config().broker;
  const server = createServer();
  await new Promise<void>((done) => server.listen(Number(new URL(url).port), '127.0.0.1', done));
  t.teardown(() => server.close());
  const third = await box(t, folder);
  t.not(third.config().broker.url, url);
  t.is(third.flows.state().faults.length, 0);
});

test('a configured port that is taken is named, and stops nothing', async (t) => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const { flows } = await box(t, undefined, `bus_port: ${port}`);
  t.like(flows.state(), { state: 'starting', faults: [{ code: 'LOCAL_PORT' }] });
  t.is(flowsHealth(flows.state(), [], Date.now())[1]?.id, 'flow-local-port');
  const error = await t.throwsAsync(flows.openEditor(5));
  t.is((error as { code?: string }).code, 'FLOWS_GONE');
});

test('flows are told of every open case at their start; what they ask for is done', async (t) => {
  const folder = join(tempDir(t), 'flows');
  const first = await box(t, folder);
  const made = new FlowCases({
    device: 'd',
    site: () => MADE_SITE,
    position: () => null,
    book: new CaseBook({ store: first.store }),
    wall: () => 5000,
    mono: () => 0,
    onCase: () => {},
  });
  const { id } = await made.take({ v: 1, request: 'r', code: '09009', certainty: 1 });
  await first.flows.close();
  const { join: enter, outputs, made: seen } = await box(t, folder, 'ready: lamp', first.store);
  const client = await enter();
  const heard: [string, Buffer][] = [];
  client.on('message', (topic, payload) => heard.push([topic, payload]));
  await client.subscribeAsync(LOCAL.outAll);
  const said = (topic: string) => heard.find(([name]) => name === topic)?.[1];
  await until('the list', () => said(LOCAL.open) !== undefined);
  t.deepEqual(
    localOpenSchema.parse(JSON.parse(said(LOCAL.open)!.toString())).cases.map((one) => one.id),
    [id],
  );

  const ask = async (topic: string, request: string, body: object) => {
    client.publish(topic, JSON.stringify({ v: 1, request, ...body }));
    await until(request, () => said(LOCAL.reply(request)) !== undefined);
    return localReplySchema.parse(JSON.parse(said(LOCAL.reply(request))!.toString()));
  };
  t.like(await ask(LOCAL.setLine, 'l-1', { line: 'lamp', on: true }), { ok: true });
  t.is(outputs.now()[0]?.state, 1);
  const refused = await ask(LOCAL.setLine, 'l-2', { line: 'horn', on: true });
  t.regex(refused.reason ?? '', /no such output line \(it has: lamp\)/);
  t.like(await ask(LOCAL.askSnapshot, 's-1', {}), { ok: true });
  t.like(await ask(LOCAL.makeCase, 'c-1', { code: '09009', certainty: 0.8, zone: 'gate' }), { ok: true });
  t.like(seen[0], { code2013: '04-09', zone_name: { en: 'Gate' }, place: { grid: '341602001001001' }, evidence: [] });
  t.like(await ask(LOCAL.makeCase, 'c-2', { code: '99999', certainty: 1 }), { ok: false });
  t.like(await ask(LOCAL.makeCase, 'c-3', { code: '09009', certainty: 1, camera: 'nowhere' }), { ok: false });
  const future = await ask(LOCAL.makeCase, 'c-4', { code: '09009', certainty: 1, at: Date.now() + 1e6 });
  t.regex(future.reason ?? '', /its time has not come yet/);
});

test('a line that flows left on goes off when no flow runs any more, and not before', async (t) => {
  const { join: enter, outputs, flows } = await box(t);
  const client = await enter();
  const say = (alive: FlowsAlive) => client.publish(LOCAL.alive, JSON.stringify(alive));
  say(ALIVE);
  await until('running', () => flows.state().state === 'running');
  outputs.set('lamp', true);
  say({ ...ALIVE, nodes: 5 });
  await until('heard again', () => flows.state().nodes === 5);
  t.is(outputs.now()[0]?.state, 1);
  say({ ...ALIVE, pid: 8, running: false, safe: true, ends: { count: 3, last: 'the loop hung for 3 s' } });
  await until('off', () => outputs.now()[0]?.state === 0);
  t.is(flows.state().state, 'safe');
});

test('the editor is asked for with a password that is told once, and taken for open only when flows say so', async (t) => {
  const { join: enter, flows } = await box(t);
  const client = await enter();
  const orders: { minutes: number; password: string }[] = [];
  client.on('message', (topic, payload) => topic === LOCAL.editorOpen && orders.push(JSON.parse(payload.toString())));
  await client.subscribeAsync(LOCAL.editorAll);
  const say = (editor: { open: boolean; port?: number; until?: number }) =>
    client.publish(LOCAL.alive, JSON.stringify({ ...ALIVE, editor }));
  const old = { open: true, port: 1880, until: Date.now() + 90 * 60_000 };
  say(old);
  await until('online', () => flows.state().editor.open);
  const opened = flows.openEditor(30);
  await until('the order', () => orders.length === 1);
  say(old); // an earlier opening
  const now = { open: true, port: 1881, until: Date.now() + 30 * 60_000 };
  say(now);
  t.deepEqual(await opened, {
    user: 'kerbside',
    password: orders[0]!.password,
    url: 'http://127.0.0.1:1881/',
    until: now.until,
  });
  t.regex(orders[0]!.password, /^([2-9a-z]{4}-){3}[2-9a-z]{4}$/);
  t.false(JSON.stringify(flows.state()).includes(orders[0]!.password));
  const given = t.throwsAsync(flows.openEditor(5));
  flows.closeEditor();
  t.regex((await given)!.message, /closed meanwhile/);
});

test('the same report is one case; a flow gone mad is bounded; a vehicle says where it is', async (t) => {
  const store = new CaseStore(null);
  let mono = 0;
  const told: string[] = [];
  let at: { lon: number; lat: number } | null = null;
  const cases = new FlowCases({
    device: 'd',
    site: () => null,
    position: () => at,
    book: new CaseBook({ store }),
    wall: () => 5000,
    mono: () => mono,
    onCase: ({ id }) => told.push(id),
  });
  const draft = { v: 1 as const, request: 'r-1', code: '09009', certainty: 1 };
  await t.throwsAsync(cases.take(draft), { code: 'FLOW_CASE', message: /nobody knows where/ });
  at = { lon: 115.7, lat: 33.8 };
  const one = await cases.take(draft);
  t.deepEqual(await cases.take(draft), one);
  t.deepEqual(told, [one.id]);
  t.like(store.find(one.id)?.case, { site: 'd', camera: 'flow', place: at, code2013: '04-09' });
  const many = async () => {
    for (let i = 0; ; i++) await cases.take({ ...draft, request: `m-${i}-${mono}` });
  };
  await t.throwsAsync(many(), { code: 'FLOW_CASES_MANY' });
  t.is(told.length, 199);
  mono = 20_000; // one more in 18 s
  await t.throwsAsync(many(), { code: 'FLOW_CASES_MANY' });
  t.is(told.length, 200);
});

test('health says in words how flows are: each moment of a life', (t) => {
  const watch = new FlowsWatch(0);
  const lines = (now: number) => flowsHealth(watch.state(now), [], now).map(({ id, level }) => `${id} ${level}`);
  t.deepEqual(lines(1000), ['flows warn']);
  t.deepEqual(lines(31_000), ['flows bad'], 'never seen');
  watch.take(ALIVE, 32_000);
  t.deepEqual(lines(32_000), ['flows ok']);
  t.is(watch.state(33_000).since, 32_000);
  watch.take({ v: 1, online: false }, 40_000);
  t.deepEqual(lines(41_000), ['flows warn'], 'a restart takes its time');
  t.deepEqual(lines(71_000), ['flows bad']);
  watch.take({ ...ALIVE, pid: 8, ends: { count: 1, last: 'the loop hung for 3 s' } }, 72_000);
  t.deepEqual(lines(72_000), ['flows ok', 'flow-ended warn']);
  t.deepEqual(watch.state(72_000).last_end, { at: 40_000, reason: 'the loop hung for 3 s' });
  t.deepEqual(lines(650_000), ['flows ok']);
  watch.take({ ...ALIVE, pid: 9, safe: true, running: false, ends: { count: 3, last: 'memory' } }, 700_000);
  t.deepEqual(lines(700_000), ['flows ok', 'flow-safe bad']);
  watch.take(ALIVE, 710_000);
  t.is(watch.state(710_000).last_end, null, 'mended');
  const fault = { code: 'FLOWS_MISSING_NODE', what: 'needs teleport', where: 'flows.json', remedy: 'r' };
  watch.take({ ...ALIVE, running: false, faults: [fault] }, 720_000);
  t.deepEqual(lines(720_000), ['flows ok', 'flow-flows-missing-node bad']);
  for (const line of flowsHealth(watch.state(720_000), [], 720_000)) t.regex(line.text.zh, /[一-鿿]/);
});
