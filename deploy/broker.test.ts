import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as dial } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import { deviceTopics } from '../contract/index.ts';
import { eventually, finish, freePort, listening, node24, program, ROOT, tempDir } from '../test/chain-rig.ts';
import { startBroker } from './broker.ts';
import { centreUser, deviceUser } from './broker-users.ts';
import { matches } from './topic-pattern.ts';

const one = deviceTopics('bozhou', 'box-1');
const two = deviceTopics('bozhou', 'box-2');

async function broker(t: ExecutionContext) {
  const users = [deviceUser('bozhou', 'box-1', 'p1'), deviceUser('bozhou', 'box-2', 'p2'), centreUser('pc')];
  const made = await startBroker({ host: '127.0.0.1', port: 0, users });
  t.teardown(() => made.close());
  return made;
}

async function client(t: ExecutionContext, port: number, user: string, more = {}): Promise<MqttClient> {
  const made = await connectAsync(`mqtt://${user}@127.0.0.1:${port}`, {
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...more,
  });
  made.on('error', () => undefined);
  t.teardown(() => made.endAsync(true));
  return made;
}

test('patterns: a topic or a subscription lies within, or it does not', (t) => {
  t.true(matches('kerb/v1/+/+/up/#', 'kerb/v1/a/b/up/case'));
  t.true(matches('kerb/v1/+/+/up/#', 'kerb/v1/+/+/up/#'));
  t.true(matches('a/b/#', 'a/b/+/c'));
  t.false(matches('a/+/up', 'a/#'));
  t.false(matches('a/b/up/#', 'a/+/up/#'));
  t.false(matches('a/b', 'a/b/c'));
  t.false(matches('#', '$SYS/x'));
  t.false(matches('a/#', '$share/g/a/b'));
});

test('a device writes below its own up/ and reads its own down/; all else is refused and counted, its connection stays', async (t) => {
  const at = await broker(t);
  const centre = await client(t, at.port, 'centre:pc');
  const got: string[] = [];
  centre.on('message', (topic) => got.push(topic));
  await centre.subscribeAsync('kerb/v1/+/+/up/#', { qos: 1 });
  const box = await client(t, at.port, 'box-1:p1');
  await box.publishAsync(two.lane('case'), '{}', { qos: 1, retain: true });
  await box.publishAsync(one.ack, '{}', { qos: 1 });
  await box.publishAsync(one.lane('case'), 'x'.repeat(1024 * 1024 + 1), { qos: 1 });
  await box.publishAsync(one.lane('case'), '{}', { qos: 1 });
  await eventually('the good one', () => got[0] ?? null);
  t.deepEqual(got, [one.lane('case')]);
  t.true(box.connected);
  const refused = await box.subscribeAsync([two.down, 'kerb/#', '#', '$share/g/kerb/#']).catch(() => null);
  t.is(refused, null);
  t.like(at.refused, { publish: 2, oversized: 1, subscribe: 4 });
  // Retained under a foreign name: it was not kept.
  const late = await client(t, at.port, 'centre:pc');
  const seen: string[] = [];
  late.on('message', (topic) => seen.push(topic));
  await late.subscribeAsync('kerb/v1/+/+/up/#', { qos: 1 });
  await box.publishAsync(one.status, '{}', { qos: 1 });
  await eventually('status', () => (seen.includes(one.status) ? true : null));
  t.deepEqual(seen, [one.status]);
});

test('a command comes from the centre alone and reaches its box alone; the answer goes up from that box alone', async (t) => {
  const at = await broker(t);
  const centre = await client(t, at.port, 'centre:pc');
  const [first, second] = [await client(t, at.port, 'box-1:p1'), await client(t, at.port, 'box-2:p2')];
  const got: [who: string, topic: string][] = [];
  for (const [who, from, topics] of [
    ['centre', centre, ['kerb/v1/+/+/up/#']],
    ['box-1', first, [one.down]],
    ['box-2', second, [two.down]],
  ] as const) {
    from.on('message', (topic) => got.push([who, topic]));
    await from.subscribeAsync([...topics], { qos: 1 });
  }
  await second.publishAsync(one.command, '{}', { qos: 1 });
  await first.publishAsync(one.command, '{}', { qos: 1 });
  await second.publishAsync(one.reply('c1'), '{}', { qos: 1 });
  await centre.publishAsync(one.reply('c1'), '{}', { qos: 1 });
  t.is(at.refused.publish, 4);
  await centre.publishAsync(one.command, '{}', { qos: 1 });
  await first.publishAsync(one.reply('c1'), '{}', { qos: 1 });
  await eventually('both', () => (got.length >= 2 ? true : null));
  t.deepEqual(got.sort(), [
    ['box-1', one.command],
    ['centre', one.reply('c1')],
  ]);
});

test('a will under a foreign name is not spoken, a wrong password does not get in', async (t) => {
  const at = await broker(t);
  const centre = await client(t, at.port, 'centre:pc');
  const got: string[] = [];
  centre.on('message', (topic) => got.push(topic));
  await centre.subscribeAsync('kerb/v1/+/+/up/#', { qos: 1 });
  const box = await client(t, at.port, 'box-1:p1', {
    will: { topic: two.status, payload: Buffer.from('{}'), qos: 1, retain: true },
  });
  box.stream.destroy();
  await eventually('counted', () => (at.refused.publish === 1 ? true : null));
  t.deepEqual(got, []);
  await t.throwsAsync(
    connectAsync(`mqtt://box-1:p2@127.0.0.1:${at.port}`, { protocolVersion: 4, reconnectPeriod: 0 }, false),
  );
  t.is(at.refused.login, 1);
});

test('a connection that announces more than a message may hold is closed before it is read', async (t) => {
  const at = await broker(t);
  const socket = dial(at.port, '127.0.0.1');
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  socket.on('error', () => undefined);
  socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1]));
  await closed;
  t.is(at.refused.oversized, 1);
});

test('what waits for a subscriber that is away is bounded', async (t) => {
  const at = await broker(t);
  const session = { clean: false, clientId: 'kept' };
  const first = await client(t, at.port, 'centre:pc', session);
  await first.subscribeAsync('kerb/v1/+/+/up/#', { qos: 1 });
  await first.endAsync();
  const box = await client(t, at.port, 'box-1:p1');
  for (let i = 0; i < 25; i++) {
    await Promise.all(Array.from({ length: 100 }, () => box.publishAsync(one.lane('telemetry'), '{}', { qos: 1 })));
  }
  await eventually('dropped', () => (at.refused.waiting >= 500 ? true : null));
  t.is(at.refused.waiting, 500);
});

test('as a program: nothing on stdout, one line for a bad file or a taken port, gone at once on SIGTERM', async (t) => {
  const dir = tempDir(t);
  const port = await freePort();
  const file = join(dir, 'broker.json');
  writeFileSync(file, JSON.stringify({ host: '127.0.0.1', port, users: [] }));
  const script = join(ROOT, 'deploy/broker.ts');
  const running = program(t, node24, [script, file]);
  await listening(port);
  const taken = await finish(node24, [script, file]);
  t.is(taken.status, 2);
  t.regex(taken.stderr, /^broker: [^\n]*the port is taken[^\n]*\n$/);
  t.is(taken.stdout, '');
  t.is(await running.end('SIGTERM'), 0);
  writeFileSync(file, '{"port": 1, "other": 2}');
  for (const args of [[file], [join(dir, 'none')], []]) {
    const { status, stderr } = await finish(node24, [script, ...args]);
    t.is(status, 2);
    t.is(stderr.trim().split('\n').length, 1);
  }
});
