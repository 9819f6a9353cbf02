// agent/config: the city's rules as data: what counts as a matter, where, when and for how long. Schemas only.
import { z } from 'zod';
import { ID_PATTERN } from '../../contract/index.ts';
import { windowSchema } from './hours.ts';

const id = z.string().regex(ID_PATTERN, 'must be letters, digits, dot, dash or underscore, at most 64');

/** What a zone forbids or is for; rules name the kinds they watch. */
export const zoneKindSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be a word of small letters, digits and dashes')
  .describe('what is forbidden here, e.g. no-parking, no-bicycles, no-stalls, road; rules name the kinds they watch');

const cited = <T extends z.ZodType>(value: T) =>
  z.strictObject({ value, source: z.string().min(1).max(300).describe('where the number comes from') });

const classes = z.array(z.string().min(1).max(40)).min(1).max(20).describe("the detector's class names");
const seconds = z.number().min(0).max(86400);

const common = {
  id,
  code: z
    .string()
    .regex(/^\d{5}$/, 'five digits, in quotes')
    .describe('matter code of GB/T 47678.5-2026'),
  zones: z.array(zoneKindSchema).min(1).max(16).describe('kinds of zone'),
  when: z.array(windowSchema).max(32).optional().describe("days and hours of the site's time zone; default always"),
  min_score: z.number().min(0.05).max(1).describe('a find below this score is not counted, 0..1'),
  dwell_s: cited(seconds).describe('seconds in the zone until it becomes a case'),
  absent_s: z.number().min(0).max(3600).default(5).describe('seconds unseen until an object counts as gone'),
};

/** One object that stays too long: a parked vehicle, goods on the road; with dwell_s near 0 one that may not be there. */
export const dwellRuleSchema = z.strictObject({
  ...common,
  kind: z.literal('dwell').describe('an object of these classes that stays in such a zone longer than `dwell_s`'),
  classes,
  dwell_s_of: z.record(z.string().min(1).max(40), seconds).optional().describe('other seconds for single classes'),
});

/** Many objects at once: bicycles in a heap, a crowd. */
export const countRuleSchema = z.strictObject({
  ...common,
  kind: z
    .literal('count')
    .describe('at least `min_count` objects of these classes in such a zone for longer than `dwell_s`'),
  classes,
  min_count: cited(z.number().int().min(1).max(100)).describe('how many make a matter'),
  standing: z.boolean().default(true).describe('only what stands still counts; false for a crowd'),
  near: z
    .number()
    .min(0.1)
    .max(100)
    .optional()
    .describe(
      'only those that stand together: gap to the next one, in units of its longer side; default the whole zone',
    ),
});

/** Goods on the street and someone beside them: a stall, a hawker. */
export const stallRuleSchema = z.strictObject({
  ...common,
  kind: z
    .literal('stall')
    .describe('goods of these classes that stand in such a zone with a person beside them for longer than `dwell_s`'),
  classes: classes.describe("the detector's names of goods: umbrella, dining table, suitcase ..."),
  near: z
    .number()
    .min(0.1)
    .max(20)
    .default(1.5)
    .describe('how near the person is, in units of the longer side of the goods'),
  attended: z.number().min(0.05).max(1).default(0.5).describe('share of the looks in which someone is there'),
});

export const ruleSchema = z.discriminatedUnion('kind', [dwellRuleSchema, countRuleSchema, stallRuleSchema]);
export type Rule = z.infer<typeof ruleSchema>;
export type DwellRule = z.infer<typeof dwellRuleSchema>;
export type CountRule = z.infer<typeof countRuleSchema>;
export type StallRule = z.infer<typeof stallRuleSchema>;

export const profileSchema = z.strictObject({
  id: id.optional().describe('id of the site it is for, where it is published as a file of its own'),
  version: z.string().min(1).max(64).describe('name of this state of the rules; each case carries it'),
  same_place_iou: z.number().min(0.05).max(1).default(0.3).describe('overlap from which two boxes are the same place'),
  rules: z.array(ruleSchema).min(1).max(64),
});
export type Profile = z.infer<typeof profileSchema>;
