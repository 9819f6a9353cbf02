// How a record of a lane looks on the wire: one line of JSON per record, several lines per message (NDJSON).
// The record's own text is the last member and is kept byte for byte, so that what was stored is what arrives.
import { z } from 'zod';
import { LANES } from './lanes.ts';
import { anchorSchema, CLOCK_QUALITIES } from './time.ts';
import { ID_PATTERN } from './topics.ts';

/** Largest record text (UTF-8 bytes) that an envelope carries. */
export const MAX_RECORD_BYTES = 64 * 1024;
/** Largest MQTT payload either side accepts. */
export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Everything about a record but the record. */
export const envelopeHeadSchema = z.object({
  v: z.literal(1),
  device: z.string().regex(ID_PATTERN),
  lane: z.enum(LANES),
  /** names one life of this lane's log: a log that is made anew gets another */
  epoch: z.string().regex(/^[0-9a-f]{8,32}$/),
  seq: z.number().int().min(1),
  /** the lowest sequence number this box still holds: all below was acknowledged, evicted or never was */
  low: z.number().int().min(1),
  kind: z.enum(['case', 'event', 'evidence', 'telemetry', 'report', 'opaque']),
  /** when it was accepted: wall clock, epoch ms, as good as `clock` says */
  at: z.number(),
  /** the boot it was accepted in, and milliseconds since that boot */
  boot: z.string().max(36),
  mono: z.number().min(0),
  clock: z.enum(CLOCK_QUALITIES),
  /** what that boot's clock turned out to be since; absent where nothing better than `clock` is known */
  anchor: anchorSchema.optional(),
});
export type EnvelopeHead = z.infer<typeof envelopeHeadSchema>;

export type Envelope = EnvelopeHead & { /** JSON text, exactly as it was accepted */ text: string };

const MARK = ',"record":';

/** One line. `text` must be valid JSON without a line break (the outbox has checked it). */
export function encodeEnvelope({ text, ...head }: Envelope): string {
  return `${JSON.stringify(head).slice(0, -1)}${MARK}${text}}`;
}

/** The schema of one line, for documents: what any JSON reader sees. */
export const envelopeSchema = envelopeHeadSchema.extend({ record: z.unknown() });

/**
 * Reads a message of one or more lines. A line that is no envelope gives its reason instead, and costs the others
 * nothing. Fields of later versions are ignored; a later `v` is refused by the schema with its name.
 */
export function decodeEnvelopes(payload: string): (Envelope | { error: string })[] {
  return payload
    .split('\n')
    .filter((line) => line.length > 0)
    .map(decodeLine);
}

function decodeLine(line: string): Envelope | { error: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { error: 'not JSON' };
  }
  const head = envelopeHeadSchema.safeParse(value);
  if (!head.success) return { error: `envelope: ${firstIssue(head.error)}` };
  // None of the members before it can hold this mark: they are numbers, enums and ids without quotes.
  const from = line.indexOf(MARK);
  if (from < 0 || !line.endsWith('}')) return { error: 'envelope: record is not the last member' };
  const text = line.slice(from + MARK.length, -1);
  try {
    JSON.parse(text);
  } catch {
    return { error: 'envelope: record is not the last member' };
  }
  return { ...head.data, text };
}

/** "path: what" of the first fault, for one-line errors. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.join('.') || '(root)'}: ${issue.message}` : 'invalid';
}
