// What a box says about the street: an event (something happened) and a case (a matter reported). Schemas only.
import { z } from 'zod';
import { ID_PATTERN } from './topics.ts';

const id = z.string().regex(ID_PATTERN);
/** UTC epoch milliseconds; a recording without a start counts from 0. */
const time = z.number().min(0).max(8.64e15);
/** x, y, width, height in pixels of the camera's picture. */
const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const words = z.strictObject({ zh: z.string().max(200), en: z.string().max(200) });

/** A rule's verdict on one object: it was here, from `at` until `until`, with this certainty. Not yet a case. */
export const eventSchema = z.object({
  v: z.literal(1),
  kind: z.literal('event'),
  id,
  device: id,
  site: id,
  camera: id,
  /** first seen in the zone */
  at: time,
  /** last seen in the zone when the rule spoke */
  until: time,
  /** five digits of GB/T 47678.5-2026 */
  code: z.string().regex(/^\d{5}$/),
  rule: id,
  zone: id,
  class: z.string().max(40),
  track: z.number().int().min(0),
  box,
  /** 0..1 */
  certainty: z.number().min(0).max(1),
  /** seconds in the zone, and what the profile allows */
  dwell_s: z.number().min(0),
  limit_s: z.number().min(0),
  /** of several things at once (a heap, a crowd, a stall's goods): how many; `box` is around them all */
  count: z.number().int().min(1).max(1000).optional(),
});
export type KerbEvent = z.infer<typeof eventSchema>;

/** One picture that proves a case; its bytes travel in the evidence lane under this id. */
export const evidenceRefSchema = z.object({
  id,
  role: z.enum(['first', 'proof', 'after']),
  /** when the frame was taken */
  at: time,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().min(1),
  mime: z.literal('image/jpeg'),
  width: z.number().int().min(1),
  height: z.number().int().min(1),
  /** where the object is in this picture */
  box,
  /** how many regions were made unrecognisable, and why */
  masked: z.strictObject({ persons: z.number().int().min(0) }),
});
export type EvidenceRef = z.infer<typeof evidenceRefSchema>;

/** A reported matter: classified, located, evidenced; owned and with a deadline once these are known on the box. */
export const caseSchema = z.object({
  v: z.literal(1),
  kind: z.literal('case'),
  id,
  device: id,
  site: id,
  camera: id,
  event: id,
  at: time,
  until: time,
  /** the box of the moment, as `box` of the event */
  code: z.string().regex(/^\d{5}$/),
  /** the same matter in GB/T 30428.2-2013, e.g. 04-09 */
  code2013: z.string().max(8).optional(),
  name: words,
  place: z.object({
    lon: z.number().min(-180).max(180),
    lat: z.number().min(-90).max(90),
    /** 15-digit management cell */
    grid: z
      .string()
      .regex(/^\d{15}$/)
      .optional(),
    text: words,
  }),
  zone: id,
  zone_name: words,
  class: z.string().max(40),
  track: z.number().int().min(0),
  box,
  certainty: z.number().min(0).max(1),
  /** of several things at once: how many */
  count: z.number().int().min(1).max(1000).optional(),
  rule: z.object({ id, limit_s: z.number().min(0), dwell_s: z.number().min(0), profile: z.string().max(64) }),
  owner: z.object({ unit: z.string().max(64), handler: z.string().max(64) }).optional(),
  deadline: time.optional(),
  state: z.enum(['reported']),
  evidence: z.array(evidenceRefSchema).max(16),
});
export type Case = z.infer<typeof caseSchema>;
