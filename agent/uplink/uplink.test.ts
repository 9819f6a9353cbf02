import test, { type ExecutionContext } from 'ava';
import { connectAsync, type MqttClient } from 'mqtt';
import {
  type Ack,
  decodeEnvelopes,
  deviceTopics,
  type Envelope,
  type Lane,
  type Status,
} from '../../contract/index.ts';
import { startBroker } from '../../deploy/broker.ts';
import { centreUser, deviceUser } from '../../deploy/broker-users.ts';
import { eventually, freePort, mosquitto, tempDir } from '../../test/chain-rig.ts';
import { type LaneSource, Uplink, type UplinkLimits } from './index.ts';
import { EPOCH, MemoryLane } from './testing.ts';

const CITY = 'bozhou';
const DEVICE = 'box-1';
const topics = deviceTopics(CITY, DEVICE);

/** The other end: what came, in order, and a way to answer. */
class Peer {
  readonly client: MqttClient;
  readonly got: { topic: string; lines: (Envelope | { error: string })[]; payload: Buffer }[] = [];
  status: Status[] = [];

  constructor(client: MqttClient) {
    this.client = client;
    client.on('message', (topic, payload) => {
      if (topic === topics.status) this.status.push(JSON.parse(payload.toString()) as Status);
      else this.got.push({ topic, payload, lines: decodeEnvelopes(payload.toString()) });
    });
  }

  seqs(lane: Lane): number[] {
    return this.got.flatMap(({ lines }) =>
      lines.flatMap((line) => ('seq' in line && line.lane === lane ? line.seq : [])),
    );
  }

  ack(lane: Lane, upTo: number, epoch = EPOCH, device = DEVICE): void {
    const ack: Ack = { v: 1, kind: 'ack', device, lane, epoch, upTo };
    this.client.publish(topics.ack, JSON.stringify(ack), { qos: 1 });
  }
}

async function peer(t: ExecutionContext, url: string, protocolVersion: 4 | 5): Promise<Peer> {
  const client = await connectAsync(url, { protocolVersion, reconnectPeriod: 100 });
  t.teardown(() => client.endAsync(true));
  const made = new Peer(client);
  await client.subscribeAsync(`${topics.base}/up/#`, { qos: 1 });
  return made;
}

function uplink(t: ExecutionContext, broker: string, lanes: LaneSource[], limits: Partial<UplinkLimits> = {}): Uplink {
  const made = new Uplink({
    city: CITY,
    device: DEVICE,
    broker,
    lanes,
    birth: () => ({ version: '1', boot: 'boot', roles: ['camera'] as const }),
    clock: { wall: () => 1_800_000_000_000, mono: () => performance.now() },
    random: () => 0.5,
    limits: { spread: 50, backoff: 50, backoffMax: 200, ...limits },
  });
  t.teardown(() => made.close());
  return made;
}

async function aedes(t: ExecutionContext, port = 0) {
  const broker = await startBroker({
    host: '127.0.0.1',
    port,
    users: [deviceUser(CITY, DEVICE, 'pw'), centreUser('cw')],
  });
  t.teardown(() => broker.close());
  const at = (user: string) => `mqtt://${user}@127.0.0.1:${broker.port}`;
  return { broker, device: at(`${DEVICE}:pw`), centre: at('centre:cw') };
}

test('a broker that knows only 3.1.1 gets 3.1.1 at once, mosquitto gets 5; the birth is retained', async (t) => {
  const { device, centre } = await aedes(t);
  const old = uplink(t, device, [new MemoryLane('case', 1)]);
  old.start();
  const other = await peer(t, centre, 4);
  await eventually('record', () => other.got[0] ?? null);
  t.is(old.state().state, 'online');
  t.is(old.state().protocol, 4);
  t.is(old.counters().sessions, 1);
  t.false(old.state().broker.includes('pw'));
  await eventually('birth', () => other.status[0] ?? null);
  t.like(other.status[0], { online: true, device: DEVICE, at: 1_800_000_000_000 });

  const dir = tempDir(t);
  const port = await freePort();
  await mosquitto(t, dir, port);
  const fresh = uplink(t, `mqtt://127.0.0.1:${port}`, []);
  fresh.start();
  await eventually('online', () => (fresh.state().state === 'online' ? true : null));
  t.is(fresh.state().protocol, 5);
});

test('PUBACK moves nothing: without the centre a lane is sent again, with it the cursor moves and the sending ends', async (t) => {
  const { device, centre } = await aedes(t);
  const other = await peer(t, centre, 4);
  const lane = new MemoryLane('case', 3);
  const link = uplink(t, device, [lane], { ackTimeout: 100 });
  link.start();
  await eventually('sent again', () => (other.seqs('case').length >= 6 ? true : null));
  t.deepEqual(other.seqs('case').slice(0, 6), [1, 2, 3, 1, 2, 3]);
  t.deepEqual(lane.acks, []);
  other.ack('case', 2);
  await eventually('the rest alone', () =>
    other.seqs('case').slice(-1)[0] === 3 && lane.acks.length === 1 ? true : null,
  );
  other.ack('case', 3);
  await link.untilEmpty();
  t.deepEqual(lane.acks, [2, 3]);
  t.true(link.counters().lanes.case.resent >= 3);
});

test('acknowledgements of another device, epoch, lane or of what never was change nothing', async (t) => {
  const { device, centre } = await aedes(t);
  const other = await peer(t, centre, 4);
  const lane = new MemoryLane('case', 3);
  const link = uplink(t, device, [lane]);
  link.start();
  await eventually('sent', () => (other.seqs('case').length === 3 ? true : null));
  other.ack('case', 3, 'ffffffffffffffff');
  other.ack('case', 4);
  other.ack('alarm', 3);
  other.ack('case', 3, EPOCH, 'box-2');
  other.client.publish(topics.ack, '{"v":9}');
  other.client.publish(topics.ack, Buffer.alloc(9000, 65));
  other.ack('case', 1);
  await eventually('the true one', () => (lane.acks.length > 0 ? true : null));
  t.deepEqual(lane.acks, [1]);
  t.is(link.counters().bad_down, 3);
});

test('what was evicted is told by low, also when all before it was acknowledged and the rest was sent already', async (t) => {
  const { device, centre } = await aedes(t);
  const other = await peer(t, centre, 4);
  const lane = new MemoryLane('telemetry');
  for (const seq of [1, 2, 10, 11]) lane.add(seq);
  const link = uplink(t, device, [lane]);
  link.start();
  await eventually('sent', () => (other.seqs('telemetry').length === 4 ? true : null));
  lane.ack = (_, upTo) => {
    lane.low = upTo < 10 ? 10 : upTo + 1;
  };
  other.ack('telemetry', 2);
  const told = await eventually(
    'low',
    () => other.got.flatMap(({ lines }) => lines).find((l) => 'low' in l && l.low === 10) ?? null,
  );
  t.like(told, { seq: 10, low: 10 });
  other.ack('telemetry', 11);
  await link.untilEmpty();
  t.pass();
});

test('a centre that acknowledges nothing gets a bounded number of messages, and alarms go all the same', async (t) => {
  const dir = tempDir(t);
  const port = await freePort();
  await mosquitto(t, dir, port);
  const other = await peer(t, `mqtt://127.0.0.1:${port}`, 5);
  const telemetry = new MemoryLane('telemetry', 400);
  const link = uplink(t, `mqtt://127.0.0.1:${port}`, [telemetry, new MemoryLane('alarm', 2)], {
    messageRecords: 1,
    unacked: 40,
  });
  link.start();
  await eventually('window', () => (other.seqs('telemetry').length >= 40 ? true : null));
  // Nothing is acknowledged, so the lane stops at its bound.
  t.is(new Set(other.seqs('telemetry')).size, 40);
  t.deepEqual(
    other.seqs('telemetry').slice(0, 40),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  t.deepEqual(other.seqs('alarm'), [1, 2]);
  other.ack('telemetry', 40);
  await eventually('the next', () => (new Set(other.seqs('telemetry')).size === 80 ? true : null));
});

test('a broker that goes and comes back finds the uplink again, with all that was not acknowledged; the will speaks', async (t) => {
  const first = await aedes(t);
  const lane = new MemoryLane('case', 2);
  const link = uplink(t, first.device, [lane]);
  link.start();
  await eventually('online', () => (link.state().state === 'online' ? true : null));
  await first.broker.close();
  await eventually('offline', () => (link.state().state !== 'online' ? true : null));
  lane.add();
  const second = await aedes(t, first.broker.port);
  const other = await peer(t, second.centre, 4);
  await eventually('all again', () => (new Set(other.seqs('case')).size === 3 ? true : null));
  await eventually('birth', () => other.status.at(-1) ?? null);
  t.true(other.status.at(-1)?.online);
  await link.close();
  await eventually('goodbye', () => (other.status.at(-1)?.online === false ? true : null));
  t.pass();
});
