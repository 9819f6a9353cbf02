// Each node by itself, in Node-RED's own test helper, with a made link to the agent.
import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import test from 'ava';
import { type LocalCase, type LocalReply, pointSchema } from '../../contract/index.ts';
import register from './kerb.node.ts';
import { type FlowLink, type LinkEvents, setLink } from './link.ts';
import type { Msg } from './red.ts';
import { pointTextOf } from './testing.ts';

interface TestNode extends EventEmitter {
  receive(msg: Msg): void;
  status: { lastCall: { args: [{ fill?: string; text?: string }] } };
}
interface Helper {
  init(path: string): void;
  load(nodes: unknown, flow: object[], done: () => void): void;
  unload(): Promise<void>;
  getNode(id: string): TestNode;
}
const require = createRequire(import.meta.url);
const helper = require('node-red-node-test-helper') as Helper;
helper.init(require.resolve('node-red'));

const ok: LocalReply = { v: 1, kind: 'local-reply', request: 'r', ok: true };

class MadeLink extends EventEmitter<LinkEvents> implements FlowLink {
  up = true;
  known = true;
  open = new Map<string, LocalCase>();
  refused = 0;
  asked: unknown[] = [];
  fail: Error | undefined;
  refuse() {
    this.refused++;
  }
  #answer<T>(asked: unknown, value: T): Promise<T> {
    this.asked.push(asked);
    return this.fail ? Promise.reject(this.fail) : Promise.resolve(value);
  }
  setLine(line: string, on: boolean) {
    return this.#answer([line, on], ok);
  }
  makeCase(draft: unknown) {
    return this.#answer(draft, { ...ok, id: 'case-1' });
  }
  snapshot(camera?: string) {
    const head = { v: 1, kind: 'local-snapshot', request: 'r', mime: 'image/jpeg', masked: { persons: 3 } } as const;
    const jpeg = Buffer.from([255, 216]);
    return this.#answer(camera, { ...head, camera: camera ?? 'first', at: 9, bytes: 2, jpeg });
  }
}

const caseOf = (id: string, code = '09009', zone = 'z'): LocalCase => ({
  v: 1,
  kind: 'local-case',
  open: true,
  id,
  code,
  at: 1,
  until: 2,
  camera: 'c',
  zone,
  class: 'car',
  name: { zh: '停', en: 'parked' },
});

/** One node under test, `n`, wired to a helper node that keeps what it is sent. */
async function load(link: MadeLink, config: object) {
  setLink(link);
  const flow = [
    { id: 'n', wires: [['out']], ...config },
    { id: 'out', type: 'helper' },
  ];
  await new Promise<void>((resolve) => helper.load(register, flow, resolve));
  const node = helper.getNode('n');
  const out = helper.getNode('out');
  const sent: Msg[] = [];
  out.on('input', (msg: Msg) => sent.push(msg));
  const next = async () => ((await once(out, 'input')) as [Msg])[0];
  const status = () => node.status.lastCall.args[0];
  return { node, sent, next, status };
}

test.afterEach.always(() => helper.unload());

test.serial('kerb event: those that pass the filter', async (t) => {
  const link = new MadeLink();
  const { next, sent, status } = await load(link, { type: 'kerb event', code: '04, 0900', zone: 'north' });
  const event = { v: 1, kind: 'event', id: 'e', code: '09009', zone: 'north' } as unknown as LinkEvents['event'][0];
  const first = next();
  link.emit('event', { ...event, zone: 'south' });
  link.emit('event', { ...event, code: '05001' });
  link.emit('event', event);
  t.like(await first, { topic: '09009', payload: { id: 'e' } });
  t.is(sent.length, 1);
  t.like(status(), { fill: 'green', text: '09009 north' });
  link.up = false;
  link.emit('down');
  t.is(status().fill, 'grey');
});

test.serial('kerb case in: state at the start, then each change with the count', async (t) => {
  const link = new MadeLink();
  link.open.set('old', caseOf('old'));
  link.open.set('other', caseOf('other', '04001'));
  const { next } = await load(link, { type: 'kerb case in', code: '09009' });
  const told = async (change: () => void) => {
    const one = next();
    change();
    return (await one).payload as { change: string; open: number; case?: LocalCase };
  };
  t.deepEqual(await told(() => {}), { change: 'state', open: 1 });
  const opened = await told(() => link.emit('open', link.open.set('new', caseOf('new'))));
  t.like(opened, { change: 'opened', open: 2, case: { id: 'new', open: true } });
  link.open.delete('old');
  t.like(await told(() => link.emit('open', link.open)), {
    change: 'closed',
    open: 1,
    case: { id: 'old', open: false },
  });
  link.emit('down');
  link.open.clear();
  t.deepEqual(await told(() => link.emit('open', link.open)), { change: 'state', open: 0 });
});

test.serial('kerb telemetry: the point as it is', async (t) => {
  const link = new MadeLink();
  const { next, status } = await load(link, { type: 'kerb telemetry' });
  const point = pointSchema.parse(JSON.parse(pointTextOf()));
  const first = next();
  link.emit('telemetry', point);
  t.deepEqual((await first).payload, point);
  t.is(status().text, '30 km/h');
});

test.serial('kerb case out: taken, refused by the contract, refused by the box', async (t) => {
  const link = new MadeLink();
  const { node, next, status } = await load(link, { type: 'kerb case out', code: '09009' });
  const taken = next();
  node.receive({ payload: { certainty: 0.5, zone: 'z' } });
  t.deepEqual((await taken).payload, { id: 'case-1' });
  t.deepEqual(link.asked, [{ code: '09009', certainty: 0.5, zone: 'z' }]);
  for (const bad of [{ code: '12' }, { certainty: 7 }, { more: 1 }, { place: { lon: 999, lat: 0 } }]) {
    node.receive({ payload: bad });
    await once(node, 'call:error');
    t.is(status().fill, 'red');
  }
  t.is(link.refused, 4);
  t.is(link.asked.length, 1);
  link.fail = new Error('no matter has the code 09009');
  node.receive({ payload: {} });
  await once(node, 'call:error');
  t.regex(status().text ?? '', /no matter/);
});

test.serial('kerb line: switches by true, 1 and "on"; sets again after a broken link; off at its end', async (t) => {
  const link = new MadeLink();
  const { node, status } = await load(link, { type: 'kerb line', line: 'lamp' });
  const settled = () => once(node, 'call:status');
  for (const [given, on] of [
    [true, true],
    ['off', false],
    [1, true],
  ] as const) {
    node.receive({ payload: given });
    await settled();
    t.deepEqual(link.asked.at(-1), ['lamp', on]);
    t.is(status().fill, on ? 'yellow' : 'grey');
  }
  node.receive({ payload: 'perhaps' });
  await once(node, 'call:error');
  t.is(link.asked.length, 3);
  link.emit('up');
  while (link.asked.length < 4) await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(link.asked.at(-1), ['lamp', true]);
  await helper.unload();
  t.deepEqual(link.asked.at(-1), ['lamp', false]);
  t.is(link.listenerCount('up'), 0);
});

test.serial('kerb snapshot: one picture at a time', async (t) => {
  const link = new MadeLink();
  const { node, next, status } = await load(link, { type: 'kerb snapshot', camera: 'pole-2' });
  const first = next();
  const refused = once(node, 'call:error');
  node.receive({ topic: 'a' });
  node.receive({ topic: 'b' });
  const picture = await first;
  t.like(picture, { topic: 'a', camera: 'pole-2', at: 9, masked: { persons: 3 } });
  t.deepEqual(picture.payload, Buffer.from([255, 216]));
  await refused;
  link.fail = new Error('camera pole-2 is down');
  node.receive({});
  await once(node, 'call:error');
  t.regex(status().text ?? '', /is down/);
});
