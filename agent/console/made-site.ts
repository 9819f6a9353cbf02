// agent/console: a made site for the tests of this room: zones, a line and three rules over the made street, and near-misses.
// In: made sources. Out: a SiteSource that takes edits and remembers them. It checks nothing: what it refuses is set.
import type { Words } from './api.ts';
import type { NearMiss, SiteAnswer, SiteDocument, SiteFault, SiteSource } from './api-site.ts';
import { CAMERA, type Made, SIZE, START } from './made.ts';

const words = (zh: string, en: string): Words => ({ zh, en });
const text = words('示范街北口', 'North end of Demo Street');

export const DOCUMENT: SiteDocument = {
  version: 1,
  id: 'street',
  name: words('示范街道', 'Demo street'),
  place: { lon: 115.7786, lat: 33.8446, text },
  time_zone: 'Asia/Shanghai',
  cameras: [
    {
      id: CAMERA.id,
      name: CAMERA.name,
      picture: SIZE,
      looks_per_s: 4,
      wide_every_s: 1,
      crops: 2,
      gate: true,
      idle_look_s: 2,
      weight: 1,
      hot_hours: [],
      zones: CAMERA.zones.map(({ id, name, kind, polygon }) => ({ id, name, kind, polygon })),
      lines: [
        {
          id: 'crossing',
          name: words('南侧断面', 'South section'),
          from: [120, 420],
          to: [640, 400],
          classes: ['person', 'car'],
        },
      ],
    },
  ],
  profile: {
    version: 'demo-1',
    same_place_iou: 0.3,
    rules: [
      {
        id: 'parked-vehicle',
        kind: 'dwell',
        code: '09009',
        zones: ['no-parking'],
        classes: ['car', 'truck', 'bus'],
        min_score: 0.5,
        dwell_s: { value: 30, source: 'demo value; the city says 300 s' },
        absent_s: 5,
      },
      {
        id: 'bicycles',
        kind: 'count',
        code: '09010',
        zones: ['no-bicycles'],
        classes: ['bicycle', 'motorcycle'],
        min_score: 0.4,
        dwell_s: { value: 120, source: 'city rule 12' },
        absent_s: 5,
        min_count: { value: 5, source: 'city rule 12' },
        standing: true,
        when: [{ days: [1, 2, 3, 4, 5], from: '07:00', to: '19:00' }],
      },
    ],
  },
};

export const MISSES: NearMiss[] = [
  {
    kind: 'object',
    zone: 'north-kerb',
    rule: 'parked-vehicle',
    class: 'car',
    at: START - 624_100,
    until: START - 600_000,
    dwell_s: 24.1,
    limit_s: 30,
    score: 0.72,
    min_score: 0.5,
    box: [642, 41, 75, 59],
    reason: 'left',
  },
  {
    kind: 'group',
    zone: 'north-kerb',
    rule: 'bicycles',
    class: 'bicycle',
    at: START - 420_000,
    until: START - 400_000,
    dwell_s: 20,
    limit_s: 120,
    score: 0.6,
    min_score: 0.4,
    count: 3,
    needed: 5,
    box: [642, 41, 75, 59],
    reason: 'few',
  },
  {
    kind: 'object',
    zone: 'north-kerb',
    rule: 'parked-vehicle',
    class: 'truck',
    at: START - 100_000,
    until: START - 82_000,
    dwell_s: 18,
    limit_s: 30,
    score: 0.41,
    min_score: 0.5,
    box: [642, 41, 75, 59],
    reason: 'score',
  },
];

export interface MadeSite {
  source: SiteSource;
  answer: SiteAnswer;
  /** what was sent, in order */
  sent: SiteDocument[];
  /** what the next edit is refused with */
  faults: SiteFault[];
}

/** Gives made sources a site whose edits are taken. */
export function withSite(it: Made): MadeSite {
  let serial = 0;
  const made: MadeSite = {
    sent: [],
    faults: [],
    answer: {
      from: 'file',
      since: START - 600_000,
      version: 'demo-1',
      revision: 'r0',
      aside: null,
      fault: null,
      unknown: [],
      running: { name: 'street', version: 'demo-1', counter: null },
      site: structuredClone(DOCUMENT),
      other: null,
      classes: ['person', 'bicycle', 'car', 'motorcycle', 'bus', 'truck', 'umbrella'],
      codes: {
        '09009': words('机动车乱停放', 'Vehicle parked where it may not'),
        '09010': words('非机动车乱停放', 'Bicycles parked where they may not'),
      },
    },
    source: {
      answer: () => made.answer,
      edit: async (site, revision) => {
        if (revision !== null && revision !== made.answer.revision) return { changed: made.answer.revision };
        if (made.faults.length > 0) return { faults: made.faults };
        serial += 1;
        made.sent.push(site as SiteDocument);
        put({ from: 'edited', version: `demo-1+edit.${serial}`, site: site as SiteDocument });
        return { done: made.answer };
      },
      forget: async () => {
        put({ from: 'file', version: 'demo-1', site: structuredClone(DOCUMENT) });
        return made.answer;
      },
    },
  };
  const tell = () => {
    const { from, since, version, revision, aside, fault, unknown } = made.answer;
    it.state = { ...it.state, site: { from, since, version, revision, aside, fault, unknown } };
  };
  const put = (more: Partial<SiteAnswer>) => {
    made.answer = { ...made.answer, ...more, revision: `r${serial}`, since: it.state.now };
    tell();
    it.emit({ event: 'state', data: it.state });
  };
  tell();
  it.sources.site = made.source;
  it.sources.nearMisses = (camera) => (camera === CAMERA.id ? MISSES : null);
  return made;
}
