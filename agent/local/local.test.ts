// The local broker with real clients: who may what, what is said, and what a flood or a silent reader costs.
import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import mqtt from 'mqtt';
import {
  type Case,
  caseSchema,
  type FlowsAlive,
  LOCAL,
  localOpenSchema,
  localReplySchema,
} from '../../contract/index.ts';
import { caseOfFlow, LocalBus, type LocalBusOptions } from './index.ts';
import { Frames } from './meter.ts';

const place = { lon: 115.7, lat: 33.8, text: { zh: '街', en: 'street' } };
const words = { zh: '停', en: 'parked' };

function made(id: string): Case {
  const nameOf = () => words;
  const draft = { v: 1 as const, request: id, code: '09009', certainty: 1 };
  return { ...caseOfFlow(draft, { device: 'd', site: 's', camera: 'c', place, nameOf }, 1000), id };
}

async function box(t: ExecutionContext, more: Partial<LocalBusOptions> = {}) {
  const calls: string[] = [];
  const alive: FlowsAlive[] = [];
  const bus = new LocalBus({
    users: [{ name: 'flows', password: 'right password' }],
    mono: () => performance.now(),
    onFlows: (value) => alive.push(value),
    commands: {
      line: (name, on) => {
        if (name === 'none') throw new Error('no line "none"');
        calls.push(`${name} ${on}`);
      },
      snapshot: async () => ({ camera: 'c', at: 5, jpeg: Uint8Array.of(255, 216, 10, 7), masked: { persons: 1 } }),
      case: async (draft) => {
        calls.push(`case ${draft.code}`);
        return { id: 'made-1' };
      },
    },
    ...more,
  });
  const { port } = await bus.start();
  t.teardown(() => bus.stop());
  const client = async (password = 'right password', options: mqtt.IClientOptions = {}) => {
    const made = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
      username: 'flows',
      password,
      clientId: 'flows',
      protocolVersion: 4,
      reconnectPeriod: 0,
      ...options,
    });
    t.teardown(() => made.end(true));
    made.on('error', () => {});
    await new Promise((resolve, reject) => {
      made.on('connect', resolve);
      made.on('close', () => reject(new Error('closed')));
    });
    return made;
  };
  return { bus, port, client, calls, alive };
}

/** The next message on a topic. */
function next(client: mqtt.MqttClient, topic: string | RegExp): Promise<Buffer> {
  return new Promise((resolve) => {
    client.on('message', (name, payload) => {
      if (typeof topic === 'string' ? name === topic : topic.test(name)) resolve(payload);
    });
  });
}

/** However it ends. */
function closeOf(stream: { on(name: 'close', run: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => stream.on('close', resolve));
}

const json = async (payload: Promise<Buffer>) => JSON.parse((await payload).toString('utf8')) as unknown;

test('a client without the password does not come in', async (t) => {
  const { bus, client } = await box(t);
  await t.throwsAsync(client('wrong password'));
  await t.throwsAsync(client(''));
  t.is(bus.counters.refused, 2);
});

test('cases are told as they open and close, and whoever comes late gets the list', async (t) => {
  const { bus, client } = await box(t);
  const early = await client();
  const listed = new Promise<void>((resolve) => {
    early.on('message', (_, payload) => {
      if (localOpenSchema.parse(JSON.parse(payload.toString('utf8'))).cases.length > 0) resolve();
    });
  });
  await early.subscribeAsync(LOCAL.open);
  bus.case(made('one'), true);
  bus.case(made('two'), true);
  bus.case(made('one'), false);
  await listed; // the list follows changes a little later, and once
  const late = await client();
  const list = next(late, LOCAL.open);
  await late.subscribeAsync(LOCAL.outAll);
  const open = localOpenSchema.parse(await json(list));
  t.deepEqual(
    open.cases.map(({ id }) => id),
    ['two'],
  );
  const told = next(late, LOCAL.case);
  bus.case(made('three'), true);
  t.like(await json(told), { id: 'three', open: true, code: '09009' });
});

test('requests: done, refused with the reason, or none of the contract', async (t) => {
  const { bus, client, calls } = await box(t);
  const flows = await client();
  await flows.subscribeAsync([LOCAL.replyAll, LOCAL.snapshotAll]);
  const ask = async (topic: string, request: string, body: object) => {
    const reply = json(next(flows, LOCAL.reply(request)));
    flows.publish(topic, JSON.stringify({ v: 1, request, ...body }));
    return localReplySchema.parse(await reply);
  };
  t.true((await ask(LOCAL.setLine, 'r1', { line: 'lamp', on: true })).ok);
  t.like(await ask(LOCAL.setLine, 'r2', { line: 'none', on: true }), { ok: false, reason: 'no line "none"' });
  t.like(await ask(LOCAL.makeCase, 'r3', { code: '09009', certainty: 1 }), { ok: true, id: 'made-1' });
  t.regex((await ask(LOCAL.makeCase, 'r4', { code: '9', certainty: 1 })).reason ?? '', /code/);
  t.regex((await ask(LOCAL.setLine, 'r5', { line: 'lamp', on: 'yes', more: 1 })).reason ?? '', /on/);
  const picture = next(flows, LOCAL.snapshot('r6'));
  t.true((await ask(LOCAL.askSnapshot, 'r6', {})).ok);
  const bytes = await picture;
  const head = bytes.indexOf(10);
  t.like(JSON.parse(bytes.subarray(0, head).toString()), { camera: 'c', bytes: 4, masked: { persons: 1 } });
  t.deepEqual([...bytes.subarray(head + 1)], [255, 216, 10, 7]);
  t.deepEqual(calls, ['lamp true', 'case 09009']);
  t.is(bus.counters.invalid, 2);
});

test('flows read and say only what is theirs; the editor is not theirs to open', async (t) => {
  const { bus, client } = await box(t);
  const flows = await client();
  await t.throwsAsync(flows.subscribeAsync('#'));
  await t.throwsAsync(flows.subscribeAsync('kerb/local/in/#'));
  await flows.subscribeAsync([LOCAL.editorAll, LOCAL.outAll]);
  const seen: string[] = [];
  flows.on('message', (topic) => seen.push(topic));
  const last = next(flows, LOCAL.editorClose);
  await flows.publishAsync(LOCAL.editorOpen, '{"v":1,"minutes":5,"password":"guess me"}', { qos: 1 });
  await flows.publishAsync(LOCAL.event, '{}', { qos: 1 });
  await flows.publishAsync('$SYS/x', '{}', { qos: 1 });
  bus.closeEditor();
  await last;
  t.deepEqual(
    seen.filter((topic) => topic !== LOCAL.open),
    [LOCAL.editorClose],
  );
  t.is(bus.counters.forbidden, 5);
});

test('the heartbeat of flows is known, and its end too', async (t) => {
  const { bus, client, alive } = await box(t);
  const will = { topic: LOCAL.alive, payload: Buffer.from('{"v":1,"online":false}'), qos: 0 as const, retain: true };
  const flows = await client(undefined, { will });
  const beat: FlowsAlive = {
    v: 1,
    online: true,
    pid: 1,
    since: 1,
    node_red: '5',
    safe: false,
    running: true,
    editor: { open: false },
    rss: 1,
    ends: { count: 0 },
    nodes: 3,
    dropped: 0,
    refused: 0,
    faults: [],
  };
  await flows.publishAsync(LOCAL.alive, JSON.stringify(beat), { qos: 1, retain: true });
  t.deepEqual(bus.flows, beat);
  await flows.publishAsync(LOCAL.alive, '{"v":1,"online":"maybe"}', { qos: 1 });
  t.is(bus.counters.invalid, 1);
  flows.stream.destroy();
  while (bus.flows.online) await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(alive.at(-1), { v: 1, online: false });
});

test('a flood is not read faster than the limit, and does not hold up the agent', async (t) => {
  const { bus, client, calls } = await box(t, { limits: { requests: 5, messages: 200 } });
  const flows = await client();
  const order = JSON.stringify({ v: 1, request: 'r', line: 'lamp', on: true });
  const from = performance.now();
  for (let i = 0; i < 20_000; i++) flows.publish(LOCAL.setLine, order);
  let worst = 0;
  for (let last = performance.now(); last - from < 2000; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  }
  t.log(`longest turn ${Math.round(worst)} ms; ${calls.length} switched, ${bus.counters.dropped} dropped`);
  t.true(bus.counters.paused > 0);
  t.true(bus.counters.dropped > 0);
  t.true(calls.length <= 5 + 5 * 4, 'as many as the limit lets through in two to three seconds');
  t.true(calls.length + bus.counters.dropped < 5000, 'most of the flood waits in its sender');
});

test('a message that announces itself too large, or is no MQTT, costs the connection alone', async (t) => {
  const { bus, port, client } = await box(t);
  const flows = await client();
  flows.publish(LOCAL.makeCase, Buffer.alloc(200_000, 120));
  await closeOf(flows);
  t.is(bus.counters.cut, 1);
  const junk = connectSocket(port, '127.0.0.1');
  junk.on('error', () => {});
  junk.write(Buffer.alloc(1000, 0xff));
  await closeOf(junk);
  t.is(bus.counters.cut, 2);
  await client();
  t.pass('and the next client comes in');
});

test('a client that reads nothing is cut off; the agent keeps nothing for it', async (t) => {
  const { bus, port } = await box(t, { limits: { unread: 64 * 1024 } });
  const silent = connectSocket(port, '127.0.0.1');
  silent.on('error', () => {});
  const text = (value: string) => [0, value.length, ...Buffer.from(value)];
  const message = (type: number, body: number[]) => Uint8Array.from([type, body.length, ...body]);
  silent.write(
    message(0x10, [...text('MQTT'), 4, 0xc2, 0, 60, ...text('flows'), ...text('flows'), ...text('right password')]),
  );
  silent.write(message(0x82, [0, 1, ...text(LOCAL.outAll), 0]));
  await once(silent, 'data'); // let in
  silent.pause();
  const closed = closeOf(silent);
  const many = Array.from({ length: 500 }, (_, i) => made(`case-${i}`));
  for (let round = 0; bus.counters.cut === 0 && round < 500; round++) {
    for (const one of many) bus.case(one, round % 2 === 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.is(bus.counters.cut, 1);
  silent.resume();
  await closed;
  bus.case(made('after'), true);
  t.pass('and the agent goes on');
});

test('a burst with nobody listening is bounded, not fatal', async (t) => {
  const { bus } = await box(t);
  const one = made('a');
  for (let i = 0; i < 100_000; i++) bus.case(one, i % 2 === 0);
  await new Promise((resolve) => setImmediate(resolve));
  const before = bus.counters.unsent;
  bus.case(one, true);
  t.is(bus.counters.unsent, before);
});

test("what a flow reports becomes the contract's case, the same each time", (t) => {
  const nameOf = (code: string) => (code === '09009' ? words : undefined);
  const where = { device: 'd', site: 's', camera: 'c', place, nameOf };
  const draft = { v: 1 as const, request: 'r-1', code: '09009', certainty: 0.5, zone: 'z' };
  const one = caseOfFlow(draft, where, 1000);
  t.notThrows(() => caseSchema.parse(one));
  t.deepEqual(caseOfFlow(draft, where, 1000), one);
  t.throws(() => caseOfFlow({ ...draft, code: '99999' }, where, 1000), { code: 'FLOW_CASE' });
  t.throws(() => caseOfFlow({ ...draft, at: Number.NaN }, where, 1000), { code: 'FLOW_CASE' });
});

test('MQTT framing is followed over any cut of the bytes', (t) => {
  const ping = [0xc0, 0];
  const publish = [0x30, 0x80 + 2, 1, ...new Array<number>(130).fill(7)];
  const bytes = Uint8Array.from([...ping, ...publish, ...ping]);
  for (const size of [1, 2, 3, 50, 1000]) {
    const frames = new Frames(1000);
    let ended = 0;
    for (let i = 0; i < bytes.length; i += size) ended += frames.feed(bytes.subarray(i, i + size));
    t.is(ended, 3, `in pieces of ${size}`);
  }
  t.is(new Frames(100).feed(bytes), -1);
  t.is(new Frames(1e9).feed(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0xff)), -1);
});
