// Many telemetry points as one packed MQTT message: protobuf by columns of differences, in a zlib stream.
// contract/telemetry.proto is the same for every other language. In: points, or bytes from anybody. May never happen:
// bytes make this throw, or take more than their bounds in memory.
import { deflateSync, inflateSync } from 'node:zlib';
import protobuf from 'protobufjs/minimal.js';
import { type EnvelopeHead, envelopeHeadSchema, firstIssue } from './envelope.ts';
import { COLUMNS, pointSchema, steps, type TelemetryPoint, unsteps } from './telemetry.ts';
import { type Anchor, anchorSchema, CLOCK_QUALITIES } from './time.ts';

/** First byte of every packed message; a message of lines begins with "{". */
export const PACKED_MARK = 0x78;
/** Most points in one batch, and most bytes it may hold once inflated. */
export const MAX_BATCH_POINTS = 1000;
const MAX_INFLATED_BYTES = 1024 * 1024;
const LAST_TIME = 8.64e15;

/** One record of a batch: the point, and when and where it was accepted. */
export interface BatchRecord {
  readonly point: TelemetryPoint;
  /** wall clock, epoch ms, and ms since boot, when it was accepted */
  readonly accepted: number;
  readonly mono: number;
}

/** A record that is no valid point: what it says as JSON text, and why it is refused. */
export interface BadRecord extends Omit<BatchRecord, 'point'> {
  readonly text: string;
  readonly error: string;
}

/** What all records of a batch share. */
export interface BatchHead {
  readonly device: string;
  readonly epoch: string;
  /** sequence number of the first record; the others follow without a hole */
  readonly first: number;
  readonly low: number;
  readonly boot: string;
  readonly clock: EnvelopeHead['clock'];
  /** as in an envelope */
  readonly anchor?: Anchor;
}
export interface Batch extends BatchHead {
  readonly records: readonly BatchRecord[];
}
export interface ReadBatch extends BatchHead {
  readonly records: readonly (BatchRecord | BadRecord)[];
}

/** Why a batch cannot be read; which records it claims to hold, where it still says that. */
export interface BatchFault {
  readonly error: string;
  readonly claims?: Pick<BatchHead, 'device' | 'epoch' | 'first' | 'low'> & { readonly count: number };
}

/** Packs points of consecutive sequence numbers, one boot and one clock quality into one MQTT payload. */
export function encodeBatch(batch: Batch): Buffer {
  const { records } = batch;
  const writer = protobuf.Writer.create();
  writer.uint32(tag(1, 0)).uint32(1);
  writer.uint32(tag(2, 2)).string(batch.device);
  writer.uint32(tag(3, 2)).string(batch.epoch);
  writer.uint32(tag(4, 0)).uint64(batch.first);
  writer.uint32(tag(5, 0)).uint64(batch.low);
  writer.uint32(tag(6, 0)).uint32(records.length);
  writer.uint32(tag(7, 2)).string(batch.boot);
  writer.uint32(tag(8, 0)).uint32(CLOCK_QUALITIES.indexOf(batch.clock));
  if (batch.anchor) {
    writer.uint32(tag(11, 0)).sint64(Math.round(batch.anchor.offset));
    writer.uint32(tag(12, 0)).uint32(CLOCK_QUALITIES.indexOf(batch.anchor.clock));
  }
  const accepted = records.map((record) => Math.round(record.accepted));
  const mono = records.map((record) => Math.round(record.mono));
  writeColumn(writer, 9, accepted);
  writeColumn(writer, 10, mono);
  for (const [name, field, step] of COLUMNS) {
    const values = records.map(({ point }) => (point[name] === null ? null : steps(point[name], step)));
    writeColumn(writer, field, values);
  }
  return deflateSync(writer.finish(), { level: 6 });
}

const tag = (field: number, wire: number) => (field << 3) | wire;

function writeColumn(writer: protobuf.Writer, field: number, values: readonly (number | null)[]): void {
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

/** Reads a payload made by `encodeBatch` or any protobuf library; one line of why for anything else. */
export function decodeBatch(payload: Uint8Array): ReadBatch | BatchFault {
  let bytes: Buffer;
  try {
    bytes = inflateSync(payload, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { error: code === 'ERR_BUFFER_TOO_LARGE' ? 'batch: inflates beyond 1 MiB' : 'batch: does not inflate' };
  }
  const fields = {
    version: 0,
    device: '',
    epoch: '',
    first: 0,
    low: 0,
    count: 0,
    boot: '',
    clock: 0,
    offset: 0,
    anchor: 0,
  };
  try {
    return readBatch(protobuf.Reader.create(bytes), fields);
  } catch (error) {
    const why = `batch: ${error instanceof Fault ? error.message : 'not a telemetry batch'}`;
    const head = claimSchema.safeParse(fields).data;
    const { count } = fields;
    const plain = head !== undefined && count >= 1 && count <= MAX_BATCH_POINTS && head.first + count < 2 ** 53;
    return { error: why, ...(plain ? { claims: { ...head, count } } : {}) };
  }
}

class Fault extends Error {}

const { low } = envelopeHeadSchema.shape;
const headSchema = envelopeHeadSchema.pick({ device: true, epoch: true, low: true, boot: true }).extend({ first: low });
const claimSchema = headSchema.pick({ device: true, epoch: true, first: true }).extend({ low: low.catch(1) });

interface Fields {
  version: number;
  device: string;
  epoch: string;
  first: number;
  low: number;
  count: number;
  boot: string;
  clock: number;
  /** of the anchor: its offset, and its clock; 0: there is none */
  offset: number;
  anchor: number;
}

function readBatch(reader: protobuf.Reader, head: Fields): ReadBatch {
  const raw = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const at = reader.uint32();
    const field = at >>> 3;
    if (field === 1) head.version = reader.uint32();
    else if (field === 2) head.device = reader.string();
    else if (field === 3) head.epoch = reader.string();
    else if (field === 4) head.first = plain(reader.uint64());
    else if (field === 5) head.low = plain(reader.uint64());
    else if (field === 6) head.count = reader.uint32();
    else if (field === 7) head.boot = reader.string();
    else if (field === 8) head.clock = reader.uint32();
    else if (field === 11) head.offset = plain(reader.sint64());
    else if (field === 12) head.anchor = reader.uint32();
    else if ((at & 7) === 2 && field <= 64) raw.set(field, reader.bytes());
    else reader.skipType(at & 7); // a field of a later version
  }
  const { count, version } = head;
  if (version !== 1) throw new Fault(`version ${version} is not known here`);
  if (count < 1 || count > MAX_BATCH_POINTS) throw new Fault(`count ${count} is not in 1..${MAX_BATCH_POINTS}`);
  const checked = headSchema.safeParse(head);
  if (!checked.success) throw new Fault(firstIssue(checked.error));
  if (head.first + count >= 2 ** 53) throw new Fault('first_seq: too large');
  const clock = CLOCK_QUALITIES[head.clock];
  if (!clock) throw new Fault(`clock ${head.clock} is not known`);
  const anchor = anchorSchema.safeParse({ offset: head.offset, clock: CLOCK_QUALITIES[head.anchor] });
  if (head.anchor !== 0 && !anchor.success) throw new Fault(`anchor: ${firstIssue(anchor.error)}`);
  const known = anchor.success ? { anchor: anchor.data } : {};
  return { ...checked.data, clock, ...known, records: readRecords(raw, count) };
}

function readRecords(raw: ReadonlyMap<number, Uint8Array>, count: number): (BatchRecord | BadRecord)[] {
  const read = (field: number) => readColumn(raw.get(field), count, field);
  const accepted = within(read(9), 'accepted', LAST_TIME);
  const mono = within(read(10), 'mono', Number.MAX_SAFE_INTEGER);
  const columns = COLUMNS.map(([name, field, step]) => ({ name, step, values: read(field) }));
  return Array.from({ length: count }, (_, i) => {
    const value: Record<string, unknown> = { v: 1, kind: 'telemetry' };
    for (const { name, step, values } of columns) {
      const one = values[i]!;
      value[name] = one === null ? null : unsteps(one, step);
    }
    const stamp = { accepted: accepted[i]!, mono: mono[i]! };
    const point = pointSchema.safeParse(value);
    if (point.success) return { point: point.data, ...stamp };
    return { text: JSON.stringify(value), error: `telemetry: ${firstIssue(point.error)}`, ...stamp };
  });
}

function within(values: readonly (number | null)[], name: string, max: number): number[] {
  return values.map((value) => {
    if (value === null || value < 0 || value > max) throw new Fault(`${name} is out of range`);
    return value;
  });
}

/** The running sums of one column, nulls where it says so. A column that is not there is all null. */
function readColumn(bytes: Uint8Array | undefined, count: number, field: number): (number | null)[] {
  if (!bytes) return new Array(count).fill(null);
  const reader = protobuf.Reader.create(bytes);
  let missing: Uint8Array = new Uint8Array(0);
  const deltas: number[] = [];
  const one = () => {
    if (deltas.length >= count) throw new Fault(`column ${field} has more than ${count} values`);
    deltas.push(plain(reader.sint64()));
  };
  while (reader.pos < reader.len) {
    const at = reader.uint32();
    if (at === tag(1, 2)) missing = reader.bytes();
    else if (at === tag(2, 2)) {
      const end = reader.uint32() + reader.pos;
      if (end > reader.len) throw new Fault(`column ${field} is cut off`);
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

/** protobufjs gives an object for 64 bits where it finds the package `long`, a number where it does not. */
function plain(value: number | { high: number; low: number; unsigned: boolean }): number {
  if (typeof value === 'number') return value;
  return (value.unsigned ? value.high >>> 0 : value.high) * 2 ** 32 + (value.low >>> 0);
}
