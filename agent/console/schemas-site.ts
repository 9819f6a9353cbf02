// agent/console: the shapes of api-site.ts as schemas; see schemas.ts.
import { z } from 'zod';
import { cameraSchema, profileSchema, siteSchema } from '../config/site.ts';

const words = z.object({ zh: z.string(), en: z.string() });
const ms = (what: string) => z.number().describe(`${what}, epoch ms`);

export const siteStateSchema = z.object({
  from: z
    .enum(['file', 'edited', 'published'])
    .describe(
      'where zones and rules come from: an edit made on this box counts until the site file or the publication under it ' +
        'changes; without one a publication counts before the file',
    ),
  since: ms('since when they are in force').nullable(),
  version: z.string().describe('name of this state of the rules, as cases carry it'),
  revision: z.string().describe('changes with the content: for If-Match'),
  aside: z
    .object({ at: ms('when it was made'), version: z.string() })
    .nullable()
    .describe('an edit that something newer has overtaken'),
  fault: z
    .object({ code: z.string(), what: z.string(), since: ms('since when') })
    .nullable()
    .describe('why the site file as it is now cannot be taken; what runs stays'),
  unknown: z
    .array(z.string())
    .describe('names of classes in its rules and lines that the detector does not know: nothing is ever found by them'),
});

/** A site with its rules in it, as it is told and taken here. */
export const siteDocumentSchema = z.strictObject({
  ...siteSchema.shape,
  cameras: z
    .array(cameraSchema.omit({ source: true, main: true, transport: true, decode: true }))
    .min(1)
    .max(16)
    .describe('how they are reached is left out: that is the site file alone'),
  profile: profileSchema,
});

export const siteAnswerSchema = siteStateSchema.extend({
  running: z.object({ name: z.string(), version: z.string(), counter: z.number().nullable() }),
  site: siteDocumentSchema,
  other: siteDocumentSchema.nullable().describe('the edit that was overtaken: send it again to use it'),
  classes: z.array(z.string()).describe('what the detector can name'),
  codes: z.record(z.string(), words).describe('names of the matters of these rules, by code'),
});

export const siteFaultsSchema = z.object({
  code: z.string(),
  error: z.string(),
  faults: z
    .array(z.object({ path: z.string().describe('e.g. cameras.0.zones.1.polygon'), zh: z.string(), en: z.string() }))
    .describe('every fault, at most 50'),
});

export const nearMissSchema = z.object({
  kind: z.enum(['object', 'group']),
  zone: z.string(),
  rule: z.string(),
  class: z.string(),
  at: ms('first seen there'),
  until: ms('last seen there'),
  dwell_s: z.number(),
  limit_s: z.number(),
  score: z.number().describe('mean certainty, 0..1'),
  min_score: z.number().describe('what the rule asks'),
  count: z.number().optional().describe('members of a gathering at its largest'),
  needed: z.number().optional().describe('members that make a matter'),
  box: z
    .tuple([z.number(), z.number(), z.number(), z.number()])
    .readonly()
    .describe('x, y, width, height in pixels of the frame'),
  reason: z
    .enum(['left', 'score', 'few', 'unattended', 'hours'])
    .describe(
      'left: it went before its time; score: not sure enough; few: too few together; unattended: nobody beside the goods; ' +
        "hours: the rule's hours ended",
    ),
});
