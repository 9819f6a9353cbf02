// A box with flows, whole: the agent and the process of flows, kept running as on a box. A flow's case goes upstream's way
// once and lights a lamp; hostile and broken flows are named in health while cases go through; the editor by the page.
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import mqtt from 'mqtt';
import type { ApiCase, State } from '../agent/console/api.ts';
import type { EditorOpened } from '../agent/console/api-flows.ts';
import { Child } from '../agent/main/demo/child.ts';
import { ProcessFile } from '../agent/main/demo/processes.ts';
import { LOCAL, localReplySchema } from '../contract/index.ts';
import { functionFlow } from '../flows/testing.ts';
import { freePort, tempDir } from './chain-rig.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const node24 = join(root, 'scripts/node24');
const ready = JSON.parse(readFileSync(join(root, 'flows/ready/lamp.json'), 'utf8')) as { id: string }[];

/** The lamp, and a button that somebody pressed: one case at the start of flows. */
const button = [
  ...ready,
  { id: 'tab', type: 'tab', label: 'button' },
  { id: 'go', type: 'inject', z: 'tab', props: [], once: true, onceDelay: 0.1, repeat: '', wires: [['at']] },
  {
    id: 'at',
    type: 'function',
    z: 'tab',
    func: 'msg.payload = { certainty: 1, zone: "button", place: { lon: 115.7, lat: 33.8 } }; return msg;',
    outputs: 1,
    libs: [],
    wires: [['out']],
  },
  { id: 'out', type: 'kerb case out', z: 'tab', name: '', code: '09009', wires: [[]] },
];

class BoxWithFlows {
  readonly home: string;
  readonly base: string;
  readonly #agentArgs: string[];
  readonly #processes: ProcessFile;
  #agent: Child;
  #flows: Child;

  constructor(home: string, port: number) {
    this.home = home;
    this.base = `http://127.0.0.1:${port}`;
    const file = join(home, 'box.yaml');
    const lamp = '{ id: lamp, name: { zh: 灯, en: Lamp }, gpio: fake }';
    writeFileSync(
      file,
      `version: 1\ndevice: b\npage: { port: ${port} }\noutputs: [${lamp}]\nflows: { editor_port: 0, ready: lamp }\n`,
    );
    this.#processes = new ProcessFile(join(home, 'children.json'));
    this.#agentArgs = [join(root, 'agent/main/cli.ts'), 'run', '--config', file];
    this.#agent = this.#child('agent', this.#agentArgs);
    this.#flows = this.#child('flows', [join(root, 'flows/main.ts'), '--config', join(home, 'flows/config.json')]);
  }

  #child(name: string, args: string[]): Child {
    return new Child({ name, command: node24, args, env: { KERBSIDE_HOME: this.home } }, this.#processes);
  }

  async startAgent(): Promise<void> {
    const up = once(this.#agent, 'message');
    this.#agent.start();
    await up;
  }

  startFlows(): void {
    this.#flows.start();
  }

  /** As pm2 or the kernel may: at once. */
  killAgent(): void {
    process.kill(this.#agent.pid!, 'SIGKILL');
  }

  /** Another flow file, and flows that start with it. */
  async deploy(flows: unknown): Promise<void> {
    await this.#flows.stop(5000);
    await this.until('flows are gone', ({ flows: now }) => now?.state === 'gone');
    writeFileSync(join(this.home, 'flows/flows.json'), typeof flows === 'string' ? flows : JSON.stringify(flows));
    this.#flows.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#flows.stop(3000), this.#agent.stop(3000)]);
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(`${this.base}${path}`, { signal: AbortSignal.timeout(10_000) })).json()) as T;
  }

  post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  async until(what: string, good: (state: State) => boolean): Promise<State> {
    let last: State | null = null;
    for (const end = performance.now() + 60_000; performance.now() < end; ) {
      last = await this.get<State>('/api/state').catch(() => null);
      if (last && good(last)) return last;
      await new Promise((next) => setTimeout(next, 100));
    }
    throw new Error(`waited in vain: ${what}: ${JSON.stringify([last?.flows, last?.outputs, last?.health])}`);
  }

  /** A case as flows report one, by another client than they: they may hang meanwhile. */
  async report(request: string): Promise<boolean> {
    const { broker } = JSON.parse(readFileSync(join(this.home, 'flows/config.json'), 'utf8')) as {
      broker: { url: string };
    };
    const password = readFileSync(join(this.home, 'flows/bus-password'), 'utf8').trim();
    const client = await mqtt.connectAsync(broker.url, {
      username: 'flows',
      password,
      clientId: 'test',
      protocolVersion: 4,
    });
    try {
      await client.subscribeAsync(LOCAL.reply(request));
      const answer = new Promise<Buffer>((done) => client.on('message', (_, payload) => done(payload)));
      const place = { lon: 115.7, lat: 33.8 };
      client.publish(LOCAL.makeCase, JSON.stringify({ v: 1, request, code: '04001', certainty: 1, place }));
      return localReplySchema.parse(JSON.parse((await answer).toString())).ok;
    } finally {
      await client.endAsync(true);
    }
  }
}

async function box(t: ExecutionContext): Promise<BoxWithFlows> {
  const home = tempDir(t);
  const made = new BoxWithFlows(home, await freePort());
  t.teardown(() => made.stop());
  return made;
}

const lampIs = (state: 0 | 1) => (now: State) => now.outputs[0]?.state === state;
const hasLine = (id: string, value: RegExp) => (now: State) =>
  now.health.some((line) => line.id === id && value.test(line.value) && line.remedy !== undefined);

test('a flow reports a case: it is kept once and lights the lamp, also when the agent is killed', async (t) => {
  t.timeout(120_000);
  const it = await box(t);
  mkdirSync(join(it.home, 'flows'), { recursive: true });
  writeFileSync(join(it.home, 'flows/flows.json'), JSON.stringify(button));
  await it.startAgent();
  it.startFlows();
  const lit = await it.until('the lamp', lampIs(1));
  t.is(lit.flows?.state, 'running');
  const cases = await it.get<ApiCase[]>('/api/cases');
  t.is(cases.length, 1);
  t.like(cases[0], { code: '09009', code2013: '04-09', zone: 'button', upstream: 'waiting', evidence: [] });
  await it.until('the case in the outbox', ({ outbox }) => outbox.find(({ lane }) => lane === 'case')?.waiting === 1);

  it.killAgent();
  await it.until('the agent is back, and so are its flows', (now) => now.started > lit.started && lampIs(1)(now));
  const after = await it.get<ApiCase[]>('/api/cases');
  t.deepEqual(
    after.map(({ id }) => id),
    cases.map(({ id }) => id),
    'flows were not started again, so nobody pressed the button again',
  );
  const state = await it.get<State>('/api/state');
  t.is(state.outbox.find(({ lane }) => lane === 'case')?.waiting, 1, 'and nothing is handed over twice');
  t.regex(await (await fetch(`${it.base}/metrics`)).text(), /kerbside_output_on\{output="lamp"\} 1/);
});

test('hostile and broken flows are named in health; cases go through meanwhile', async (t) => {
  t.timeout(120_000);
  const it = await box(t);
  await it.startAgent();
  it.startFlows();
  await it.until('flows run', ({ flows }) => flows?.state === 'running');

  await it.deploy(functionFlow('while (1) {}'));
  let reports = 0;
  const reporting = (async () => {
    for (; reports < 5; reports++) {
      t.true(await it.report(`during-${reports}`));
      await new Promise((next) => setTimeout(next, 300));
    }
  })();
  const ended = await it.until('the end is told', hasLine('flow-ended', /the loop hung for 3 s/));
  t.is(ended.flows?.ends, 1);
  await reporting;
  t.is((await it.get<ApiCase[]>('/api/cases')).length, 5);

  await it.deploy('[{"id": "a", ');
  await it.until('the file is named', hasLine('flow-flows-file', /is not JSON/));
  await it.deploy([
    { id: 'tab', type: 'tab', label: 'x' },
    { id: 'a', type: 'teleport', z: 'tab', wires: [[]] },
  ]);
  const missing = await it.until('the node is named', hasLine('flow-flows-missing-node', /teleport/));
  t.is(missing.flows?.state, 'stopped');
  await it.deploy(ready);
  const well = await it.until('mended', ({ flows }) => flows?.state === 'running');
  t.deepEqual(
    well.health.filter(({ id }) => id.startsWith('flow')).map(({ id, level }) => [id, level]),
    [['flows', 'ok']],
  );
});

test('the editor opens through the page; at its end an old token and an open websocket are dead', async (t) => {
  t.timeout(120_000);
  const it = await box(t);
  await it.startAgent();
  const path = '/api/flows/editor';
  const early = await it.post(path, { minutes: 5 });
  t.is(early.status, 503);
  t.like(await early.json(), { code: 'FLOWS_GONE' });
  it.startFlows();
  await it.until('flows run', ({ flows }) => flows?.state === 'running');

  t.is((await it.post(path, { minutes: 5 }, { origin: 'http://evil.example' })).status, 403);
  t.is((await it.post(`${path}/close`, {}, { 'sec-fetch-site': 'cross-site' })).status, 403);
  t.is((await it.post(path, { minutes: 500 })).status, 400);
  const login = (opened: EditorOpened, password = opened.password) =>
    fetch(`${opened.url}auth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'node-red-editor',
        grant_type: 'password',
        scope: '',
        username: opened.user,
        password,
      }),
    });
  const flowsWith = (opened: EditorOpened, token: string) =>
    fetch(`${opened.url}flows`, { headers: { authorization: `Bearer ${token}` } });

  const opened = (await (await it.post(path, { minutes: 5 })).json()) as EditorOpened;
  t.is((await login(opened, 'wrong password')).status, 403);
  const { access_token: token } = (await (await login(opened)).json()) as { access_token: string };
  t.is((await flowsWith(opened, token)).status, 200);
  const shown = (await it.get<State>('/api/state')).flows!;
  t.deepEqual(shown.editor, { open: true, url: opened.url, until: opened.until });
  t.false(JSON.stringify(shown).includes(opened.password));

  const WebSocket = createRequire(import.meta.url)('ws') as typeof globalThis.WebSocket;
  const socket = new WebSocket(`${opened.url.replace('http', 'ws')}comms`);
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  const cut = new Promise((resolve) => socket.addEventListener('close', resolve));
  t.is((await it.post(`${path}/close`, {})).status, 202);
  await cut;
  await it.until('closed', ({ flows }) => flows?.editor.open === false);
  await t.throwsAsync(fetch(opened.url));

  const again = (await (await it.post(path, { minutes: 5 })).json()) as EditorOpened;
  t.not(again.password, opened.password);
  t.is((await flowsWith(again, token)).status, 401);
  t.is((await login(again, opened.password)).status, 403);
  t.is((await login(again)).status, 200);
});
