// centre: a record of kind `report` -> what it says and whose key signed it. Pure. May never happen: a report is taken that
// its own key did not sign, or that speaks of another device than its topic's.
import { createHash } from 'node:crypto';
import { firstIssue, openReport, type ReportBody, reportSchema } from '../contract/index.ts';

export interface SignedReport {
  body: ReportBody;
  /** the body as it was signed */
  text: string;
  /** SHA-256 of the key that signed it, hex */
  key: string;
}

/** Reads a record of `device`. Whether the key is the device's own is known where it was pinned. */
export function readReport(record: unknown, device: string): { report: SignedReport } | { why: string } {
  const shape = reportSchema.safeParse(record);
  if (!shape.success) return { why: `report: ${firstIssue(shape.error)}` };
  const opened = openReport(shape.data);
  if ('error' in opened) return { why: `report: ${opened.error}` };
  const { body } = opened;
  if (body.device !== device) return { why: `report: of device ${body.device}` };
  const key = createHash('sha256').update(Buffer.from(shape.data.key, 'base64')).digest('hex');
  return { report: { body, text: shape.data.body, key } };
}
