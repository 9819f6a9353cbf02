import test from 'ava';
import { decodeBatch, decodeEnvelopes, type Lane, pointText, type ReadBatch } from '../../contract/index.ts';
import { Backoff } from './backoff.ts';
import { parseBroker } from './broker-url.ts';
import { Pace } from './pace.ts';
import { Packer } from './pack.ts';
import { Schedule, WEIGHTS } from './schedule.ts';
import { pointTextOf } from './testing.ts';
import type { WaitingRecord } from './types.ts';

const from = { city: 'bozhou', device: 'box-1', lane: 'case' as Lane, epoch: '0123456789abcdef' };
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

test('the wait before a reconnect is uniform below a bound that doubles to its maximum, and starts over after reset', (t) => {
  const bounds = new Backoff(1000, 8000, () => 0.999_999);
  const seen = Array.from({ length: 6 }, () => Math.round(bounds.next()));
  t.deepEqual(seen, [1000, 2000, 4000, 8000, 8000, 8000]);
  bounds.reset();
  t.is(Math.round(bounds.next()), 1000);
  t.is(new Backoff(1000, 8000, () => 0).next(), 0);
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
  const packer = new Packer(from, 1, limits(1000, 200));
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
  const large = new Packer(from, 1, limits(1000, 200));
  t.true(large.take(record(3, JSON.stringify({ big: 'x'.repeat(60_000) }))));
  t.false(large.take(record(4, '{}')));
  const counted = new Packer(from, 1, limits(1_000_000, 2));
  t.deepEqual(
    [1, 2, 3].map((seq) => counted.take(record(seq, '{}'))),
    [true, true, false],
  );
  t.is(new Packer(from, 1, limits(1000, 200)).finish(), null);
});

test('a message ends where the topic changes: reports of the case lane have one of their own', (t) => {
  const report = (seq: number): WaitingRecord => ({ ...record(seq, '{}'), kind: 'report' });
  const cases = new Packer(from, 1, limits(1000, 200));
  t.deepEqual([cases.take(record(1, '{}')), cases.take(report(2))], [true, false]);
  t.is(cases.finish()?.topic, 'kerb/v1/bozhou/box-1/up/case');
  const reports = new Packer(from, 1, limits(1000, 200));
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
  const alone = new Packer(lane, 1, limits(1000, 200));
  t.true(alone.take(chunk));
  t.false(alone.take(record(8, '{}')));
  const message = alone.finish();
  t.is(message?.topic, 'kerb/v1/bozhou/box-1/up/evidence/p1/3');
  t.deepEqual(message?.payload.subarray(-4), Buffer.from([10, 1, 10, 2]));
  const lines = new Packer(lane, 1, limits(1000, 200));
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
    let packer = new Packer(lane, 1, { ...limits(60_000, 200), packedRecords: 3 });
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
      packer = new Packer(lane, 1, { ...limits(60_000, 200), packedRecords: 3 });
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

test('an alarm that wakes goes next; lanes that always have something share the link by weight', (t) => {
  const schedule = new Schedule();
  const served: Record<Lane, number> = { alarm: 0, case: 0, telemetry: 0, evidence: 0 };
  const busy =
    (...lanes: Lane[]) =>
    (lane: Lane) =>
      lanes.includes(lane);
  for (let i = 0; i < 4000; i++) {
    const lane = schedule.choose(busy('telemetry', 'evidence'))!;
    schedule.sent(lane, 1000);
    served[lane]++;
  }
  t.true(Math.abs(served.telemetry / served.evidence - WEIGHTS.telemetry / WEIGHTS.evidence) < 0.05);
  t.is(schedule.choose(busy('alarm', 'telemetry', 'evidence')), 'alarm');
  // An endless flood of alarms leaves the rest its share.
  served.evidence = 0;
  for (let i = 0; i < 4000; i++) {
    const lane = schedule.choose(busy('alarm', 'evidence'))!;
    schedule.sent(lane, 1000);
    served[lane]++;
  }
  t.true(served.evidence > 100);
  t.is(
    schedule.choose(() => false),
    null,
  );
});

test('what may be under way follows the link: about a second of it, within bounds', (t) => {
  const pace = new Pace();
  for (let i = 0; i < 50; i++) pace.measured(64_000, 8000);
  t.is(pace.allowance, 64 * 1024);
  for (let i = 0; i < 50; i++) pace.measured(100_000, 200);
  t.true(Math.abs(pace.allowance - 500_000) < 5000);
  for (let i = 0; i < 50; i++) pace.measured(1_000_000, 1);
  t.is(pace.allowance, 2 * 1024 * 1024);
});
