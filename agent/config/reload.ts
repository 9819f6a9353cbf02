// agent/config: what a change of a key costs while the box runs. In: a path of a schema. Out: hot (in force at the next
// look), part (one camera's stream begins anew; the others notice nothing), or all (the agent must be started anew).
// The docs and the JSON Schemas are rendered from it, and what runs asks it; a key that it does not know is a fault there.

export type Reload = 'hot' | 'part' | 'all';

/** By the beginning of a key's path; the longest that fits counts. */
export const RELOADS: Readonly<Record<'site' | 'profile' | 'box' | 'terminal', Readonly<Record<string, Reload>>>> = {
  site: {
    version: 'all',
    id: 'all',
    name: 'hot',
    place: 'hot',
    time_zone: 'hot',
    cameras: 'part',
    'cameras[].id': 'part',
    'cameras[].name': 'hot',
    'cameras[].source': 'part',
    'cameras[].main': 'part',
    'cameras[].transport': 'part',
    'cameras[].decode': 'part',
    'cameras[].picture': 'hot',
    'cameras[].looks_per_s': 'hot',
    'cameras[].wide_every_s': 'hot',
    'cameras[].crops': 'hot',
    'cameras[].gate': 'hot',
    'cameras[].idle_look_s': 'hot',
    'cameras[].weight': 'hot',
    'cameras[].hot_hours': 'hot',
    'cameras[].zones': 'hot',
    'cameras[].lines': 'hot',
    profile: 'hot',
  },
  profile: { id: 'hot', version: 'hot', same_place_iou: 'hot', rules: 'hot' },
  box: {
    version: 'all',
    device: 'all',
    city: 'all',
    data: 'all',
    page: 'all',
    uplink: 'all',
    camera: 'all',
    vehicle: 'all',
    outputs: 'all',
    flows: 'all',
    updates: 'all',
  },
  terminal: {
    version: 'all',
    profile: 'all',
    vehicle: 'all',
    telemetry: 'all',
    motion: 'all',
    bus: 'all',
    lines: 'all',
  },
};

/** Keys under which everything below costs the same; of the others (a camera) each key stands in the table itself. */
const MIXED = new Set(['cameras']);

/** What a change of this key costs; null: the table does not know it. @param path e.g. cameras[].zones[].name.zh */
export function reloadOf(file: keyof typeof RELOADS, path: string): Reload | null {
  const table = RELOADS[file];
  for (let at = path; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const key = at.endsWith('[]') ? at.slice(0, -2) : at;
    if (!Object.hasOwn(table, key)) continue;
    return MIXED.has(key) && key !== path ? null : table[key]!;
  }
  return null;
}

/** Keys of a camera whose change begins its stream anew. */
export const STREAM_KEYS: readonly string[] = Object.entries(RELOADS.site)
  .filter(([path, reload]) => path.startsWith('cameras[].') && reload === 'part')
  .map(([path]) => path.slice('cameras[].'.length));
