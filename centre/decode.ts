// centre: one MQTT message -> what is in it. Pure. In: topic and payload as they came, hostile or not. Out: records to
// store, a status, and what was refused and why. A bad line costs the others of its message nothing; where it still
// says which number of which lane it is, it is stored as rejected, so that it cannot stop its lane for ever.
import { z } from 'zod';
import {
  type Boot,
  caseSchema,
  decodeEnvelopes,
  type Envelope,
  type EnvelopeHead,
  envelopeHeadSchema,
  eventSchema,
  evidenceChunkSchema,
  firstIssue,
  type Lane,
  MAX_COMMAND_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_RECORD_BYTES,
  parseUpTopic,
  pointSchema,
  type Reply,
  replySchema,
  statusSchema,
  type TelemetryPoint,
  type UpTopic,
} from '../contract/index.ts';
import { decodePacked, isPacked } from './decode-batch.ts';
import { readReport, type SignedReport } from './decode-report.ts';

/** Largest picture that is put together. */
export const MAX_EVIDENCE_BYTES = 16 * 1024 * 1024;
/** Largest piece of one. */
const MAX_CHUNK_BYTES = 256 * 1024;

export interface Chunk {
  id: string;
  case: string;
  chunk: number;
  of: number;
  sha256: string;
  bytes: number;
  mime: string;
  data: Buffer;
}

export interface Incoming extends Omit<EnvelopeHead, 'v' | 'kind'> {
  city: string;
  kind: EnvelopeHead['kind'] | 'rejected';
  /** exactly as accepted on the box */
  text: string;
  /** why it is rejected */
  rejected: string | null;
  chunk: Chunk | null;
  /** of a case: its id */
  caseId: string | null;
  /** of telemetry: what it says */
  point: TelemetryPoint | null;
  /** of a report: what it says, signed by the key it carries */
  report: SignedReport | null;
}

export type RejectKind =
  | 'topic'
  | 'size'
  | 'json'
  | 'envelope'
  | 'device'
  | 'lane'
  | 'schema'
  | 'status'
  | 'reply'
  | 'evidence'
  | 'report'
  | 'batch';
export interface Reject {
  /** '' where the topic is not even one of a device */
  device: string;
  kind: RejectKind;
  /** one line for the log */
  why: string;
}

export interface Decoded {
  device: { device: string; city: string } | null;
  records: Incoming[];
  status: { device: string; city: string; online: boolean; text: string; boots?: readonly Boot[] } | null;
  reply: { device: string; id: string; state: Reply['state']; text: string } | null;
  rejects: Reject[];
}

/** Takes one message apart. Never throws. */
export function decodeMessage(topic: string, payload: Buffer): Decoded {
  const out: Decoded = { device: null, records: [], status: null, reply: null, rejects: [] };
  const at = parseUpTopic(topic);
  if (!at) {
    out.rejects.push({ device: '', kind: 'topic', why: `foreign topic ${JSON.stringify(topic.slice(0, 80))}` });
    return out;
  }
  out.device = { device: at.device, city: at.city };
  if (payload.length > MAX_MESSAGE_BYTES) {
    out.rejects.push({ device: at.device, kind: 'size', why: `a message of ${payload.length} bytes` });
    return out;
  }
  if (at.what === 'status') decodeStatus(at, payload, out);
  else if (at.what === 'reply') decodeReply(at, at.id, payload, out);
  else if (at.what === 'evidence') decodeEvidence(at, payload, out);
  else if (isPacked(at, payload)) decodePacked(at, payload, out);
  else {
    const lane = at.what === 'report' ? 'case' : at.lane;
    for (const line of lines(payload)) decodeLine(at, lane, line, null, out);
  }
  return out;
}

function decodeStatus(at: UpTopic, payload: Buffer, out: Decoded): void {
  const text = utf8(payload);
  const status = statusSchema.safeParse(text === null ? null : parse(text));
  if (text === null || !status.success || status.data.device !== at.device || text.length > 4096) {
    // An empty payload is how a retained status is deleted.
    if (payload.length === 0) return;
    const why = status.success ? 'status of another device' : `status: ${firstIssue(status.error)}`;
    out.rejects.push({ device: at.device, kind: 'status', why });
    return;
  }
  const { online, boots } = status.data;
  out.status = { device: at.device, city: at.city, online, text, ...(boots ? { boots } : {}) };
}

function decodeReply(at: UpTopic, id: string, payload: Buffer, out: Decoded): void {
  const text = payload.length > MAX_COMMAND_BYTES ? null : utf8(payload);
  const reply = replySchema.safeParse(text === null ? null : parse(text));
  let why: string | null = null;
  if (text === null) why = `${payload.length} bytes that are no text`;
  else if (!reply.success) why = firstIssue(reply.error);
  else if (reply.data.device !== at.device) why = `of device ${reply.data.device}`;
  else if (reply.data.id !== id) why = 'the topic names another command';
  else out.reply = { device: at.device, id, state: reply.data.state, text };
  if (why !== null) out.rejects.push({ device: at.device, kind: 'reply', why: `reply: ${why}` });
}

function decodeEvidence(at: UpTopic & { what: 'evidence' }, payload: Buffer, out: Decoded): void {
  const end = payload.indexOf(10);
  const first = utf8(end < 0 ? payload : payload.subarray(0, end));
  const kind = first === null ? null : looseSchema.safeParse(parse(first)).data?.kind;
  if (kind === 'evidence') decodeLine(at, 'evidence', first, payload.subarray(end < 0 ? payload.length : end + 1), out);
  else for (const line of lines(payload)) decodeLine(at, 'evidence', line, null, out);
}

/** What must be known of a bad line to store it as rejected. */
const looseSchema = envelopeHeadSchema.pick({ device: true, lane: true, epoch: true, seq: true }).extend({
  low: z.number().int().min(1).catch(1),
  kind: z.string().optional().catch(undefined),
});

function decodeLine(at: UpTopic, lane: Lane, line: string | null, bytes: Buffer | null, out: Decoded): void {
  const refuse = (kind: RejectKind, why: string) => out.rejects.push({ device: at.device, kind, why });
  if (line === null) return void refuse('json', 'not UTF-8');
  const [envelope] = decodeEnvelopes(line);
  if (!envelope) return;
  if ('error' in envelope) {
    refuse(envelope.error === 'not JSON' ? 'json' : 'envelope', envelope.error);
    const loose = looseSchema.safeParse(parse(line)).data;
    // A line of another device proves nothing about that device's lanes.
    if (loose && loose.device === at.device && loose.lane === lane) {
      const text = Buffer.byteLength(line) <= MAX_RECORD_BYTES ? line : 'null';
      const unknown = { at: 0, boot: '', mono: 0, clock: 'unknown' as const };
      out.records.push(rejected({ ...unknown, ...loose, v: 1, kind: 'opaque', text }, at.city, envelope.error));
    }
    return;
  }
  if (envelope.device !== at.device) return void refuse('device', `a record of device ${envelope.device}`);
  if (envelope.lane !== lane) return void refuse('lane', `a record of lane ${envelope.lane} on lane ${lane}`);
  const judged = judge(envelope, bytes, at);
  if ('why' in judged) {
    refuse(judged.kind, judged.why);
    const text = judged.kind === 'size' ? 'null' : envelope.text;
    out.records.push(rejected({ ...envelope, text }, at.city, judged.why));
    return;
  }
  const { v: _, ...rest } = envelope;
  out.records.push({ ...rest, city: at.city, rejected: null, ...NOTHING, ...judged });
}

function rejected({ v: _, ...envelope }: Envelope, city: string, why: string): Incoming {
  const boot = envelope.boot.replaceAll('\0', '');
  return { ...envelope, boot, kind: 'rejected', city, rejected: why.replaceAll('\0', ''), ...NOTHING };
}

const NOTHING = { chunk: null, caseId: null, point: null, report: null };

type Judged = Partial<Pick<Incoming, 'chunk' | 'caseId' | 'point' | 'report'>> | { kind: RejectKind; why: string };

/** Whether a record is what its kind says. */
function judge(envelope: Envelope, bytes: Buffer | null, at: UpTopic): Judged {
  const { kind, text } = envelope;
  if (Buffer.byteLength(text) > MAX_RECORD_BYTES) return { kind: 'size', why: 'record: larger than 64 KiB' };
  // Postgres has no NUL in its texts.
  if (envelope.boot.includes('\0')) return { kind: 'envelope', why: 'boot: holds a NUL' };
  if ((kind === 'report') !== (at.what === 'report'))
    return { kind: 'lane', why: `a record of kind ${kind} on ${at.what}` };
  const record = parse(text);
  if (kind === 'case' || kind === 'event') {
    const read = (kind === 'case' ? caseSchema : eventSchema).safeParse(record);
    if (!read.success) return { kind: 'schema', why: `${kind}: ${firstIssue(read.error)}` };
    if (read.data.device !== at.device) return { kind: 'device', why: `${kind} of device ${read.data.device}` };
    return kind === 'case' ? { caseId: read.data.id } : {};
  }
  if (kind === 'evidence') return judgeChunk(record, bytes, at);
  if (kind === 'report') {
    const read = readReport(record, at.device);
    return 'why' in read ? { kind: 'report', why: read.why } : read;
  }
  if (kind === 'telemetry') {
    const point = pointSchema.safeParse(record);
    return point.success ? { point: point.data } : { kind: 'schema', why: `telemetry: ${firstIssue(point.error)}` };
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    return { kind: 'schema', why: `${kind}: not an object` };
  }
  return {};
}

function judgeChunk(record: unknown, data: Buffer | null, at: UpTopic): Judged {
  const read = evidenceChunkSchema.safeParse(record);
  if (!read.success) return { kind: 'schema', why: `evidence: ${firstIssue(read.error)}` };
  const { id, case: caseId, chunk, of, sha256, bytes, mime } = read.data;
  const bad = (why: string): Judged => ({ kind: 'evidence', why: `evidence: ${why}` });
  if (data === null || at.what !== 'evidence') return bad('a chunk outside its topic');
  if (at.id !== id || at.chunk !== chunk) return bad('the topic names another chunk');
  if (chunk >= of) return bad('chunk number beyond the last');
  if (bytes > MAX_EVIDENCE_BYTES) return bad('larger than 16 MiB');
  if (data.length === 0 || data.length > MAX_CHUNK_BYTES) return bad(`a chunk of ${data.length} bytes`);
  return { chunk: { id, case: caseId, chunk, of, sha256, bytes, mime, data } };
}

/** The lines of a payload; null for one that is not UTF-8. */
function lines(payload: Buffer): (string | null)[] {
  const whole = utf8(payload);
  if (whole !== null) return whole.split('\n').filter((line) => line.length > 0);
  const out: (string | null)[] = [];
  for (let from = 0; from < payload.length; ) {
    const end = payload.indexOf(10, from);
    const to = end < 0 ? payload.length : end;
    if (to > from) out.push(utf8(payload.subarray(from, to)));
    from = to + 1;
  }
  return out;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(bytes: Buffer): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
