// Recorded messages of every version stay readable for good. A fixture is never changed; later versions add folders.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import {
  ackSchema,
  caseSchema,
  commandSchema,
  decodeBatch,
  decodeEnvelopes,
  type Envelope,
  encodeEnvelope,
  eventSchema,
  evidenceChunkSchema,
  openReport,
  pointSchema,
  pointText,
  replySchema,
  reportSchema,
  shiftOf,
  statusSchema,
} from './index.ts';

const read = (name: string) => readFileSync(new URL(`fixtures/v1/${name}`, import.meta.url));
const json = (name: string): unknown => JSON.parse(read(name).toString('utf8'));

function envelopes(text: string): Envelope[] {
  return decodeEnvelopes(text).map((line) => {
    if ('error' in line) throw new Error(line.error);
    return line;
  });
}

for (const [name, schema] of [
  ['case', caseSchema],
  ['event', eventSchema],
  ['telemetry', pointSchema],
  ['report', reportSchema],
] as const) {
  test(`v1 ${name}: envelope and record are read, the record's text is what was sent`, (t) => {
    const text = read(`${name}.ndjson`).toString('utf8');
    const [envelope] = envelopes(text);
    t.is(envelope?.kind, name);
    t.notThrows(() => schema.parse(JSON.parse(envelope?.text ?? '')));
    t.true(text.endsWith(`,"record":${envelope?.text}}`));
    t.deepEqual(decodeEnvelopes(encodeEnvelope(envelope!)), [envelope!]);
  });
}

test('v1 report: its signature holds over the body as it was sent', (t) => {
  const [envelope] = envelopes(read('report.ndjson').toString('utf8'));
  const opened = openReport(reportSchema.parse(JSON.parse(envelope?.text ?? '')));
  t.like(opened, {
    body: { device: 'demo-box-1', counter: 3, items: [{ result: 'success' }, { result: 'returned' }] },
  });
});

test('v1 opaque: several lines, texts byte for byte', (t) => {
  const read1 = envelopes(read('opaque.ndjson').toString('utf8'));
  t.deepEqual(
    read1.map(({ seq, text }) => [seq, text]),
    [
      [1, '{"n": 1.50, "t":"\\u00e9"}'],
      [2, '{"n": 2.50, "t":"\\u00e9"}'],
    ],
  );
});

test('v1 anchor: a record of a boot that learned the time, the birth that says so, ranges in an acknowledgement', (t) => {
  const [envelope] = envelopes(read('anchor.ndjson').toString('utf8'));
  t.deepEqual(envelope?.anchor, { offset: 1795847000123, clock: 'synced' });
  t.is(shiftOf(envelope!, envelope!.anchor!), 1795846971123);
  const birth = statusSchema.parse(json('birth-boots.json'));
  t.deepEqual(
    birth.boots?.map(({ nr, anchor }) => [nr, anchor?.clock]),
    [
      [3, undefined],
      [4, 'synced'],
    ],
  );
  t.deepEqual(ackSchema.parse(json('ack-ranges.json')).above, [
    [901, 1022],
    [1024, 1031],
  ]);
});

test('v1 evidence: an envelope line, a line break, the promised bytes', (t) => {
  const message = read('evidence.bin');
  const end = message.indexOf(10);
  const [envelope] = envelopes(message.subarray(0, end).toString('utf8'));
  const chunk = evidenceChunkSchema.parse(JSON.parse(envelope?.text ?? ''));
  const data = message.subarray(end + 1);
  t.is(data.length, chunk.bytes);
  t.is(createHash('sha256').update(data).digest('hex'), chunk.sha256);
});

test('v1 telemetry batch: every point, its text as the box held it', (t) => {
  const batch = decodeBatch(Buffer.from(read('telemetry-batch.base64').toString('utf8'), 'base64'));
  if ('error' in batch) throw new Error(batch.error);
  t.like(batch, { device: 'demo-box-1', first: 1, low: 1, clock: 'held' });
  const texts = batch.records.map((record) => ('point' in record ? pointText(record.point) : record.error));
  t.is(`${texts.join('\n')}\n`, read('telemetry-batch.texts.ndjson').toString('utf8'));
});

test('v1 birth, will and acknowledgement', (t) => {
  t.true(statusSchema.parse(json('birth.json')).online);
  t.false(statusSchema.parse(json('will.json')).online);
  t.is(ackSchema.parse(json('ack.json')).upTo, 1);
});

test('v1 command and its answer', (t) => {
  t.like(commandSchema.parse(json('command.json')), { name: 'snapshot', device: 'demo-box-1' });
  t.like(replySchema.parse(json('reply.json')), { state: 'done', id: commandSchema.parse(json('command.json')).id });
});
