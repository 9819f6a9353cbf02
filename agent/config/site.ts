// agent/config: a site (where the box stands, its cameras and zones) and its profile (the city's rules as data).
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ID_PATTERN, KerbError } from '../../contract/index.ts';
import { MAX_CROPS } from '../../models/types.ts';
import { isTimeZone, windowSchema } from './hours.ts';
import { loadYaml, parseYaml } from './load.ts';
import { area, selfCrossing } from './polygon.ts';
import { type Profile, profileSchema, zoneKindSchema } from './rules.ts';

export { type Profile, profileSchema, type Rule, ruleSchema } from './rules.ts';

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

const ffmpegName = z.string().regex(/^[a-z0-9][a-z0-9_]{0,31}$/, "must be a name of ffmpeg's");

export const zoneSchema = z.strictObject({
  id: id.describe('short name, stable: open cases are tied to it'),
  name: words,
  kind: zoneKindSchema,
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

const point = z.tuple([z.number(), z.number()]);

/** A counting line. Who looks from its first end to its second counts from left to right as `right`, else as `left`. */
export const lineSchema = z.strictObject({
  id: id.describe('short name, stable: counts are told by it'),
  name: words,
  from: point.describe('[x, y] in pixels of `picture`'),
  to: point.describe('its other end'),
  classes: z.array(z.string().min(1).max(40)).min(1).max(20).describe("the detector's class names that are counted"),
});
export type Line = z.infer<typeof lineSchema>;

export const cameraSchema = z.strictObject({
  id: id.describe('short name of the camera'),
  name: words,
  source: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe(
      'rtsp://user:password@host/path; http://user:password@host/snapshot.jpg; /dev/video0; a picture folder ending in /; ' +
        'or a video file; watch --video replaces it',
    ),
  main: z
    .string()
    .min(1)
    .max(1024)
    .optional()
    .describe('a larger stream of the same camera, from which evidence is taken; `source` is then its smaller one'),
  transport: z
    .enum(['tcp', 'udp'])
    .default('tcp')
    .describe('how an RTSP stream comes; udp only in a network that loses nothing'),
  decode: z
    .strictObject({
      hwaccel: ffmpegName.optional().describe("ffmpeg's -hwaccel: vaapi, drm, v4l2m2m ..."),
      hwaccel_device: z
        .string()
        .regex(/^[A-Za-z0-9/][A-Za-z0-9/_.:-]{0,127}$/)
        .optional()
        .describe('e.g. /dev/dri/renderD128'),
      decoder: ffmpegName.optional().describe("ffmpeg's decoder by name: h264_v4l2m2m, hevc_rkmpp ..."),
    })
    .default({})
    .describe('hardware decoding, as ffmpeg names it; without it the processor decodes'),
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
  crops: z
    .number()
    .int()
    .min(0)
    .max(MAX_CROPS)
    .default(2)
    .describe(
      'how many regions a look enlarges for small and far objects, at most; live only by the time that the workers have to spare',
    ),
  gate: z.boolean().default(true).describe('where nothing moves, it looks only each `idle_look_s`'),
  idle_look_s: z.number().min(0.2).max(600).default(2).describe('longest time between two looks of a still picture'),
  weight: z
    .number()
    .min(0.1)
    .max(100)
    .default(1)
    .describe('beside other cameras, while all workers are busy (多发、易发)'),
  hot_hours: z
    .array(
      z.strictObject({
        when: z.array(windowSchema).min(1).max(32),
        weight: z.number().min(0.1).max(100).describe('in these hours, instead of `weight`'),
      }),
    )
    .max(16)
    .default([])
    .describe('hours in which this camera counts more, or less'),
  zones: z.array(zoneSchema).max(64),
  lines: z.array(lineSchema).max(16).default([]).describe('what crosses these is counted'),
});
export type Camera = z.infer<typeof cameraSchema>;

export const siteSchema = z
  .strictObject({
    version: z.literal(1),
    id,
    name: words,
    place: z.strictObject({ ...lonLat, text: words }),
    time_zone: z
      .string()
      .max(60)
      .refine(isTimeZone, 'must be a time zone, e.g. Asia/Shanghai')
      .default('Asia/Shanghai')
      .describe('in which the hours of rules are meant'),
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
      unique(ctx, camera.lines, ['cameras', c, 'lines']);
      camera.lines.forEach((line, l) => {
        checkLine(ctx, line, camera.picture, ['cameras', c, 'lines', l]);
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

function checkLine(ctx: Ctx, { id, from, to }: Line, [width, height]: [number, number], path: PropertyKey[]): void {
  const outside = [from, to].find(([x, y]) => x < 0 || y < 0 || x > width || y > height);
  if (outside) {
    const message = `line "${id}": its end [${outside}] lies outside the picture of ${width}x${height}`;
    ctx.addIssue({ code: 'custom', message, path });
  } else if (Math.hypot(from[0] - to[0], from[1] - to[1]) < 4) {
    ctx.addIssue({ code: 'custom', message: `line "${id}" has no length`, path });
  }
}

/** A site as its file has it. */
export interface SiteOnDisk {
  readonly site: Site;
  /** the site file, and the profile file where it names one */
  readonly files: readonly string[];
  /** of their bytes: another one means that somebody changed them */
  readonly fingerprint: string;
}

/** Reads a site file and the profile it holds or names. @throws KerbError CONFIG_* */
export async function readSite(file: string): Promise<SiteOnDisk> {
  const { profile, ...site } = await loadYaml(file, siteSchema, 'site');
  if (typeof profile !== 'string') {
    return { site: { ...site, profile }, files: [file], fingerprint: await fingerprintOf([file]) };
  }
  const path = resolve(dirname(file), profile);
  const rules = single(await loadYaml(path, profileSchema, 'profile'), path);
  const files = [file, path];
  return { site: { ...site, profile: rules }, files, fingerprint: await fingerprintOf(files) };
}

/** The same, when only the site is wanted. @throws KerbError CONFIG_* */
export async function loadSite(file: string): Promise<Site> {
  return (await readSite(file)).site;
}

async function fingerprintOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file)).update('\0');
  return hash.digest('hex').slice(0, 32);
}

/**
 * The site that a published text makes: a whole site file with its rules in it, or a profile file, whose rules then stand
 * in the site that is there.
 * @param where for messages
 * @throws KerbError CONFIG_*
 */
export function parseSite(text: string, where: string, there: Site): Site {
  if (!/^cameras\s*:/m.test(text)) {
    const profile = single(parseYaml(text, profileSchema, where, 'profile'), where);
    return { ...there, id: profile.id ?? there.id, profile };
  }
  const { profile, ...site } = parseYaml(text, siteSchema, where, 'site');
  if (typeof profile !== 'string') return { ...site, profile };
  const what = `its rules are in another file, "${profile.slice(0, 80)}"`;
  throw new KerbError('CONFIG_INVALID', what, where, 'put the rules into the published file');
}

/** @throws KerbError CONFIG_INVALID for a rule that stands twice */
function single(profile: Profile, where: string): Profile {
  const { rules } = profile;
  const twice = rules.find((rule, i) => rules.findIndex((other) => other.id === rule.id) !== i);
  if (!twice) return profile;
  throw new KerbError('CONFIG_INVALID', `rule "${twice.id}" stands twice`, where, 'give each rule its own id');
}
