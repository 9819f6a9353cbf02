import test from 'ava';
import fc from 'fast-check';
import {
  type Anchor,
  decodeBatch,
  decodeEnvelopes,
  encodeEnvelope,
  knowsBetter,
  type Lane,
  pointText,
  type ReadBatch,
} from '../../contract/index.ts';
import { Backoff } from './backoff.ts';
import { parseBroker } from './broker-url.ts';
import { Buffers } from './buffers.ts';
import { DRAIN_MAX, DRAIN_MIN, Drain } from './drain.ts';
import { Held } from './held.ts';
import { Lines } from './lines.ts';
import { oneAtATime } from './lookup.ts';
import { Pace } from './pace.ts';
import { Packer } from './pack.ts';
import { FLOWS, type Flow, Schedule, WEIGHTS } from './schedule.ts';
import { pointTextOf } from './testing.ts';
import { Traffic, wireBytes } from './traffic.ts';
import type { WaitingRecord } from './types.ts';

const from = { city: 'bozhou', device: 'box-1', lane: 'case' as Lane, epoch: '0123456789abcdef', anchorOf: () => null };
const limits = (messageBytes: number, messageRecords: number) => ({ messageBytes, messageRecords, packedRecords: 500 });
const record = (seq: number, text: string): WaitingRecord => ({
  seq,
  kind: 'opaque',
  at: 1,
  boot: 'b',
  mono: 2,
  clock: 'held',
  text,
  bytes: null,
});

test('the wait before a reconnect is uniform: first over the spread, then below a bound that doubles; reset starts over', (t) => {
  const bounds = new Backoff({ spread: 3000, backoff: 1000, backoffMax: 8000 }, () => 0.999_999);
  const seen = Array.from({ length: 6 }, () => Math.round(bounds.next()));
  t.deepEqual(seen, [3000, 3000, 4000, 8000, 8000, 8000]);
  bounds.reset();
  t.is(Math.round(bounds.next()), 3000);
  t.is(new Backoff({ spread: 3000, backoff: 1000, backoffMax: 8000 }, () => 0).next(), 0);
});

test('a broker address is shown without its password, and a wrong one is refused by name', (t) => {
  t.deepEqual(parseBroker('mqtt://box%201:p%40ss@host:1883'), {
    url: 'mqtt://host:1883',
    username: 'box 1',
    password: 'p@ss',
  });
  const error = t.throws(() => parseBroker('http://u:secret@host'), { code: 'BROKER_URL' });
  t.false(error.message.includes('secret'));
  t.throws(() => parseBroker('nonsense'), { code: 'BROKER_URL' });
});

test('a message takes records until it is full, and one large record stands alone', (t) => {
  const packer = new Packer(from, 1, limits(1000, 200), new Buffers());
  t.true(packer.take(record(1, '{"a":1}')));
  t.true(packer.take(record(2, '{"a" : 2.50}')));
  t.false(packer.take(record(3, JSON.stringify({ big: 'x'.repeat(900) }))));
  const message = packer.finish();
  t.is(message?.topic, 'kerb/v1/bozhou/box-1/up/case');
  t.deepEqual([message?.first, message?.last, message?.records], [1, 2, 2]);
  const read = decodeEnvelopes(message?.payload.toString() ?? '');
  t.deepEqual(
    read.map((line) => 'text' in line && line.text),
    ['{"a":1}', '{"a" : 2.50}'],
  );
  const large = new Packer(from, 1, limits(1000, 200), new Buffers());
  t.true(large.take(record(3, JSON.stringify({ big: 'x'.repeat(60_000) }))));
  t.false(large.take(record(4, '{}')));
  const counted = new Packer(from, 1, limits(1_000_000, 2), new Buffers());
  t.deepEqual(
    [1, 2, 3].map((seq) => counted.take(record(seq, '{}'))),
    [true, true, false],
  );
  t.is(new Packer(from, 1, limits(1000, 200), new Buffers()).finish(), null);
});

test('a message ends where the topic changes: reports of the case lane have one of their own', (t) => {
  const report = (seq: number): WaitingRecord => ({ ...record(seq, '{}'), kind: 'report' });
  const cases = new Packer(from, 1, limits(1000, 200), new Buffers());
  t.deepEqual([cases.take(record(1, '{}')), cases.take(report(2))], [true, false]);
  t.is(cases.finish()?.topic, 'kerb/v1/bozhou/box-1/up/case');
  const reports = new Packer(from, 1, limits(1000, 200), new Buffers());
  t.deepEqual([reports.take(report(2)), reports.take(report(3)), reports.take(record(4, '{}'))], [true, true, false]);
  const message = reports.finish();
  t.is(message?.topic, 'kerb/v1/bozhou/box-1/up/report');
  t.deepEqual([message?.first, message?.last], [2, 3]);
});

test('a chunk of a picture is a message of its own, opaque records of its lane go beside it', (t) => {
  const lane = { ...from, lane: 'evidence' as Lane };
  const text = JSON.stringify({
    v: 1,
    kind: 'evidence',
    id: 'p1',
    case: 'c1',
    chunk: 3,
    of: 4,
    sha256: 'a'.repeat(64),
    bytes: 9,
    mime: 'image/jpeg',
  });
  const chunk: WaitingRecord = { ...record(7, text), kind: 'evidence', bytes: Buffer.from([1, 10, 2]) };
  const alone = new Packer(lane, 1, limits(1000, 200), new Buffers());
  t.true(alone.take(chunk));
  t.false(alone.take(record(8, '{}')));
  const message = alone.finish();
  t.is(message?.topic, 'kerb/v1/bozhou/box-1/up/evidence/p1/3');
  t.deepEqual(message?.payload.subarray(-4), Buffer.from([10, 1, 10, 2]));
  const lines = new Packer(lane, 1, limits(1000, 200), new Buffers());
  t.true(lines.take(record(1_000_009, '{}')));
  t.false(lines.take(chunk));
  t.is(lines.finish()?.topic, 'kerb/v1/bozhou/box-1/up/evidence/opaque/9');
});

test('points go packed: consecutive numbers of one boot and clock quality; all else of their lane goes as lines', (t) => {
  const lane = { ...from, lane: 'telemetry' as Lane };
  const at = (seq: number, more: Partial<WaitingRecord> = {}): WaitingRecord => ({
    ...record(seq, pointTextOf(seq)),
    kind: 'telemetry',
    ...more,
  });
  const messages = (records: WaitingRecord[]) => {
    const made: [number, number, string][] = [];
    let packer = new Packer(lane, 1, { ...limits(60_000, 200), packedRecords: 3 }, new Buffers());
    const end = () => {
      const message = packer.finish();
      if (!message) return;
      const packed = message.payload[0] === 0x78;
      made.push([message.first, message.records, packed ? 'packed' : 'lines']);
      t.is(message.topic, 'kerb/v1/bozhou/box-1/up/telemetry');
      const texts = packed
        ? (decodeBatch(message.payload) as ReadBatch).records.map((r) => ('point' in r ? pointText(r.point) : r.error))
        : decodeEnvelopes(message.payload.toString()).map((line) => ('text' in line ? line.text : line.error));
      t.deepEqual(
        texts,
        records.filter(({ seq }) => seq >= message.first && seq <= message.last).map(({ text }) => text),
      );
    };
    for (const one of records) {
      if (packer.take(one)) continue;
      end();
      packer = new Packer(lane, 1, { ...limits(60_000, 200), packedRecords: 3 }, new Buffers());
      t.true(packer.take(one));
    }
    end();
    return made;
  };
  const packed = 'packed';
  t.deepEqual(messages([1, 2, 3, 4].map((seq) => at(seq))), [
    [1, 3, packed],
    [4, 1, packed],
  ]);
  t.deepEqual(messages([at(1), at(2), at(4)]), [
    [1, 2, packed],
    [4, 1, packed],
  ]);
  t.deepEqual(messages([at(1), at(2, { boot: 'c' }), at(3, { boot: 'c', clock: 'synced' })]), [
    [1, 1, packed],
    [2, 1, packed],
    [3, 1, packed],
  ]);
  const old = at(2, { text: pointTextOf(2).replace(/,"fuel":[^,]+/, '') });
  t.deepEqual(messages([at(1), old, record(3, '{ }'), at(4, { kind: 'opaque' }), at(5)]), [
    [1, 1, packed],
    [2, 3, 'lines'],
    [5, 1, packed],
  ]);
});

test('an alarm that wakes goes next; flows that always have something share the link by weight, backlog too', (t) => {
  const schedule = new Schedule();
  const served: Record<Flow, number> = { alarm: 0, case: 0, live: 0, evidence: 0, backlog: 0 };
  const busy =
    (...flows: Flow[]) =>
    (flow: Flow) =>
      flows.includes(flow);
  const serve = (...flows: Flow[]) => {
    for (const flow of FLOWS) served[flow] = 0;
    for (let i = 0; i < 7000; i++) {
      const flow = schedule.choose(busy(...flows))!;
      schedule.sent(flow, 1000);
      served[flow]++;
    }
  };
  serve('live', 'evidence', 'backlog');
  for (const flow of ['live', 'evidence', 'backlog'] as const) {
    t.true(Math.abs(served[flow] / 1000 - WEIGHTS[flow]) < 0.05, `${flow} ${served[flow]}`);
  }
  t.is(schedule.choose(busy('alarm', 'live', 'evidence', 'backlog')), 'alarm');
  // An endless flood of alarms and cases leaves the rest its share.
  serve('alarm', 'case', 'live', 'evidence', 'backlog');
  t.true(served.backlog > 200);
  t.is(
    schedule.choose(() => false),
    null,
  );
});

test('the drain rate holds over time, is bounded, and a burst of alarms is paid for afterwards', (t) => {
  const drain = new Drain();
  t.is(drain.wait(0), 0);
  drain.set(1, 0);
  t.is(drain.rate, DRAIN_MIN);
  drain.set(1e15, 0);
  t.is(drain.rate, DRAIN_MAX);
  drain.set(10_000, 0);
  let [now, sent] = [0, 0];
  while (now < 100_000) {
    const wait = drain.wait(now);
    if (wait > 0) now += wait;
    else {
      drain.spent(3000, now);
      sent += 3000;
    }
  }
  t.true(Math.abs(sent / 100 - 10_000) < 200, `${sent / 100} bytes a second`);
  drain.spent(1_000_000, now);
  t.true(drain.wait(now) <= 60_100);
  t.true(drain.wait(now) > 59_000);
  drain.set(null, now);
  t.is(drain.wait(now), 0);
});

test('what the centre holds: a watermark that never falls and ranges above it, joined, bounded', (t) => {
  const held = new Held(10);
  t.false(held.add(9, []));
  t.true(
    held.add(10, [
      [20, 29],
      [40, 49],
    ]),
  );
  t.deepEqual(
    [5, 11, 20, 29, 30, 45, 50].map((seq) => held.next(seq)),
    [11, 11, 30, 30, 30, 50, 50],
  );
  t.deepEqual([held.knownAfter(11), held.knownAfter(30), held.knownAfter(50)], [20, 40, Number.POSITIVE_INFINITY]);
  t.true(held.covers(20, 29));
  t.false(held.covers(20, 30));
  // An older word that arrives late takes nothing away.
  t.false(held.add(8, []));
  t.true(held.add(12, [[30, 39]]));
  t.true(held.covers(20, 49));
  t.true(held.add(19, []));
  t.is(held.upTo, 49);
  held.add(
    49,
    Array.from({ length: 2000 }, (_, i) => [100 + 2 * i, 100 + 2 * i] as const),
  );
  t.is(held.next(100), 101);
  t.is(held.next(4000), 4000);
});

test('what a message costs on the wire is a model of its parts; days survive, and a wrong clock fills no list', (t) => {
  t.is(wireBytes(2, false), 2 + 2 * 52);
  t.is(wireBytes(2, true), 2 + 22 + 2 * 52);
  t.is(wireBytes(60_000, false), 60_000 + (45 + 23) * 52);
  const traffic = new Traffic([
    { day: '2026-11-27', bytes: { alarm: 1, case: 2, telemetry: 3, evidence: 4, link: 5 } },
  ]);
  traffic.count('2026-11-27', 'alarm', 9);
  traffic.count('2026-11-28', 'link', 7);
  traffic.count('2036-01-01', 'link', 1);
  traffic.count('2026-11-28', 'link', 7);
  t.deepEqual(
    traffic.days.map(({ day, bytes }) => [day, bytes.alarm, bytes.link]),
    [
      ['2026-11-27', 10, 5],
      ['2036-01-01', 0, 1],
      ['2026-11-28', 0, 14],
    ],
  );
  for (let i = 0; i < 500; i++) traffic.count(`day ${i}`, 'link', 1);
  t.is(traffic.days.length, 62);
  t.is(traffic.days.at(-1)?.day, 'day 499');
});

test('names are asked for one at a time, so that no resolver can take all threads', async (t) => {
  let answer: () => void = () => undefined;
  let asked = 0;
  const lookup = oneAtATime(async () => {
    asked++;
    await new Promise<void>((resolve) => {
      answer = resolve;
    });
    return { error: null, addresses: [{ address: '192.0.2.1', family: 4 }] };
  });
  const ask = (name: string) =>
    new Promise((resolve) => lookup(name, {}, (error, address) => resolve(error?.code ?? address)));
  const both = [ask('broker.example'), ask('broker.example')];
  t.is(await ask('other.example'), 'EAI_AGAIN');
  t.is(asked, 1);
  answer();
  t.deepEqual(await Promise.all(both), ['192.0.2.1', '192.0.2.1']);
  const next = ask('other.example');
  answer();
  t.is(await next, '192.0.2.1');
});

test('what may be under way follows the link: about a second of it, within bounds', (t) => {
  const pace = new Pace();
  for (let i = 0; i < 50; i++) pace.measured(64_000, 16_000);
  t.is(pace.allowance, 16 * 1024);
  t.is(pace.message, 2048);
  for (let i = 0; i < 50; i++) pace.measured(100_000, 200);
  t.true(Math.abs(pace.allowance - 500_000) < 5000);
  for (let i = 0; i < 50; i++) pace.measured(1_000_000, 1);
  t.is(pace.allowance, 2 * 1024 * 1024);
});

test('lines are what encodeEnvelope gives, whatever the texts, boots and clocks; the bound holds to the byte', (t) => {
  const text = fc
    .oneof(fc.json({ noUnicodeString: false }), fc.constant('{"街":"道\u{1f6a7}"}'))
    .filter((one) => !one.includes('\n'));
  const waiting = fc.record({
    kind: fc.constantFrom('opaque', 'case', 'event'),
    at: fc.oneof(fc.integer({ min: -1e12, max: 4e12 }), fc.double({ min: 0, max: 4e12, noNaN: true })),
    boot: fc.constantFrom('a', 'b-1', 'odd " boot'),
    mono: fc.integer({ min: 0, max: 1e12 }),
    clock: fc.constantFrom('unknown', 'held', 'synced'),
    text,
  });
  const buffers = new Buffers();
  const anchors: Record<string, Anchor> = {
    a: { offset: 1.5e12, clock: 'synced' },
    'b-1': { offset: -7, clock: 'held' },
  };
  const { device, lane, epoch } = from;
  fc.assert(
    fc.property(
      fc.array(waiting, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 4000 }),
      (records, most) => {
        const lines = new Lines({ ...from, anchorOf: (boot) => anchors[boot] ?? null }, 7, most, buffers);
        const expected: string[] = [];
        for (const [i, { text, ...stamp }] of records.entries()) {
          const anchor = anchors[stamp.boot];
          const known = anchor && knowsBetter(anchor, stamp.clock) ? { anchor } : {};
          const { kind, at, boot, mono, clock } = stamp;
          const head = {
            v: 1,
            device,
            lane,
            epoch,
            seq: i + 1,
            low: 7,
            kind,
            at,
            boot,
            mono,
            clock,
            ...known,
          } as const;
          const line = encodeEnvelope({ ...head, text });
          const fits = Buffer.byteLength([...expected, line].join('\n')) <= most;
          const taken = lines.add({ ...record(i + 1, text), ...stamp });
          t.is(taken, fits || expected.length === 0);
          if (!taken) break;
          expected.push(line);
        }
        t.is(lines.payload().toString(), expected.join('\n'));
        if (lines.reuse) buffers.give(lines.reuse);
      },
    ),
    { numRuns: 200 },
  );
});
