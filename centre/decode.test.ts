import { readdirSync, readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import test from 'ava';
import {
  type Batch,
  deviceTopics,
  type EnvelopeHead,
  encodeBatch,
  encodeEnvelope,
  MAX_MESSAGE_BYTES,
  pointText,
} from '../contract/index.ts';
import { decodeMessage } from './decode.ts';
import { pointAt } from './testing.ts';

const topics = deviceTopics('bozhou', 'box-1');
const head = (seq: number, more: Partial<EnvelopeHead> = {}): EnvelopeHead => ({
  v: 1,
  device: 'box-1',
  lane: 'case',
  epoch: '0123456789abcdef',
  seq,
  low: 1,
  kind: 'opaque',
  at: 5,
  boot: 'b',
  mono: 6,
  clock: 'held',
  ...more,
});
const line = (seq: number, text: string, more: Partial<EnvelopeHead> = {}) =>
  encodeEnvelope({ ...head(seq, more), text });
const decode = (payload: string | Buffer, topic = topics.lane('case')) => decodeMessage(topic, Buffer.from(payload));

test('a record keeps its text byte for byte', (t) => {
  const text = '{"b": 1.50,"a":"\\u0000\\/é中"  ,"n":1e400}';
  const { records, rejects } = decode(line(1, text));
  t.deepEqual(rejects, []);
  t.is(records[0]?.text, text);
});

test('bad lines cost the others nothing; where they say who they are they are kept as rejected', (t) => {
  const payload = [
    line(1, '{}'),
    'nonsense',
    line(2, '{"v":1,"kind":"case"}', { kind: 'case' }),
    line(3, '[]'),
    line(4, '{}').replace('"v":1', '"v":2'),
    line(5, '{}', { boot: 'a\0b' }),
    line(6, JSON.stringify({ big: 'x'.repeat(70_000) })),
    line(7, '{}'),
  ].join('\n');
  const { records, rejects } = decode(payload);
  t.deepEqual(
    records.map(({ seq, kind }) => [seq, kind]),
    [1, 2, 3, 4, 5, 6, 7].map((seq) => [seq, seq === 1 || seq === 7 ? 'opaque' : 'rejected']),
  );
  t.deepEqual(
    rejects.map(({ kind }) => kind),
    ['json', 'schema', 'schema', 'envelope', 'envelope', 'size'],
  );
  t.is(records[1]?.text, '{"v":1,"kind":"case"}');
  t.is(records[5]?.text, 'null');
  t.true(records.every(({ boot }) => !boot.includes('\0')));
});

test('a record of another device or lane is refused and stored nowhere', (t) => {
  const payload = [line(1, '{}', { device: 'box-2' }), line(2, '{}', { lane: 'alarm' })].join('\n');
  const { records, rejects } = decode(payload);
  t.deepEqual(records, []);
  t.deepEqual(
    rejects.map(({ kind }) => kind),
    ['device', 'lane'],
  );
  // Nor where the line is no envelope besides.
  const future = line(1, '{}', { device: 'box-2' }).replace('"v":1', '"v":2');
  t.deepEqual(decode(future).records, []);
});

test('reports come on their own topic, in the numbers of the case lane; elsewhere they are kept as rejected', (t) => {
  const payload = [line(1, '{}', { kind: 'report' }), line(2, '{}'), line(3, '{}', { lane: 'alarm' })].join('\n');
  const read = (topic: string) => {
    const { records, rejects } = decode(payload, topic);
    return [records.map(({ seq, kind }) => `${seq} ${kind}`), rejects.map(({ kind }) => kind)];
  };
  t.deepEqual(read(topics.report), [
    ['1 rejected', '2 rejected'],
    ['report', 'lane', 'lane'],
  ]);
  t.deepEqual(read(topics.lane('case')), [
    ['1 rejected', '2 opaque'],
    ['lane', 'lane'],
  ]);
});

test('foreign topics, oversized messages and broken bytes are counted', (t) => {
  for (const topic of ['kerb/v1/x', 'kerb/v1/bozhou/box-1/down/ack', 'a'.repeat(9000), 'kerb/v1/bozhou/../up/case']) {
    t.is(decode('{}', topic).rejects[0]?.kind, 'topic', topic.slice(0, 50));
  }
  t.is(decode(Buffer.alloc(MAX_MESSAGE_BYTES + 1)).rejects[0]?.kind, 'size');
  const broken = Buffer.concat([
    Buffer.from(`${line(1, '{}')}\n`),
    Buffer.from([0xff, 0xfe]),
    Buffer.from(`\n${line(2, '{}')}`),
  ]);
  const { records, rejects } = decode(broken);
  t.deepEqual(
    records.map(({ seq }) => seq),
    [1, 2],
  );
  t.is(rejects[0]?.kind, 'json');
});

test('a chunk must be the one its topic names, and its bytes must be there', (t) => {
  const text = (more = {}) =>
    JSON.stringify({
      v: 1,
      kind: 'evidence',
      id: 'p1',
      case: 'c1',
      chunk: 0,
      of: 2,
      sha256: 'a'.repeat(64),
      bytes: 10,
      mime: 'image/jpeg',
      ...more,
    });
  const message = (body: string, data: Buffer) =>
    Buffer.concat([Buffer.from(`${line(1, body, { lane: 'evidence', kind: 'evidence' })}\n`), data]);
  const good = decode(message(text(), Buffer.from([1, 10, 10, 0])), topics.evidence('p1', 0));
  t.deepEqual(good.rejects, []);
  t.deepEqual(good.records[0]?.chunk?.data, Buffer.from([1, 10, 10, 0]));
  const bad = [
    decode(message(text(), Buffer.from([1])), topics.evidence('p2', 0)),
    decode(message(text(), Buffer.from([1])), topics.evidence('p1', 1)),
    decode(message(text({ chunk: 2 }), Buffer.from([1])), topics.evidence('p1', 2)),
    decode(message(text({ bytes: 1e9 }), Buffer.from([1])), topics.evidence('p1', 0)),
    decode(message(text(), Buffer.alloc(0)), topics.evidence('p1', 0)),
    decode(message(text({ sha256: 'x' }), Buffer.from([1])), topics.evidence('p1', 0)),
    decode(line(1, text(), { kind: 'evidence' })),
  ];
  for (const { records } of bad) t.is(records[0]?.kind, 'rejected');
  // Other kinds of that lane come as lines.
  const lines = [1, 2].map((seq) => line(seq, '{}', { lane: 'evidence' })).join('\n');
  t.is(decode(lines, topics.evidence('opaque', 1)).records.length, 2);
});

const batch = (more: Partial<Batch> = {}): Batch => ({
  device: 'box-1',
  epoch: '0123456789abcdef',
  first: 41,
  low: 40,
  boot: 'b',
  clock: 'held',
  records: [0, 1, 2].map((n) => ({ point: pointAt(n), accepted: 5 + n, mono: 6 })),
  ...more,
});
const packed = (payload: Buffer) => decode(payload, topics.lane('telemetry'));

test('a packed batch is its records, each with its own text', (t) => {
  const { records, rejects } = packed(encodeBatch(batch()));
  t.deepEqual(rejects, []);
  const shared = { device: 'box-1', city: 'bozhou', lane: 'telemetry', epoch: '0123456789abcdef', low: 40, boot: 'b' };
  t.deepEqual(
    records,
    [0, 1, 2].map((n) => ({
      ...shared,
      clock: 'held' as const,
      lane: 'telemetry' as const,
      seq: 41 + n,
      at: 5 + n,
      mono: 6,
      kind: 'telemetry' as const,
      text: pointText(pointAt(n)),
      rejected: null,
      chunk: null,
      caseId: null,
      report: null,
      point: pointAt(n),
    })),
  );
});

test('a batch that cannot be read is kept under the numbers it claims; one of another device is stored nowhere', (t) => {
  const later = inflateSync(encodeBatch(batch()));
  later[1] = 9;
  const message = deflateSync(later);
  const { records, rejects } = packed(message);
  t.deepEqual(
    rejects.map(({ kind }) => kind),
    ['batch'],
  );
  t.deepEqual(
    records.map(({ seq, kind, rejected, point }) => [seq, kind, rejected, point]),
    [41, 42, 43].map((seq) => [seq, 'rejected', 'batch: version 9 is not known here', null]),
  );
  t.deepEqual(JSON.parse(records[0]!.text), { batch: message.toString('base64') });
  const foreign = inflateSync(encodeBatch(batch({ device: 'box-2' })));
  t.like(packed(deflateSync(foreign)), { records: [], rejects: [{ kind: 'device' }] });
  foreign[1] = 9;
  for (const bad of [deflateSync(foreign), Buffer.from('x'), Buffer.concat([Buffer.from([0x78]), Buffer.alloc(99)])]) {
    t.like(packed(bad), { records: [], rejects: [{ kind: 'batch' }] });
  }
  // Only this lane speaks it.
  t.is(decode(encodeBatch(batch())).rejects[0]?.kind, 'json');
});

test('a telemetry record is a point, packed or as a line; one that is none is rejected alone', (t) => {
  const [good, ...rest] = batch().records;
  const bad = { ...good!, point: { ...good!.point, mode: 7 } };
  const { records, rejects } = packed(encodeBatch(batch({ records: [good!, bad, ...rest] })));
  t.deepEqual(
    records.map(({ kind, point }) => [kind, point !== null]),
    [
      ['telemetry', true],
      ['rejected', false],
      ['telemetry', true],
      ['telemetry', true],
    ],
  );
  t.is(rejects[0]?.kind, 'schema');
  const lane = { lane: 'telemetry', kind: 'telemetry' } as const;
  const text = JSON.stringify(pointAt(1));
  const lines = [line(1, text, lane), line(2, '{"v":1,"kind":"telemetry"}', lane)].join('\n');
  const read = decode(lines, topics.lane('telemetry'));
  t.deepEqual(
    read.records.map(({ kind, point }) => [kind, point]),
    [
      ['telemetry', pointAt(1)],
      ['rejected', null],
    ],
  );
  t.is(read.rejects[0]?.kind, 'schema');
});

test('a status must be of its device', (t) => {
  const status = { v: 1, kind: 'status', device: 'box-1', online: true, at: 1, version: '1', boot: 'b', roles: [] };
  t.true(decode(JSON.stringify(status), topics.status).status?.online);
  t.is(decode(JSON.stringify({ ...status, device: 'box-2' }), topics.status).rejects[0]?.kind, 'status');
  t.is(decode('{"v":1}', topics.status).rejects[0]?.kind, 'status');
  t.deepEqual(decode('', topics.status).rejects, []);
});

test('the centre takes every recorded message of every version', (t) => {
  const box = deviceTopics('bozhou', 'demo-box-1');
  const topicOf = new Map([
    ['case.ndjson', box.lane('case')],
    ['event.ndjson', box.lane('case')],
    ['telemetry.ndjson', box.lane('telemetry')],
    ['telemetry-batch.base64', box.lane('telemetry')],
    ['report.ndjson', box.report],
    ['opaque.ndjson', box.lane('alarm')],
    ['evidence.bin', box.evidence('pi-5b1c77a0d2f94e13-1', 0)],
    ['reply.json', box.reply('01M8GBQTP7DDGPVET79DM07HB7')],
    ['birth.json', box.status],
    ['birth-boots.json', box.status],
    ['anchor.ndjson', box.lane('telemetry')],
    ['will.json', box.status],
  ]);
  // Those that go down, or belong to another file here. A new one has to be named: it is a promise.
  const others = /^(ack\.json|ack-ranges\.json|command\.json|.*\.texts\.ndjson)$/;
  const folder = new URL('../contract/fixtures/', import.meta.url);
  for (const version of readdirSync(folder).filter((name) => /^v\d+$/.test(name))) {
    for (const name of readdirSync(new URL(`${version}/`, folder)).filter((file) => !others.test(file))) {
      const topic = topicOf.get(name);
      if (!topic) {
        t.fail(`${version}/${name} is read by no test here`);
        continue;
      }
      const file = readFileSync(new URL(`${version}/${name}`, folder));
      const payload = name.endsWith('.base64') ? Buffer.from(file.toString('utf8'), 'base64') : file;
      const { rejects, records, status, reply } = decodeMessage(topic, payload);
      t.deepEqual(rejects, [], name);
      t.true(records.length > 0 || status !== null || reply !== null, name);
    }
  }
});
