// agent/config: a site (where the box stands, its cameras and zones) and its profile (the city's rules as data).
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ID_PATTERN, KerbError } from '../../contract/index.ts';
import { loadYaml } from './load.ts';
import { area, selfCrossing } from './polygon.ts';

const id = z.string().regex(ID_PATTERN, 'must be letters, digits, dot, dash or underscore, at most 64');
const words = z.strictObject({
  zh: z.string().min(1).max(200).describe('the name in Chinese'),
  en: z.string().min(1).max(200).describe('the name in English'),
});
const lonLat = {
  lon: z.number().min(-180).max(180).describe('degrees east, WGS-84'),
  lat: z.number().min(-90).max(90).describe('degrees north, WGS-84'),
  grid: z
    .string()
    .regex(/^\d{15}$/, 'a unit grid cell has 15 digits (write it in quotes)')
    .optional()
    .describe('unit grid cell (单元网格), 15 digits'),
};

export const zoneSchema = z.strictObject({
  id: id.describe('short name, stable: open cases are tied to it'),
  name: words,
  kind: z.enum(['no-parking']).describe('what is forbidden here; rules name the kinds they watch'),
  polygon: z
    .array(z.tuple([z.number(), z.number()]))
    .min(3)
    .max(64)
    .describe('corners [x, y] in pixels of `picture`, in order'),
  place: z
    .strictObject({ ...lonLat, text: words })
    .optional()
    .describe('where the zone is; without it the site place'),
});
export type Zone = z.infer<typeof zoneSchema>;

export const cameraSchema = z.strictObject({
  id: id.describe('short name of the camera'),
  name: words,
  source: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe('a file or rtsp://user:password@host/path; watch --video replaces it'),
  picture: z
    .tuple([z.number().int().min(64).max(8192), z.number().int().min(64).max(8192)])
    .describe('[width, height] of the picture in which the zones are drawn'),
  looks_per_s: z.number().min(0.1).max(30).default(4).describe('how often the box looks, at most'),
  wide_every_s: z
    .number()
    .min(0)
    .max(3600)
    .default(1)
    .describe('how often a look adds the second, larger scale for small and far objects; 0 never'),
  zones: z.array(zoneSchema).max(64),
});
export type Camera = z.infer<typeof cameraSchema>;

const cited = <T extends z.ZodType>(value: T) =>
  z.strictObject({ value, source: z.string().min(1).max(300).describe('where the number comes from') });

export const ruleSchema = z.strictObject({
  id,
  kind: z.literal('dwell').describe('an object of these classes that stays in such a zone longer than `dwell_s`'),
  code: z
    .string()
    .regex(/^\d{5}$/, 'five digits, in quotes')
    .describe('matter code of GB/T 47678.5-2026'),
  zones: z
    .array(z.enum(['no-parking']))
    .min(1)
    .describe('kinds of zone'),
  classes: z.array(z.string().min(1).max(40)).min(1).max(20).describe("the detector's class names"),
  min_score: z.number().min(0.05).max(1).describe('a find below this score is not counted, 0..1'),
  dwell_s: cited(z.number().min(0).max(86400)).describe('seconds in the zone until it becomes a case'),
  absent_s: z.number().min(0).max(3600).default(5).describe('seconds unseen until an object counts as gone'),
});
export type Rule = z.infer<typeof ruleSchema>;

export const profileSchema = z.strictObject({
  id: id.optional().describe('id of the site it is for, where it is published as a file of its own'),
  version: z.string().min(1).max(64).describe('name of this state of the rules; each case carries it'),
  same_place_iou: z.number().min(0.05).max(1).default(0.3).describe('overlap from which two boxes are the same place'),
  rules: z.array(ruleSchema).min(1).max(64),
});
export type Profile = z.infer<typeof profileSchema>;

export const siteSchema = z
  .strictObject({
    version: z.literal(1),
    id,
    name: words,
    place: z.strictObject({ ...lonLat, text: words }),
    cameras: z.array(cameraSchema).min(1).max(16),
    profile: z.union([profileSchema, z.string().min(1).max(1024)]).describe('the rules, or the path of a profile file'),
  })
  .superRefine((site, ctx) => {
    unique(ctx, site.cameras, ['cameras']);
    site.cameras.forEach((camera, c) => {
      unique(ctx, camera.zones, ['cameras', c, 'zones']);
      camera.zones.forEach((zone, z) => {
        checkZone(ctx, zone, camera.picture, ['cameras', c, 'zones', z, 'polygon']);
      });
    });
    if (typeof site.profile !== 'string') unique(ctx, site.profile.rules, ['profile', 'rules']);
  });

/** A site whose profile was read too. */
export type Site = Omit<z.infer<typeof siteSchema>, 'profile'> & { profile: Profile };

type Ctx = { addIssue(issue: { code: 'custom'; message: string; path: PropertyKey[] }): void };

function unique(ctx: Ctx, items: readonly { id: string }[], path: PropertyKey[]): void {
  const seen = new Set<string>();
  items.forEach((item, i) => {
    if (seen.has(item.id))
      ctx.addIssue({ code: 'custom', message: `"${item.id}" stands twice`, path: [...path, i, 'id'] });
    seen.add(item.id);
  });
}

function checkZone(ctx: Ctx, zone: Zone, [width, height]: [number, number], path: PropertyKey[]): void {
  const outside = zone.polygon.findIndex(([x, y]) => x < 0 || y < 0 || x > width || y > height);
  if (outside >= 0) {
    const corner = zone.polygon[outside]!;
    const message = `zone "${zone.id}": corner [${corner}] lies outside the picture of ${width}x${height}`;
    ctx.addIssue({ code: 'custom', message, path: [...path, outside] });
    return;
  }
  const crossing = selfCrossing(zone.polygon);
  if (crossing) {
    const message = `zone "${zone.id}" crosses itself: its edges from corner ${crossing[0] + 1} and corner ${crossing[1] + 1} meet`;
    ctx.addIssue({ code: 'custom', message, path });
  } else if (area(zone.polygon) < 16) {
    ctx.addIssue({ code: 'custom', message: `zone "${zone.id}" has no area`, path });
  }
}

/** Reads a site file and the profile it holds or names. @throws KerbError CONFIG_* */
export async function loadSite(file: string): Promise<Site> {
  const { profile, ...site } = await loadYaml(file, siteSchema, 'site');
  if (typeof profile !== 'string') return { ...site, profile };
  const path = resolve(dirname(file), profile);
  const read = await loadYaml(path, profileSchema, 'profile');
  const twice = read.rules.find((rule, i) => read.rules.findIndex((r) => r.id === rule.id) !== i);
  if (twice)
    throw new KerbError('CONFIG_INVALID', `rule "${twice.id}" stands twice`, path, 'give each rule its own id');
  return { ...site, profile: read };
}
