// agent/console page: a draft of zones, lines and rules. In: what is in force, and each change. Out: the next draft, and
// the one before for undo. Pure: every change makes a new draft and leaves the old one as it was.
import type { Point } from '../../config/polygon.ts';
import type { SiteDocument } from '../api-site.ts';
import type { Box } from './place.ts';
import { lineIn, type Picked, type Points, rectangleIn, type Shape } from './shapes.ts';

export type DraftCamera = SiteDocument['cameras'][number];
export type Zone = DraftCamera['zones'][number];
export type Line = DraftCamera['lines'][number];
export type Rule = SiteDocument['profile']['rules'][number];
export type Hours = NonNullable<Rule['when']>[number];

/** Steps that can be undone. */
const MAX_STEPS = 100;

export interface Draft {
  readonly now: SiteDocument;
  readonly past: readonly SiteDocument[];
  /** what the last change was about: the next one about the same is the same step */
  readonly about: string | null;
}

export const begin = (document: SiteDocument): Draft => ({ now: document, past: [], about: null });

/** One step further. @param about changes about the same thing in a row (a drag, typing) are one step; null never */
export function step(draft: Draft, next: SiteDocument, about: string | null): Draft {
  if (next === draft.now) return draft;
  const same = about !== null && about === draft.about;
  return { now: next, past: same ? draft.past : [...draft.past, draft.now].slice(-MAX_STEPS), about };
}

export function undone(draft: Draft): Draft {
  const now = draft.past.at(-1);
  return now === undefined ? draft : { now, past: draft.past.slice(0, -1), about: null };
}

export const changed = (draft: Draft, base: SiteDocument): boolean =>
  JSON.stringify(draft.now) !== JSON.stringify(base);

/** The document with one camera changed. */
export function withCamera(
  document: SiteDocument,
  id: string,
  change: (camera: DraftCamera) => DraftCamera,
): SiteDocument {
  const cameras = document.cameras.map((camera) => (camera.id === id ? change(camera) : camera));
  return { ...document, cameras };
}

const replaced = <T>(items: readonly T[], at: number, change: (item: T) => T): T[] =>
  items.map((item, i) => (i === at ? change(item) : item));

export const withZone = (camera: DraftCamera, at: number, more: Partial<Zone>): DraftCamera => ({
  ...camera,
  zones: replaced(camera.zones, at, (zone) => ({ ...zone, ...more })),
});
export const withLine = (camera: DraftCamera, at: number, more: Partial<Line>): DraftCamera => ({
  ...camera,
  lines: replaced(camera.lines, at, (line) => ({ ...line, ...more })),
});

/** The document with one rule changed; a key that becomes undefined is left out. */
export function withRule(document: SiteDocument, at: number, more: object): SiteDocument {
  const rules = replaced(document.profile.rules, at, (rule) => {
    const next = Object.entries({ ...rule, ...more }).filter(([, value]) => value !== undefined);
    return Object.fromEntries(next) as Rule;
  });
  return { ...document, profile: { ...document.profile, rules } };
}

/** The document with one rule twice: a limit of its own for another kind of zone begins so. */
export function copiedRule(document: SiteDocument, at: number): SiteDocument {
  const { rules } = document.profile;
  const one = rules[at]!;
  const stem = one.id.replace(/-\d+$/, '').slice(0, 58);
  const ids = rules.map(({ id }) => id);
  let n = 2;
  while (ids.includes(`${stem}-${n}`)) n += 1;
  const copy = { ...one, id: `${stem}-${n}` };
  return { ...document, profile: { ...document.profile, rules: rules.toSpliced(at + 1, 0, copy) } };
}

export function withoutRule(document: SiteDocument, at: number): SiteDocument {
  const { rules } = document.profile;
  // a site has at least one
  return rules.length === 1
    ? document
    : { ...document, profile: { ...document.profile, rules: rules.toSpliced(at, 1) } };
}

export const shapesOf = (camera: DraftCamera): Shape[] => [
  ...camera.zones.map((zone, index): Shape => ({ kind: 'zone', index, points: zone.polygon })),
  ...camera.lines.map((line, index): Shape => ({ kind: 'line', index, points: [line.from, line.to] })),
];

const pair = ([x, y]: Point): [number, number] => [x, y];

/** The camera with one shape's points changed. */
export function withPoints(camera: DraftCamera, { kind, index }: Picked, points: Points): DraftCamera {
  if (kind === 'zone') return withZone(camera, index, { polygon: points.map(pair) });
  return withLine(camera, index, { from: pair(points[0]!), to: pair(points[1]!) });
}

export function without(camera: DraftCamera, { kind, index }: Picked): DraftCamera {
  return kind === 'zone'
    ? { ...camera, zones: camera.zones.toSpliced(index, 1) }
    : { ...camera, lines: camera.lines.toSpliced(index, 1) };
}

/** A number for a new name that no other one has. */
function free(ids: readonly string[], stem: string): number {
  let n = 1;
  while (ids.includes(`${stem}-${n}`)) n += 1;
  return n;
}

/** A new zone in the middle of what is seen. */
export function addZone(camera: DraftCamera, view: Box, kind: string): DraftCamera {
  const n = free(
    camera.zones.map(({ id }) => id),
    'zone',
  );
  const name = { zh: `区域 ${n}`, en: `Zone ${n}` };
  return { ...camera, zones: [...camera.zones, { id: `zone-${n}`, name, kind, polygon: rectangleIn(view).map(pair) }] };
}

export function addLine(camera: DraftCamera, view: Box, classes: string[]): DraftCamera {
  const n = free(
    camera.lines.map(({ id }) => id),
    'line',
  );
  const [from, to] = lineIn(view);
  const line = {
    id: `line-${n}`,
    name: { zh: `计数线 ${n}`, en: `Line ${n}` },
    from: pair(from!),
    to: pair(to!),
    classes,
  };
  return { ...camera, lines: [...camera.lines, line] };
}

/** Every kind of zone that this site knows, in the order in which they come. */
export function kindsOf({ cameras, profile }: SiteDocument): string[] {
  const zones = cameras.flatMap((camera) => camera.zones.map(({ kind }) => kind));
  return [...new Set([...profile.rules.flatMap((rule) => rule.zones), ...zones])].filter((kind) => kind !== '');
}
