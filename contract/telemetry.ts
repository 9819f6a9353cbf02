// A vehicle's telemetry: one point as JSON (what a box keeps), and many points as one packed message (what it sends).
// contract/telemetry.proto is the same for every other language. Bad bytes give a reason; sizes and counts are bounded.
import { deflateSync, inflateSync } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import { z } from 'zod';
import { CLOCK_QUALITIES, type EnvelopeHead } from './envelope.ts';

/** Why a point was made. The order is the wire's. */
export const POINT_REASONS = ['interval', 'corner', 'line', 'trip-begin', 'trip-end', 'fix'] as const;

/** Doubts about a point, one bit each, in the wire's order. */
export const FLAGS = ['frozen', 'jump', 'repeat', 'time-back', 'speed-differs', 'dead-reckoned', 'stale-fix'] as const;

const value = (min: number, max: number) => z.number().min(min).max(max).nullable();

/** One telemetry point. Null: not known. Values are rounded to the column's step, so that packing loses nothing. */
export const pointSchema = z.object({
  v: z.literal(1),
  kind: z.literal('telemetry'),
  /** UTC epoch ms */
  at: z.number().int().min(0).max(8.64e15),
  /** 1 no fix, 2 two-dimensional, 3 three-dimensional, 4 dead reckoning */
  mode: z.number().int().min(1).max(4),
  /** degrees, WGS-84 */
  lat: value(-90, 90),
  lon: value(-180, 180),
  /** metres above mean sea level */
  alt: value(-1000, 20000),
  /** degrees from true north */
  track: value(0, 360),
  hdop: value(0, 1000),
  satellites: value(0, 255),
  /** m/s, the best of the sources, and which that is: 0 none, 1 GNSS, 2 bus */
  speed: value(0, 200),
  speed_source: z.number().int().min(0).max(2),
  /** m/s, as the bus says */
  speed_bus: value(0, 200),
  /** metres */
  odometer: value(0, 1e10),
  /** seconds of engine running */
  engine_s: value(0, 1e10),
  /** engine speed, 1/min */
  rpm: value(0, 20000),
  /** per cent */
  fuel: value(0, 100),
  ignition: value(0, 1),
  /** bit n: state of line n */
  lines: z.number().int().min(0).max(0xffff),
  /** bits of FLAGS */
  flags: z.number().int().min(0).max(0xffff),
  /** index of POINT_REASONS */
  why: z.number().int().min(0).max(255),
});
export type TelemetryPoint = z.infer<typeof pointSchema>;

/** Field number and step of each column of a point; the order is that of the JSON text. */
const COLUMNS = [
  ['at', 16, 1],
  ['mode', 17, 1],
  ['lat', 18, 1e-7],
  ['lon', 19, 1e-7],
  ['alt', 20, 0.1],
  ['track', 21, 0.1],
  ['hdop', 22, 0.1],
  ['satellites', 23, 1],
  ['speed', 24, 0.01],
  ['speed_source', 25, 1],
  ['speed_bus', 26, 0.01],
  ['odometer', 27, 1],
  ['engine_s', 28, 1],
  ['rpm', 29, 0.125],
  ['fuel', 30, 0.1],
  ['ignition', 31, 1],
  ['lines', 32, 1],
  ['flags', 33, 1],
  ['why', 34, 1],
] as const;

type ColumnName = (typeof COLUMNS)[number][0];

/** One record of a batch: the point, and when and where it was accepted. */
export interface BatchRecord {
  readonly point: TelemetryPoint;
  /** wall clock, epoch ms, and ms since boot, when it was accepted */
  readonly accepted: number;
  readonly mono: number;
}

export interface Batch {
  readonly device: string;
  readonly epoch: string;
  readonly first: number;
  readonly low: number;
  readonly boot: string;
  readonly clock: EnvelopeHead['clock'];
  readonly records: readonly BatchRecord[];
}

/** Most points in one batch, and most bytes it may hold once inflated. */
export const MAX_BATCH_POINTS = 1000;
const MAX_INFLATED_BYTES = 1024 * 1024;

/** Rounds a value to a column's step. Decimal steps are divided by their inverse: 1e-7 itself is not exact. */
function steps(value: number, step: number): number {
  return Math.round(step < 1 ? value * Math.round(1 / step) : value / step) + 0; // no negative zero
}
function unsteps(count: number, step: number): number {
  return step < 1 ? count / Math.round(1 / step) : count * step;
}

/** The point with every value rounded to what the wire carries: do this before it is stored. */
export function roundPoint(point: TelemetryPoint): TelemetryPoint {
  const out = { ...point };
  for (const [name, , step] of COLUMNS) {
    const value = point[name];
    if (value !== null) (out as Record<ColumnName, number | null>)[name] = unsteps(steps(value, step), step);
  }
  return out;
}

/** JSON text of a point, its members in one fixed order: the same point gives the same bytes on either side. */
export function pointText(point: TelemetryPoint): string {
  const out: Record<string, unknown> = { v: 1, kind: 'telemetry' };
  for (const [name] of COLUMNS) out[name] = point[name];
  return JSON.stringify(out);
}

/** Packs points of consecutive sequence numbers into one MQTT payload. */
export function encodeBatch(batch: Batch): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, 0)).uint32(1);
  writer.uint32(tag(2, 2)).string(batch.device);
  writer.uint32(tag(3, 2)).string(batch.epoch);
  writer.uint32(tag(4, 0)).uint64(batch.first);
  writer.uint32(tag(5, 0)).uint64(batch.low);
  writer.uint32(tag(6, 0)).uint32(batch.records.length);
  writer.uint32(tag(7, 2)).string(batch.boot);
  writer.uint32(tag(8, 0)).uint32(CLOCK_QUALITIES.indexOf(batch.clock));
  column(
    writer,
    9,
    batch.records.map((r) => Math.round(r.accepted)),
  );
  column(
    writer,
    10,
    batch.records.map((r) => Math.round(r.mono)),
  );
  for (const [name, field, step] of COLUMNS) {
    column(
      writer,
      field,
      batch.records.map(({ point }) => (point[name] === null ? null : steps(point[name], step))),
    );
  }
  return deflateSync(writer.finish(), { level: 6 });
}

const tag = (field: number, wire: number) => (field << 3) | wire;

function column(writer: protobuf.Writer, field: number, values: readonly (number | null)[]): void {
  writer.uint32(tag(field, 2)).fork();
  if (values.includes(null)) {
    const missing = new Uint8Array(Math.ceil(values.length / 8));
    values.forEach((value, i) => {
      if (value === null) missing[i >> 3]! |= 1 << (i & 7);
    });
    writer.uint32(tag(1, 2)).bytes(missing);
  }
  writer.uint32(tag(2, 2)).fork();
  let last = 0;
  for (const value of values) {
    if (value === null) continue;
    writer.sint64(value - last);
    last = value;
  }
  writer.ldelim().ldelim();
}

/** Reads a payload made by `encodeBatch` or any protobuf library; gives one line of why for anything else. */
export function decodeBatch(payload: Uint8Array): Batch | { error: string } {
  let bytes: Buffer;
  try {
    bytes = inflateSync(payload, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { error: code === 'ERR_BUFFER_TOO_LARGE' ? 'batch: inflates beyond 1 MiB' : 'batch: does not inflate' };
  }
  try {
    return readBatch(protobuf.Reader.create(bytes));
  } catch (error) {
    return { error: `batch: ${error instanceof Fault ? error.message : 'not a telemetry batch'}` };
  }
}

class Fault extends Error {}

function readBatch(reader: protobuf.Reader): Batch {
  const head = { version: 0, device: '', epoch: '', first: 0, low: 0, count: 0, boot: '', clock: 0 };
  const raw = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const at = reader.uint32();
    const field = at >>> 3;
    if (field === 1) head.version = reader.uint32();
    else if (field === 2) head.device = reader.string();
    else if (field === 3) head.epoch = reader.string();
    else if (field === 4) head.first = Number(reader.uint64());
    else if (field === 5) head.low = Number(reader.uint64());
    else if (field === 6) head.count = reader.uint32();
    else if (field === 7) head.boot = reader.string();
    else if (field === 8) head.clock = reader.uint32();
    else if ((at & 7) === 2 && field <= 64) raw.set(field, reader.bytes());
    else reader.skipType(at & 7); // a field of a later version
  }
  const { count } = head;
  if (head.version !== 1) throw new Fault(`version ${head.version} is not known here`);
  if (count < 1 || count > MAX_BATCH_POINTS) throw new Fault(`count ${count} is not in 1..${MAX_BATCH_POINTS}`);
  const clock = CLOCK_QUALITIES[head.clock];
  if (!clock) throw new Fault(`clock ${head.clock} is not known`);
  const read = (field: number) => readColumn(raw.get(field), count, field);
  const accepted = read(9);
  const mono = read(10);
  const columns = COLUMNS.map(([name, field, step]) => ({ name, step, values: read(field) }));
  const records = Array.from({ length: count }, (_, i): BatchRecord => {
    const point: Record<string, unknown> = { v: 1, kind: 'telemetry' };
    for (const { name, step, values } of columns) {
      const value = values[i]!;
      point[name] = value === null ? null : unsteps(value, step);
    }
    const checked = pointSchema.safeParse(point);
    if (!checked.success) throw new Fault(`point ${i}: ${checked.error.issues[0]?.path.join('.')} is out of range`);
    return { point: checked.data, accepted: accepted[i] ?? 0, mono: mono[i] ?? 0 };
  });
  return { device: head.device, epoch: head.epoch, first: head.first, low: head.low, boot: head.boot, clock, records };
}

/** The running sums of one column, nulls where it says so. A column that is not there is all null. */
function readColumn(bytes: Uint8Array | undefined, count: number, field: number): (number | null)[] {
  if (!bytes) return new Array(count).fill(null);
  const reader = protobuf.Reader.create(bytes);
  let missing: Uint8Array = new Uint8Array(0);
  const deltas: number[] = [];
  const one = () => {
    if (deltas.length >= count) throw new Fault(`column ${field} has more than ${count} values`);
    deltas.push(Number(reader.sint64()));
  };
  while (reader.pos < reader.len) {
    const at = reader.uint32();
    if (at === tag(1, 2)) missing = reader.bytes();
    else if (at === tag(2, 2)) {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) one();
    } else if (at === tag(2, 0)) one();
    else reader.skipType(at & 7);
  }
  let next = 0;
  let sum = 0;
  const values = Array.from({ length: count }, (_, i): number | null => {
    if ((missing[i >> 3] ?? 0) & (1 << (i & 7))) return null;
    const delta = deltas[next++];
    if (delta === undefined) throw new Fault(`column ${field} has fewer values than count says`);
    sum += delta;
    return sum;
  });
  if (next !== deltas.length) throw new Fault(`column ${field} has more values than count says`);
  return values;
}
