// Updates on the wire: what is said of a published target, the poke "there is something new", and a box's signed report
// of what it runs. In: values of either side. Out: schemas, a signed report, a report that proved to be its key's.
// May never happen: a report that its key did not sign is read; a poke is believed (what it names is verified by TUF).
import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { firstIssue } from './envelope.ts';
import { CLOCK_QUALITIES } from './time.ts';
import { ID_PATTERN } from './topics.ts';

/** What can be published for boxes. */
export const TARGET_KINDS = ['model', 'profile', 'agent'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

/** Most things a report speaks of. */
export const MAX_REPORT_ITEMS = 32;
/** Longest reason, characters. */
export const MAX_REASON = 300;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const version = z.string().min(1).max(64);
/** rises with each publishing of a kind */
const counter = z.number().int().min(1);
const time = z.number().min(0).max(8.64e15);
/** one line of plain words */
const line = z
  .string()
  .max(MAX_REASON)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u);
const code = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/);
/** a path below the repository's targets, or beside the first file of a target */
const path = z.string().min(1).max(512);

/** `custom` of a target in TUF metadata, as `ota publish` writes it. */
export const targetCustomSchema = z.object({
  kind: z.enum(TARGET_KINDS),
  name,
  version,
  counter,
  /** what it runs on: "linux-x64", "linux-arm64" or "any" */
  hardware: z.array(z.string().max(40)).min(1).max(16),
  /** where the file lies beside the first one of the same counter */
  place: path,
  /** of the first one: paths of the other targets that belong to it */
  files: z.array(path).max(64).optional(),
  /** not a target to look for by itself: another one lists it */
  part: z.literal(true).optional(),
});
export type TargetCustom = z.infer<typeof targetCustomSchema>;

/** down/desired, retained. Untrusted: it makes a box look sooner, and what it then believes is what is signed. */
export const desiredSchema = z.object({
  v: z.literal(1),
  kind: z.literal('desired'),
  /** version of the repository's timestamp role */
  timestamp: z.number().int().min(1),
});
export type Desired = z.infer<typeof desiredSchema>;

/**
 * success: runs and has passed its health check. pending: wanted, and not yet tried. trial: runs, its check is under way.
 * failed: could not be fetched or made ready, is tried again. refused: was never let run. returned: ran, failed its check
 * and gave way to what ran before.
 */
export const REPORT_RESULTS = ['success', 'pending', 'trial', 'failed', 'refused', 'returned'] as const;

export const reportItemSchema = z.object({
  kind: z.enum(TARGET_KINDS),
  name,
  /** what verified metadata asks for; null: nothing */
  wanted: z.object({ version, counter }).nullable(),
  /** counter null: came with the installation or its configuration, not by an update */
  running: z.object({ version, counter: counter.nullable() }).nullable(),
  result: z.enum(REPORT_RESULTS),
  code: code.optional(),
  reason: line.optional(),
  /** when it came to this result */
  at: time,
});
export type ReportItem = z.infer<typeof reportItemSchema>;

/** What a report says; its JSON text is what is signed. */
export const reportBodySchema = z.object({
  v: z.literal(1),
  kind: z.literal('report-body'),
  device: z.string().regex(ID_PATTERN),
  /** durable, one more for each report: an older one that comes again is known by it */
  counter,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  at: time,
  boot: z.string().max(36),
  clock: z.enum(CLOCK_QUALITIES),
  /** of the agent's release; null: not installed in slots */
  slot: z.enum(['a', 'b']).nullable(),
  /** of the verified metadata; null: none yet */
  versions: z.object({ root: counter, timestamp: counter, snapshot: counter, targets: counter }).nullable(),
  items: z.array(reportItemSchema).max(MAX_REPORT_ITEMS),
  /** why no metadata could be fetched or verified, while that is so */
  fault: z.object({ code, what: line }).optional(),
});
export type ReportBody = z.infer<typeof reportBodySchema>;

/** up/report: record of kind `report`. */
export const reportSchema = z.object({
  v: z.literal(1),
  kind: z.literal('report'),
  /** JSON text of a report-body, byte for byte what was signed */
  body: z.string().max(48 * 1024),
  /** the device's public key: SubjectPublicKeyInfo of a P-256 key, DER, base64 */
  key: z.string().regex(/^[A-Za-z0-9+/]{40,200}={0,2}$/),
  /** ECDSA with SHA-256 over the body's UTF-8: r and s, 32 bytes each (IEEE P1363), base64 */
  signature: z.string().regex(/^[A-Za-z0-9+/]{86}==$/),
});
export type Report = z.infer<typeof reportSchema>;

/** Makes any text a reason: one line, not too long. */
export function reasonLine(text: string): string {
  const plain = text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ')
    .trim();
  return plain.length <= MAX_REASON ? plain : `${plain.slice(0, MAX_REASON - 1).toWellFormed()}…`;
}

/** Signs a report. @param key the device's private key, P-256 */
export function signReport(body: ReportBody, key: KeyObject): Report {
  const text = JSON.stringify(body);
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64');
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
  return { v: 1, kind: 'report', body: text, key: spki, signature };
}

/** Reads a report whose signature is its own key's. Whether that key is the device's is for the reader to know. */
export function openReport(report: Report): { body: ReportBody } | { error: string } {
  const key = publicKey(report.key);
  if (!key) return { error: 'key: no P-256 key' };
  const signature = Buffer.from(report.signature, 'base64');
  if (!verify('sha256', Buffer.from(report.body), { key, dsaEncoding: 'ieee-p1363' }, signature)) {
    return { error: 'signature: does not fit body and key' };
  }
  let value: unknown;
  try {
    value = JSON.parse(report.body);
  } catch {
    return { error: 'body: not JSON' };
  }
  const body = reportBodySchema.safeParse(value);
  return body.success ? { body: body.data } : { error: `body: ${firstIssue(body.error)}` };
}

function publicKey(text: string): KeyObject | null {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null;
  } catch {
    return null;
  }
}
