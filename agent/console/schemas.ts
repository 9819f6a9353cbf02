// agent/console: the shapes of api.ts as schemas, from which the OpenAPI document is rendered and tests check answers.
// Never: a shape of its own; api.ts is the measure and schemas.test holds both together.
import { z } from 'zod';
import { caseSchema, evidenceRefSchema, LANES } from '../../contract/index.ts';

const words = z.object({ zh: z.string(), en: z.string() });
const ms = (what: string) => z.number().describe(`${what}, epoch ms`);
const box = z
  .tuple([z.number(), z.number(), z.number(), z.number()])
  .readonly()
  .describe('x, y, width, height in pixels of the picture');

export const healthLineSchema = z.object({
  id: z.string(),
  level: z.enum(['ok', 'warn', 'bad']),
  text: words,
  value: z.string(),
  remedy: words.optional(),
});

export const cameraStateSchema = z.object({
  id: z.string(),
  name: words,
  state: z.enum(['starting', 'live', 'lost']),
  since: ms('since when it is so'),
  reason: z.string().optional().describe('why it is lost'),
  picture: z.tuple([z.number(), z.number()]).describe('width, height'),
  looks_per_s: z.number(),
  frames_per_s: z.number(),
  look_ms: z.number().describe('median milliseconds of a base look'),
  skipped: z.number().describe('frames that were due for a look while all workers were busy'),
  zones: z.array(
    z.object({
      id: z.string(),
      name: words,
      kind: z.string(),
      polygon: z.array(z.tuple([z.number(), z.number()])),
      limit_s: z.number(),
    }),
  ),
  latest: z.number().nullable().describe('seq of the newest frame that can be fetched'),
});

export const stateSchema = z.object({
  device: z.string(),
  city: z.string(),
  version: z.string(),
  roles: z.array(z.enum(['camera', 'vehicle'])),
  now: ms('time of this answer'),
  started: ms('start of the agent'),
  demo: z.boolean(),
  clock: z.object({ quality: z.enum(['unknown', 'held', 'synced']) }),
  link: z.object({
    state: z.enum(['online', 'offline', 'connecting', 'none']),
    since: ms('since when it is so'),
    broker: z.string(),
    error: z.string().optional(),
  }),
  outbox: z.array(
    z.object({
      lane: z.enum(LANES),
      waiting: z.number(),
      bytes: z.number(),
      oldest: ms('time of the oldest waiting record').nullable(),
    }),
  ),
  cameras: z.array(cameraStateSchema),
  vehicle: z.record(z.string(), z.unknown()).nullable(),
  health: z.array(healthLineSchema),
});

export const apiCaseSchema = caseSchema.extend({
  evidence: z.array(evidenceRefSchema.extend({ url: z.string().describe('path of the masked picture') })),
  upstream: z.enum(['waiting', 'acknowledged']).describe('whether the centre has confirmed it'),
});

export const frameDataSchema = z.object({
  camera: z.string(),
  seq: z.number(),
  time: ms('when the frame was taken'),
  width: z.number(),
  height: z.number(),
  objects: z.array(z.object({ class: z.string(), score: z.number(), box })).readonly(),
  tracks: z
    .array(
      z.object({
        id: z.number(),
        class: z.string(),
        score: z.number(),
        box,
        first: ms('first find'),
        last: ms('last find'),
      }),
    )
    .readonly(),
  why: z
    .array(
      z.object({
        track: z.number(),
        class: z.string(),
        score: z.number(),
        zone: z.string().nullable(),
        rule: z.string().nullable(),
        dwell_s: z.number().describe('seconds in the zone so far'),
        limit_s: z.number().describe('seconds that the rule allows'),
        reason: z.enum(['class', 'score', 'outside', 'timing', 'reported']),
      }),
    )
    .readonly(),
  look: z.object({ ms: z.number(), depth: z.string() }),
});

export const healthzSchema = z.object({
  ok: z.boolean(),
  wrong: z.array(healthLineSchema).describe('the lines of health that are bad'),
});

export const errorSchema = z.object({
  code: z.string().describe('stable, UPPER_SNAKE'),
  error: z.string().describe('what, where, what to do, on one line'),
});
