import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deflateSync, inflateSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { COLUMNS, pointText, readPointText, roundPoint, type TelemetryPoint } from './telemetry.ts';
import { type Batch, decodeBatch, encodeBatch, PACKED_MARK, type ReadBatch } from './telemetry-batch.ts';

const number = (min: number, max: number) => fc.option(fc.double({ min, max, noNaN: true }), { nil: null });
const integer = (min: number, max: number) => fc.option(fc.integer({ min, max }), { nil: null });

const point: fc.Arbitrary<TelemetryPoint> = fc
  .record({
    at: fc.integer({ min: 0, max: 4e12 }),
    mode: fc.integer({ min: 1, max: 4 }),
    lat: number(-90, 90),
    lon: number(-180, 180),
    alt: number(-1000, 20000),
    track: number(0, 360),
    hdop: number(0, 1000),
    satellites: integer(0, 255),
    speed: number(0, 200),
    speed_source: fc.integer({ min: 0, max: 2 }),
    speed_bus: number(0, 200),
    odometer: number(0, 1e10),
    engine_s: number(0, 1e10),
    rpm: number(0, 20000),
    fuel: number(0, 100),
    ignition: integer(0, 1),
    lines: fc.integer({ min: 0, max: 0xffff }),
    flags: fc.integer({ min: 0, max: 0xffff }),
    why: fc.integer({ min: 0, max: 5 }),
  })
  .map((fields) => roundPoint({ v: 1, kind: 'telemetry', ...fields }));

const batch: fc.Arbitrary<Batch> = fc.record<
  Batch,
  'device' | 'epoch' | 'first' | 'low' | 'boot' | 'clock' | 'records'
>(
  {
    device: fc.constantFrom('truck-1', 'sweeper.7'),
    epoch: fc.constant('0123456789abcdef'),
    first: fc.integer({ min: 1, max: 1e12 }),
    low: fc.integer({ min: 1, max: 1e12 }),
    boot: fc.constant('b0a7'),
    clock: fc.constantFrom('unknown', 'held', 'synced'),
    anchor: fc.record({ offset: fc.integer({ min: -4e12, max: 4e12 }), clock: fc.constantFrom('held', 'synced') }),
    records: fc.array(
      fc.record({ point, accepted: fc.integer({ min: 0, max: 4e12 }), mono: fc.integer({ min: 0, max: 1e10 }) }),
      { minLength: 1, maxLength: 40 },
    ),
  },
  { requiredKeys: ['device', 'epoch', 'first', 'low', 'boot', 'clock', 'records'] },
);

test('what is packed comes back, to the byte of its text', (t) => {
  fc.assert(
    fc.property(batch, (made) => {
      const payload = encodeBatch(made);
      t.is(payload[0], PACKED_MARK);
      const read = decodeBatch(payload);
      if ('error' in read) throw new Error(read.error);
      t.deepEqual(JSON.stringify(sorted(read)), JSON.stringify(sorted(made)));
      t.deepEqual(
        read.records.map((r) => ('point' in r ? pointText(r.point) : r.error)),
        made.records.map((r) => pointText(r.point)),
      );
    }),
    { numRuns: 200 },
  );
});

test('rounding twice changes nothing', (t) => {
  fc.assert(fc.property(point, (p) => JSON.stringify(roundPoint(p)) === JSON.stringify(p)));
  t.pass();
});

test('a text is a point only if it is the one text of that point', (t) => {
  fc.assert(fc.property(point, (p) => pointText(readPointText(pointText(p))!) === pointText(p)));
  const [made] = fc.sample(point, { seed: 5, numRuns: 1 });
  const text = pointText(made!);
  const others = [
    'nonsense',
    '[]',
    '{}',
    text.replace('{"v":1', '{ "v":1'),
    text.replace('"v":1', '"v":2'),
    text.replace(/"why":(\d+)/, '"why":$1.0'),
    text.replace(/"lat":[^,]+/, '"lat":33.123456789'),
    text.replace(/"alt":[^,]+/, '"alt":-0'),
    text.replace(/,"rpm":[^,]+/, ''),
    text.replace('}', ',"more":1}'),
  ];
  for (const other of others) t.is(readPointText(other), null, other);
});

test('a point out of range costs the others nothing; a batch that cannot be read still says which records it holds', (t) => {
  const [made] = fc.sample(batch, { seed: 11, numRuns: 1 });
  const [good] = made!.records;
  const bad = { ...good!, point: { ...good!.point, lat: 91 } };
  const read = decodeBatch(encodeBatch({ ...made!, records: [good!, bad, good!] })) as ReadBatch;
  t.deepEqual(
    read.records.map((record) => 'error' in record),
    [false, true, false],
  );
  t.like(read.records[1], { accepted: good!.accepted });
  const why = 'error' in read.records[1]! ? read.records[1] : null;
  t.regex(why?.error ?? '', /^telemetry: lat: /);
  t.is((JSON.parse(why?.text ?? '') as TelemetryPoint).lat, 91);

  const { device, epoch, first, low } = made!;
  const boot = decodeBatch(encodeBatch({ ...made!, records: [good!, good!], boot: 'x'.repeat(37) }));
  t.like(boot, { claims: { device, epoch, first, low, count: 2 } });
  const later = inflateSync(encodeBatch({ ...made!, records: [good!] }));
  later[1] = 2;
  t.like(decodeBatch(deflateSync(later)), { error: 'batch: version 2 is not known here', claims: { first, count: 1 } });
  const nameless = decodeBatch(encodeBatch({ ...made!, device: 'a/b' }));
  t.false('claims' in nameless);
  const huge = decodeBatch(encodeBatch({ ...made!, first: 2 ** 53 - 1 }));
  t.true('error' in huge && !('claims' in huge));
});

test('the published .proto has the columns that are packed, with their numbers and steps', (t) => {
  const proto = readFileSync(new URL('telemetry.proto', import.meta.url), 'utf8');
  const columns = [...proto.matchAll(/Column (\w+) = (\d+); *\/\/ ([\de.-]+)/g)].map(([, ...parts]) => parts);
  t.deepEqual(
    columns.slice(2),
    COLUMNS.map(([name, field, step]) => [name, `${field}`, step === 1e-7 ? '1e-7' : `${step}`]),
  );
});

test('hostile bytes give a reason and never throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const payload of [bytes, deflateSync(bytes)]) t.true('error' in decodeBatch(payload));
    }),
    { numRuns: 500 },
  );
});

test('flipped bytes never throw', (t) => {
  const [made] = fc.sample(batch, { seed: 7, numRuns: 1 });
  const plain = inflateSync(encodeBatch(made!));
  for (let i = 0; i < plain.length; i++) {
    const copy = Buffer.from(plain);
    copy[i]! ^= 1 << (i % 8);
    t.notThrows(() => decodeBatch(deflateSync(copy)));
  }
});

test('a batch that inflates to a gigabyte is refused by its bound', (t) => {
  const bomb = deflateSync(Buffer.alloc(32 * 1024 * 1024));
  t.deepEqual(decodeBatch(bomb), { error: 'batch: inflates beyond 1 MiB' });
});

test('a batch that lies about its count is refused', (t) => {
  const [made] = fc.sample(batch, { seed: 3, numRuns: 1 });
  const plain = inflateSync(encodeBatch(made!));
  const at = plain.indexOf(Buffer.from([6 << 3, made!.records.length]));
  t.true(at > 0);
  for (const count of [made!.records.length + 1, 0, 0x7f]) {
    const copy = Buffer.from(plain);
    copy[at + 1] = count;
    t.regex((decodeBatch(deflateSync(copy)) as { error: string }).error, /^batch: (column|count)/);
  }
});

test('protoc reads the same values by the published .proto', (t) => {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const at = Date.UTC(2026, 6, 1);
  const fields = { alt: 40.1, track: 90, hdop: 0.9, satellites: 12, speed: 8.33, speed_source: 1, speed_bus: null };
  const more = { odometer: 1000, engine_s: 60, rpm: 900.125, fuel: 55.5, ignition: 1, lines: 5, flags: 0, why: 0 };
  const made = [0, 1, 2].map((i): TelemetryPoint => {
    const where = { mode: 3, lat: 33.8446 + i * 1e-5, lon: 115.7786 };
    return roundPoint({ v: 1, kind: 'telemetry', at: at + i * 1000, ...where, ...fields, ...more });
  });
  const payload = encodeBatch({
    device: 'truck-1',
    epoch: 'abcdef0123456789',
    first: 41,
    low: 40,
    boot: 'boot',
    clock: 'synced',
    records: made.map((p) => ({ point: p, accepted: p.at + 5, mono: 1000 })),
  });
  const args = [`--proto_path=${here}`, '--decode=kerbside.v1.TelemetryBatch', 'telemetry.proto'];
  const text = execFileSync('protoc', args, { input: inflateSync(payload), encoding: 'utf8' });
  t.regex(text, /device: "truck-1"/);
  t.regex(text, /first_seq: 41\b/);
  t.regex(text, new RegExp(`at \\{\\s+delta: ${at}\\s+delta: 1000\\s+delta: 1000\\s+\\}`));
  t.regex(text, /lat \{\s+delta: 338446000\s+delta: 100\s+delta: 100\s+\}/);
  t.regex(text, /speed_bus \{\s+missing: "\\007"\s+\}/);
});

/** Members in one order: the packed form keeps values, not the order in which a caller wrote them. */
function sorted(made: Batch | ReadBatch): unknown {
  const { records, ...head } = made;
  const members = Object.entries(head).sort(([a], [b]) => (a < b ? -1 : 1));
  return [members, records.map((r) => [r.accepted, r.mono, 'point' in r ? pointText(r.point) : r.error])];
}
