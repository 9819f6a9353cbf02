// Commands down to a box and its answers. A command asks for one thing once: it has an id, may expire, may be bound to
// a condition, may make an older one void. Every command ends in exactly one state, which the box decides.
import { z } from 'zod';
import { CLOCK_QUALITIES } from './time.ts';
import { ID_PATTERN } from './topics.ts';

/** Largest down/command and up/reply that either side takes, bytes. */
export const MAX_COMMAND_BYTES = 16 * 1024;
/** How long a command may run if it does not say, seconds. */
export const DEADLINE_S = 120;

const id = z.string().regex(ID_PATTERN);
const json = z.record(z.string().max(64), z.unknown());

/** What a command may ask for today; a box answers any other name with `refused`, reason "unknown kind". */
export const COMMAND_NAMES = ['ping', 'drain-rate', 'snapshot'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

/**
 * "Only if still true", judged by the box when the command is about to run; all that is given must hold. A condition the
 * box does not know is not true: it refuses.
 */
export const guardSchema = z
  .strictObject({
    /** only in this boot of the machine (the birth names it) */
    boot: z.string().max(36),
    /** only while the agent is of this version */
    version: z.string().max(64),
    /** only while a profile of this version is in force */
    profile: z.string().max(64),
    /** only while the box holds this case in this state */
    case: z.strictObject({ id, state: z.literal('open') }),
  })
  .partial()
  .refine((guard) => Object.keys(guard).length > 0, 'names no condition');
export type Guard = z.infer<typeof guardSchema>;

/** down/command */
export const commandSchema = z.object({
  v: z.literal(1),
  kind: z.literal('command'),
  id,
  device: id,
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** when it was given: the centre's clock, epoch ms */
  at: z.number().min(0),
  /** grows from command to command of one device; only the order means something */
  order: z.number().int().min(0),
  /** not begun at this moment or later, epoch ms; absent: it does not expire */
  expires: z.number().min(0).optional(),
  /** how long it may run once begun, seconds of a clock that never goes back */
  deadline_s: z.number().min(1).max(3600).default(DEADLINE_S),
  guard: guardSchema.optional(),
  /** commands of one key take each other's place: one that has not begun is void once a newer one is here */
  replaces: id.optional(),
  params: json.default({}),
});
export type Command = z.infer<typeof commandSchema>;

/** What is asked of each known kind. */
export const paramsSchemas = {
  ping: z.strictObject({}),
  /** most bytes a second that the uplink sends of what waited; null: as fast as the link gives */
  'drain-rate': z.strictObject({ bytes_per_s: z.number().int().min(1).max(1e9).nullable() }),
  /** a masked picture of this camera as evidence; of the first one where none is named */
  snapshot: z.strictObject({ camera: id.optional() }),
} satisfies Record<CommandName, z.ZodType>;

/**
 * How a command ended at its box. done, failed: it ran. refused: this box will not (unknown kind, wrong parameters, its
 * clock is unknown and the command depends on time). expired, replaced, guard-failed: nothing was done.
 */
export const REPLY_STATES = ['done', 'failed', 'refused', 'expired', 'replaced', 'guard-failed'] as const;
export type ReplyState = (typeof REPLY_STATES)[number];

/** up/reply/{command}: the same for the same command, however often it is asked. */
export const replySchema = z.object({
  v: z.literal(1),
  kind: z.literal('reply'),
  /** of the command */
  id,
  device: id,
  state: z.enum(REPLY_STATES),
  /** when it ended: the box's clock, epoch ms, as good as `clock` says */
  at: z.number(),
  clock: z.enum(CLOCK_QUALITIES),
  /** why it is not done, one line */
  reason: z.string().max(500).optional(),
  /** of one that is done */
  result: json.optional(),
});
export type Reply = z.infer<typeof replySchema>;
