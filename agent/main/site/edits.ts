// agent/main/site: zones and rules that were edited on the box. In: what somebody sends. Out: a checked site, or every fault
// of it; a small file that survives a restart. Never: another camera, another way to reach one, or a code that no list has.
import { z } from 'zod';
import type { Taxonomy } from '../../cases/index.ts';
import { checkSite, type Fault, MAX_FAULTS } from '../../config/faults.ts';
import type { Site } from '../../config/site.ts';
import { REACH, type SiteDocument } from '../../console/api-site.ts';

/** An edit as it is kept: what it was made over tells whether anything newer has come since. */
export const editSchema = z.object({
  v: z.literal(1),
  /** epoch ms */
  at: z.number().min(0).max(8.64e15),
  /** counts the edits of this box */
  serial: z.number().int().min(1),
  /** the file and the publication that were there when it was made */
  over: z.object({ file: z.string().max(64), counter: z.number().int().nullable() }),
  site: z.record(z.string(), z.unknown()),
});
export type Edit = z.infer<typeof editSchema>;

/** What `site-edits.json` holds: nothing, once an edit was given up. */
export const editFileSchema = z.object({ edit: editSchema.nullable() });

/** A site for the page and for the file of edits. */
export function documentOf({ cameras, ...site }: Site): SiteDocument {
  return { ...site, cameras: cameras.map(({ source: _, main: __, transport: ___, decode: ____, ...rest }) => rest) };
}

/** The same cameras, reached as the box's own file says. Both sites have the same cameras. */
export function reachedAs(site: Site, own: Site): Site {
  const cameras = site.cameras.map(({ source: _, main: __, ...camera }) => {
    const { source, main, transport, decode } = own.cameras.find(({ id }) => id === camera.id)!;
    const streams = { ...(source === undefined ? {} : { source }), ...(main === undefined ? {} : { main }) };
    return { ...camera, transport, decode, ...streams };
  });
  return { ...site, cameras };
}

export const camerasOf = (site: Pick<Site, 'cameras'>): string =>
  JSON.stringify(site.cameras.map(({ id }) => id).sort());

export interface EditBounds {
  readonly own: Site;
  readonly taxonomy: Taxonomy;
  /** what the detector can name */
  readonly labels: ReadonlySet<string | null>;
}

/** A sent site, reached as the box's own, or its faults. */
export function checkEdit(value: unknown, bounds: EditBounds): { readonly site: Site } | { readonly faults: Fault[] } {
  const reach = reachFaults(value);
  if (reach.length > 0) return { faults: reach };
  const checked = checkSite(value);
  if ('faults' in checked) return checked;
  const faults = [...placeFaults(checked.site, bounds.own), ...ruleFaults(checked.site, bounds)];
  if (faults.length > 0) return { faults: faults.slice(0, MAX_FAULTS) };
  return { site: reachedAs(checked.site, bounds.own) };
}

function reachFaults(value: unknown): Fault[] {
  const cameras = (value as { cameras?: unknown } | null)?.cameras;
  if (!Array.isArray(cameras)) return [];
  return cameras.slice(0, MAX_FAULTS).flatMap((camera: unknown, i): Fault[] => {
    const key = REACH.find((one) => typeof camera === 'object' && camera !== null && one in camera);
    if (key === undefined) return [];
    const en = "is the box's own business: leave it out, and change it in the site file";
    return [{ path: `cameras.${i}.${key}`, zh: '属本机接入配置，请勿在此提交，应在站点文件中修改', en }];
  });
}

function placeFaults(site: Site, own: Site): Fault[] {
  const faults: Fault[] = [];
  if (site.id !== own.id) faults.push({ path: 'id', zh: `本机站点为“${own.id}”`, en: `this box is site "${own.id}"` });
  if (camerasOf(site) !== camerasOf(own)) {
    const en = `this box has the cameras ${camerasOf(own)}: change them in the site file`;
    faults.push({ path: 'cameras', zh: `本机摄像机为 ${camerasOf(own)}，增减须修改站点文件`, en });
  }
  return faults;
}

function ruleFaults({ profile, cameras }: Site, { taxonomy, labels }: EditBounds): Fault[] {
  const unknown = (names: readonly string[]) => names.find((name) => !labels.has(name));
  const classFault = (path: string, names: readonly string[]): Fault[] => {
    const name = unknown(names);
    if (name === undefined) return [];
    return [{ path, zh: `识别模型不认识“${name}”`, en: `the detector does not know "${name}"` }];
  };
  return [
    ...profile.rules.flatMap((rule, i): Fault[] => {
      const at = `profile.rules.${i}`;
      const code = taxonomy.matters.has(rule.code)
        ? []
        : [{ path: `${at}.code`, zh: `没有事项代码 ${rule.code}`, en: `there is no matter ${rule.code}` }];
      // one that is known is enough, as for a published profile
      const blind = rule.classes.every((name) => !labels.has(name));
      return [...code, ...(blind ? classFault(`${at}.classes`, rule.classes) : [])];
    }),
    ...cameras.flatMap((camera, c) =>
      camera.lines.flatMap((line, l) =>
        line.classes.every((name) => !labels.has(name))
          ? classFault(`cameras.${c}.lines.${l}.classes`, line.classes)
          : [],
      ),
    ),
  ];
}
