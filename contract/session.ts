// Messages about the link itself: a box's birth and last will, and the centre's acknowledgement.
import { z } from 'zod';
import { LANES } from './lanes.ts';
import { bootSchema } from './time.ts';
import { ID_PATTERN } from './topics.ts';

/** up/status, retained: birth (online true) and last will (online false). */
export const statusSchema = z.object({
  v: z.literal(1),
  kind: z.literal('status'),
  device: z.string().regex(ID_PATTERN),
  online: z.boolean(),
  /** wall clock of the box at connect; 0 in a last will, which is written before its time is known */
  at: z.number().min(0),
  version: z.string().max(64),
  boot: z.string().max(36),
  roles: z.array(z.enum(['camera', 'vehicle'])).max(2),
  /** its last boots, oldest first, and what is known of their clocks: records that are here already are put right */
  boots: z.array(bootSchema).max(16).optional(),
});
export type Status = z.infer<typeof statusSchema>;

/** Most ranges that an acknowledgement names; what lies beyond them is told once the first ones are joined. */
export const MAX_ACK_RANGES = 64;

/**
 * down/ack: everything of this lane and epoch up to and including `upTo` is stored for good at the centre, and so are
 * the ranges of `above` (first and last, ascending): between them are the gaps that are still waited for.
 */
export const ackSchema = z.object({
  v: z.literal(1),
  kind: z.literal('ack'),
  device: z.string().regex(ID_PATTERN),
  lane: z.enum(LANES),
  epoch: z.string().regex(/^[0-9a-f]{8,32}$/),
  upTo: z.number().int().min(0),
  above: z
    .array(z.tuple([z.number().int().min(1), z.number().int().min(1)]))
    .max(MAX_ACK_RANGES)
    .optional(),
});
export type Ack = z.infer<typeof ackSchema>;
