// agent/config: a vehicle terminal's profile: how its lines are wired, which bus sender counts, when it speaks.
import { z } from 'zod';
import { ID_PATTERN } from '../../contract/index.ts';
import { loadYaml } from './load.ts';

const id = z.string().regex(ID_PATTERN, 'must be letters, digits, dot, dash or underscore, at most 64');
const words = z.strictObject({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) });
const cited = (min: number, max: number) =>
  z.strictObject({
    value: z.number().min(min).max(max),
    source: z.string().min(1).max(300).describe('where the number comes from'),
  });

/** What a line means; more come with the rules of the five kinds of vehicle. */
export const LINE_MEANINGS = ['ignition', 'brush', 'spray', 'cover', 'lift', 'drum', 'door', 'other'] as const;

export const lineSchema = z.strictObject({
  id: id.describe('short name of the line'),
  name: words,
  meaning: z.enum(LINE_MEANINGS).describe('what the line tells'),
  gpio: z.number().int().min(0).max(10000).describe("number of the GPIO, as the board's manual counts"),
  inverted: z.boolean().default(false).describe('on when its level is 0'),
  debounce_ms: z.number().min(0).max(10000).default(50).describe('a level counts once it has stood this long'),
  pulses: z.boolean().default(false).describe('count rising edges instead of reporting levels'),
});
export type LineProfile = z.infer<typeof lineSchema>;

export const terminalSchema = z
  .strictObject({
    version: z.literal(1),
    profile: z.string().min(1).max(64).describe('name of this state of the rules'),
    vehicle: z.enum(['sweeper', 'sprinkler', 'muck', 'mixer', 'garbage']).describe('kind of vehicle'),
    telemetry: z.strictObject({
      moving_s: cited(0.1, 600).describe('seconds between points while moving'),
      rest_s: cited(1, 86400).describe('seconds between points at rest'),
      corner_deg_s: cited(1, 360).describe('heading rate of a corner, degrees a second ...'),
      corner_hold_s: cited(0, 60).describe('... held this long makes a corner point'),
    }),
    motion: z.strictObject({
      moving_m_s: cited(0.1, 10).describe('from this speed on it moves'),
      rest_after_s: cited(0, 3600).describe('seconds below that speed until it rests'),
      differ_m_s: cited(0.1, 50).describe('GNSS and bus differ when their speeds are this far apart ...'),
      differ_s: cited(0, 3600).describe('... for this long'),
      fix_fresh_s: cited(0.5, 600).describe('age up to which a fix counts'),
      bus_fresh_s: cited(0.5, 600).describe('age up to which a value of the bus counts'),
      trip_end_s: cited(0, 86400).describe(
        'seconds of ignition off (or, where nothing tells it, of rest) that end a trip',
      ),
    }),
    bus: z
      .strictObject({
        speed_sources: z
          .array(z.number().int().min(0).max(253))
          .max(32)
          .default([])
          .describe('bus addresses whose speed counts, the most trusted first; others come after these'),
      })
      .default({ speed_sources: [] }),
    lines: z.array(lineSchema).max(16).default([]),
  })
  .superRefine((profile, ctx) => {
    const seen = new Set<string>();
    profile.lines.forEach((line, i) => {
      if (seen.has(line.id)) {
        ctx.addIssue({ code: 'custom', message: `"${line.id}" stands twice`, path: ['lines', i, 'id'] });
      }
      seen.add(line.id);
    });
  });
export type TerminalProfile = z.infer<typeof terminalSchema>;

/** Reads a terminal's profile. @throws KerbError CONFIG_* */
export function loadTerminal(file: string): Promise<TerminalProfile> {
  return loadYaml(file, terminalSchema, 'terminal profile');
}
