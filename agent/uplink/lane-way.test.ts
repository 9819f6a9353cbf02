import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { Buffers } from './buffers.ts';
import { LaneWay } from './lane-way.ts';
import type { Flow } from './schedule.ts';
import { EPOCH, MemoryLane, pointTextOf } from './testing.ts';
import { LIMITS } from './types.ts';

async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await turn();
}

function rig(count: number) {
  const source = new MemoryLane('telemetry');
  const add = (more: number) => {
    for (let i = 0; i < more; i++) source.add(undefined, { kind: 'telemetry', text: pointTextOf(source.nextSeq) });
  };
  add(count);
  let now = 1000;
  const way = new LaneWay(source, {
    from: { city: 'bozhou', device: 'box-1', anchorOf: () => null },
    limits: { ...LIMITS, gather: 0 },
    messageBytes: () => 60_000,
    buffers: new Buffers(),
    mono: () => now,
    onReady: () => undefined,
    onFault: (text) => {
      throw new Error(text);
    },
  });
  /** what a flow sends next, confirmed by the broker: first and last number */
  const take = async (flow: Flow): Promise<[number, number] | null> => {
    await settled();
    const sender = way.senders.get(flow)!;
    const taken = sender.ready ? sender.take() : null;
    if (taken) sender.puback(taken.sent);
    return taken && [taken.message.first, taken.message.last];
  };
  const wait = (ms: number) => {
    now += ms;
    way.tick();
  };
  return { source, way, add, take, wait };
}

test('a new session sends what the centre holds above its watermark not again, and reads not even over it', async (t) => {
  const { source, way, take } = rig(3000);
  way.start();
  t.deepEqual(await take('backlog'), [1, 500]);
  t.is(await take('live'), null);
  way.stop();
  t.true(way.ack(EPOCH, 100, [[201, 2900]]));
  way.start();
  t.deepEqual(await take('backlog'), [101, 200]);
  t.deepEqual(await take('backlog'), [2901, 3000]);
  t.is(await take('backlog'), null);
  t.true(way.ack(EPOCH, 200, []));
  t.deepEqual(source.acks, [100, 2900]);
  t.false(way.empty);
  t.true(way.ack(EPOCH, 3000, []));
  t.true(way.empty);
});

test('a live reader that falls far behind hands what it has not sent to the backlog, and what is new goes first again', async (t) => {
  const { way, add, take, wait } = rig(0);
  way.start();
  add(7000);
  for (const sender of way.senders.values()) sender.more();
  t.deepEqual(await take('live'), [1, 500]);
  t.is(await take('backlog'), null);
  wait(61_000);
  add(300);
  for (const sender of way.senders.values()) sender.more();
  t.deepEqual(await take('live'), [7001, 7300]);
  t.deepEqual(await take('backlog'), [1, 500]);
  // Nothing was lost on the way from one reader to the other.
  t.true(way.ack(EPOCH, 0, [[7001, 7300]]));
  const sent = [];
  for (let next = await take('backlog'); next; next = await take('backlog')) sent.push(next);
  t.is(sent[0]?.[0], 501);
  t.is(sent.at(-1)?.[1], 7000);
  t.is(await take('live'), null);
  t.true(way.ack(EPOCH, 7000, []));
  t.true(way.empty);
});
