import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import type { Lane } from '../../contract/index.ts';
import { Buffers } from './buffers.ts';
import { LaneWay } from './lane-way.ts';
import { MemoryLane, pointTextOf } from './testing.ts';
import { LIMITS } from './types.ts';

/** A sender whose clock stands still until it is told to go on. */
function rig(lane: Lane) {
  const source = new MemoryLane(lane);
  let now = 1000;
  const way = new LaneWay(source, {
    from: { city: 'bozhou', device: 'box-1', anchorOf: () => null },
    limits: LIMITS,
    messageBytes: () => 60_000,
    buffers: new Buffers(),
    mono: () => now,
    onReady: () => undefined,
    onFault: (text) => {
      throw new Error(text);
    },
  });
  const flows = [...way.senders.values()];
  const stop = new AbortController();
  void way.watch(stop.signal);
  way.start();
  return {
    source,
    way,
    inFlight: () => flows.reduce((sum, sender) => sum + sender.inFlight, 0),
    add: async (count: number) => {
      for (let i = 0; i < count; i++) {
        source.add(undefined, { kind: 'telemetry', text: pointTextOf(source.nextSeq) });
      }
      await settled();
    },
    /** ms pass, then the uplink's tick */
    pass: async (ms: number) => {
      now += ms;
      way.tick();
      await settled();
    },
    taken: () => {
      const sender = flows.find(({ ready }) => ready);
      const taken = sender?.take();
      return (
        taken && {
          first: taken.message.first,
          records: taken.message.records,
          confirm: () => sender!.puback(taken.sent),
        }
      );
    },
    end: () => stop.abort(),
  };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

test('points of a running session wait for company, but not longer than they may', async (t) => {
  const { add, pass, taken, end } = rig('telemetry');
  // What waited when the session began goes at once.
  await add(1);
  taken()!.confirm();
  await add(1);
  t.falsy(taken());
  await pass(LIMITS.gather - 1);
  await add(2);
  t.falsy(taken());
  await pass(1);
  const message = taken();
  t.is(message?.records, 3);
  message?.confirm();
  await pass(LIMITS.gather);
  t.falsy(taken());
  end();
});

test('on a thin link points gather until the message before is confirmed; a full message never waits', async (t) => {
  const { add, pass, taken, end } = rig('telemetry');
  await add(1);
  const first = taken();
  t.is(first?.records, 1);
  await add(20);
  await pass(3 * LIMITS.gather);
  t.falsy(taken());
  first!.confirm();
  await settled();
  t.is(taken()?.records, 20);
  await add(1200);
  t.is(taken()?.records, LIMITS.packedRecords);
  await settled();
  t.is(taken()?.records, LIMITS.packedRecords);
  await settled();
  // 200 are left: enough to go.
  t.is(taken()?.records, 200);
  end();
});

test('what the centre does not acknowledge is sent again, though newer messages keep going and being taken', async (t) => {
  const { way, inFlight, source, add, pass, taken, end } = rig('telemetry');
  await add(1);
  taken()!.confirm();
  let again = 0;
  // A broker that took the first message for a centre that was not there yet.
  for (let ms = 0; ms <= LIMITS.ackTimeout && again === 0; ms += LIMITS.gather) {
    await add(1);
    await pass(LIMITS.gather);
    const message = taken();
    if (message && message.records > 1) again = message.records;
    message?.confirm();
  }
  t.is(again, source.nextSeq - 1);
  t.is(inFlight(), 0);
  t.true(way.ack(source.epoch, source.nextSeq - 1, []));
  t.true(way.empty);
  end();
});

test('one that was lost is sent again, though the centre acknowledges every newer one', async (t) => {
  const { way, source, add, pass, taken, end } = rig('telemetry');
  await add(1);
  taken()!.confirm();
  let lost = 0;
  for (let ms = 0; ms <= 2 * LIMITS.ackTimeout && lost === 0; ms += LIMITS.gather) {
    await add(1);
    await pass(LIMITS.gather);
    for (let message = taken(); message; message = taken()) {
      if (message.first === 1) lost = message.records;
      message.confirm();
      const seq = source.nextSeq - 1;
      if (lost === 0) t.true(way.ack(source.epoch, 0, [[2, seq]]));
      await settled();
    }
  }
  t.is(lost, 1, 'it alone: the others are there');
  t.true(way.ack(source.epoch, source.nextSeq - 1, []));
  t.true(way.empty);
  end();
});

test('a message of an earlier life that is confirmed late counts nothing', async (t) => {
  const { inFlight, add, pass, taken, end } = rig('telemetry');
  await add(1);
  taken()!.confirm();
  await add(1);
  await pass(LIMITS.gather);
  const late = taken();
  t.is(inFlight(), 1);
  await pass(LIMITS.ackTimeout);
  const again = taken();
  t.is(again?.records, 2);
  late!.confirm();
  t.is(inFlight(), 1);
  again!.confirm();
  t.is(inFlight(), 0);
  end();
});

test('other lanes never wait', async (t) => {
  const { source, taken, end } = rig('alarm');
  for (const seq of [1, 2]) {
    source.add(seq);
    await settled();
    t.is(taken()?.records, 1);
  }
  end();
});
