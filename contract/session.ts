// Messages about the link itself: a box's birth and last will, and the centre's acknowledgement.
import { z } from 'zod';
import { LANES } from './lanes.ts';
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
});
export type Status = z.infer<typeof statusSchema>;

/** down/ack: everything of this lane and epoch up to and including `upTo` is stored for good at the centre. */
export const ackSchema = z.object({
  v: z.literal(1),
  kind: z.literal('ack'),
  device: z.string().regex(ID_PATTERN),
  lane: z.enum(LANES),
  epoch: z.string().regex(/^[0-9a-f]{8,32}$/),
  upTo: z.number().int().min(0),
});
export type Ack = z.infer<typeof ackSchema>;
