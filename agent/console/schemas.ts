// agent/console: the shapes of api.ts as schemas, from which the OpenAPI document is rendered and tests check answers.
// Never: a shape of its own; api.ts is the measure and schemas.test holds both together.
import { z } from 'zod';
import { caseSchema, evidenceRefSchema, LANES, reportBodySchema, reportItemSchema } from '../../contract/index.ts';
import { flowsStateSchema, outputStateSchema } from './schemas-flows.ts';
import { siteStateSchema } from './schemas-site.ts';

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
  code: z.string().optional().describe('what kind of loss that is: CAMERA_SILENT, CAMERA_PASSWORD ...'),
  main: z
    .object({
      state: z.enum(['starting', 'live', 'lost']),
      since: ms('since when it is so'),
      reason: z.string().optional(),
      code: z.string().optional(),
    })
    .optional()
    .describe('its larger stream, from which evidence is taken, where it has one'),
  change: z
    .object({ at: ms('when it came back'), text: z.string() })
    .optional()
    .describe('when it came back as another stream than it was, and how'),
  picture: z.tuple([z.number(), z.number()]).describe('width, height'),
  looks_per_s: z.number(),
  frames_per_s: z.number(),
  look_ms: z.number().describe('median milliseconds of an inference with the first size of the model'),
  skipped: z.number().describe('looks that were due while all workers were busy'),
  gated_per_s: z.number().describe('looks a second that were not needed, for nothing moved; they count as served'),
  moving: z.number().nullable().describe('share of the picture that moves, 0..1; null: it is not judged'),
  crops_per_s: z.number().describe('regions a second that looks enlarge'),
  crops: z.number().describe('how many regions a look may enlarge, at most; 0: it enlarges none'),
  zones: z.array(
    z.object({
      id: z.string(),
      name: words,
      kind: z.string(),
      polygon: z.array(z.tuple([z.number(), z.number()])),
      limit_s: z.number(),
    }),
  ),
  lines: z
    .array(
      z.object({
        id: z.string(),
        name: words,
        from: z.tuple([z.number(), z.number()]),
        to: z.tuple([z.number(), z.number()]),
      }),
    )
    .describe('counting lines, in pixels of `picture`'),
  counts: z
    .array(z.object({ line: z.string(), class: z.string(), left: z.number(), right: z.number() }))
    .describe('how often each counting line was crossed since the start, by class and direction'),
  latest: z.number().nullable().describe('seq of the newest frame that can be fetched'),
});

const figure = (what: string) => z.number().nullable().describe(`${what}; null: not known`);

export const sourceStateSchema = z.object({
  state: z.enum(['starting', 'live', 'lost', 'none']),
  since: ms('since when it is so'),
  reason: z.string().optional().describe('why it is lost'),
});

export const vehicleStateSchema = z.object({
  kind: z.enum(['sweeper', 'sprinkler', 'muck', 'mixer', 'garbage']),
  profile: z.string().describe('name of the profile in force'),
  receiver: sourceStateSchema,
  bus: sourceStateSchema.extend({ frames_per_s: z.number() }),
  time: ms("time of the vehicle's state, UTC, put right by the receiver"),
  ignition: z.union([z.literal(0), z.literal(1)]).nullable(),
  moving: z.boolean(),
  trip: z.object({ since: ms('its first instant'), distance: z.number().describe('metres driven') }).nullable(),
  fix: z.object({
    mode: z.number().describe('0 not said, 1 no fix, 2 position, 3 position and altitude'),
    lat: figure('degrees WGS-84'),
    lon: figure('degrees WGS-84'),
    alt: figure('metres above mean sea level'),
    track: figure('degrees from true north'),
    hdop: figure('horizontal dilution of precision'),
    age_ms: figure('milliseconds since the last usable fix'),
    flags: z.array(z.string()).describe('why the fix is not to be believed: frozen, jump, repeat, time-back'),
  }),
  speed: z.object({
    value: figure('m/s, the better of both'),
    source: z.enum(['gnss', 'bus', 'none']),
    gnss: figure('m/s'),
    bus: figure('m/s'),
    differs: z.boolean().describe('receiver and bus disagree by more than the profile allows'),
  }),
  satellites: z.array(
    z.object({
      system: z.string(),
      prn: z.number().describe('number within its own system'),
      elevation: figure('degrees above the horizon'),
      azimuth: figure('degrees from true north'),
      snr: figure('dB-Hz'),
      used: z.boolean(),
    }),
  ),
  signals: z.array(
    z.object({
      id: z.string(),
      name: words,
      value: figure('in `unit`'),
      unit: z.string(),
      source: z.string(),
      age_ms: figure('milliseconds since it was said'),
    }),
  ),
  lines: z.array(
    z.object({
      id: z.string(),
      name: words,
      state: z.union([z.literal(0), z.literal(1)]),
      since: ms('since when it is so'),
      pulses: z.number().optional(),
      error: z.string().optional(),
    }),
  ),
  switchable: z.boolean().describe("whether lines can be switched here: the demo's made ones"),
});

export const trailPointSchema = z
  .tuple([ms('when'), z.number(), z.number(), z.number().nullable()])
  .describe('epoch ms, longitude, latitude, speed in m/s or null');

/** What switches a line. */
export const lineSwitchSchema = z.strictObject({ state: z.union([z.literal(0), z.literal(1)]) });

const runningVersionSchema = z.object({
  name: z.string(),
  version: z.string(),
  counter: z.number().nullable().describe('null: it came with the installation or its configuration'),
});

export const updatesStateSchema = z.object({
  version: z.string(),
  commit: z.string().nullable().describe('of the release, where it is known'),
  slot: z.enum(['a', 'b']).nullable().describe('of the installation; null: a checkout'),
  model: runningVersionSchema.nullable(),
  profile: runningVersionSchema.nullable().describe('the rules in force, named by their site'),
  repository: z
    .object({
      url: z.string(),
      last_check: ms('when it was last asked').nullable(),
      last_success: ms('when it last answered with something valid').nullable(),
      versions: reportBodySchema.shape.versions,
      items: z.array(reportItemSchema).readonly().describe('wanted, running and result, as in the signed report'),
      fault: z
        .object({ code: z.string(), what: z.string(), since: ms('since when it is so') })
        .nullable()
        .describe('why it could not be read'),
    })
    .nullable()
    .describe('where updates come from; null: the configuration names none'),
});

export const lookerStateSchema = z.object({
  model: z.string().describe("name of the model's card"),
  runtime: z.string().nullable().describe('what runs now; null: not known'),
  weights: z.string().nullable(),
  tried: z
    .object({
      at: ms('when it was tried'),
      runtime: z.string(),
      weights: z.string(),
      runs: z.array(
        z.object({
          runtime: z.string(),
          weights: z.string(),
          ms: z.number().nullable().describe('median milliseconds of a base look; null: it did not run'),
          why: z.string().optional().describe('why it could not be chosen'),
        }),
      ),
    })
    .nullable()
    .describe('what this box found when it tried, and what it chose; null: nothing yet'),
  trial: z.object({
    state: z.enum(['done', 'never', 'waiting', 'running', 'failed']),
    wait: z.enum(['start', 'update', 'slot', 'late', 'memory']).optional().describe('what it waits for'),
    at: ms('when it failed').optional(),
    reason: z.string().optional().describe('why it failed'),
  }),
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
    drain_rate: z.number().nullable().optional().describe('what the centre allows, bytes a second; null: no bound'),
    traffic: z
      .array(
        z.object({
          day: z.string().describe('UTC day; `unknown` while the clock is'),
          bytes: z.record(z.enum([...LANES, 'link']), z.number()),
        }),
      )
      .optional()
      .describe(
        'bytes on the wire of the last days by lane, with headers of TLS, TCP and IP; link: the session itself',
      ),
  }),
  outbox: z.array(
    z.object({
      lane: z.enum(LANES),
      waiting: z.number(),
      bytes: z.number(),
      oldest: ms('time of the oldest waiting record').nullable(),
      gone: z.record(z.string(), z.number()).describe('records lost for good, by reason (quota, expired, corrupt ...)'),
    }),
  ),
  cameras: z.array(cameraStateSchema),
  site: siteStateSchema.nullable().describe('zones and rules in force; null: this box has no camera role'),
  vehicle: vehicleStateSchema.nullable(),
  outputs: z.array(outputStateSchema),
  flows: flowsStateSchema.nullable().describe('null: this box runs no flows'),
  updates: updatesStateSchema,
  looker: lookerStateSchema.nullable().describe('what pictures are looked with; null: this box has no camera role'),
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
        reason: z.enum(['class', 'outside', 'hours', 'group', 'score', 'timing', 'reported']),
      }),
    )
    .readonly(),
  groups: z
    .array(
      z.object({
        rule: z.string(),
        zone: z.string(),
        box,
        count: z.number().describe('members now'),
        needed: z.number().describe('members that make a matter'),
        dwell_s: z.number().describe('seconds so far'),
        limit_s: z.number().describe('seconds that the rule allows'),
        reason: z.enum(['timing', 'unattended', 'reported']),
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
