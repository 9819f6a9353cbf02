// A picture on its way: chunks, each one record of the evidence lane: an envelope line, a line break, raw bytes.
import { z } from 'zod';
import { ID_PATTERN } from './topics.ts';

/** Raw bytes of one chunk: small enough that an alarm never waits long behind it on a thin link. */
export const EVIDENCE_CHUNK_BYTES = 32 * 1024;

/** The record text of a chunk; its bytes follow the envelope line after one "\n". */
export const evidenceChunkSchema = z.object({
  v: z.literal(1),
  kind: z.literal('evidence'),
  id: z.string().regex(ID_PATTERN),
  /** the case it proves, or the command that asked for it */
  case: z.string().regex(ID_PATTERN),
  chunk: z.number().int().min(0),
  of: z.number().int().min(1).max(4096),
  /** of the whole picture */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().min(1),
  mime: z.literal('image/jpeg'),
});
export type EvidenceChunk = z.infer<typeof evidenceChunkSchema>;
