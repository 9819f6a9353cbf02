// agent/console: made sources for the tests of this room: a street of plain shapes, in which everything is known.
// In: nothing. Out: ConsoleSources whose every answer the test can set, and a way to let events happen.
import sharp from 'sharp';
import type { ApiCase, CameraState, ConsoleSources, FrameData, PageEvent, State } from './api.ts';

/** A moment of the past on which all made times stand; never now. */
export const START = Date.UTC(2026, 4, 12, 6, 3, 21);
export const SIZE: [number, number] = [768, 576];
const VAN = [642, 41, 75, 59] as const;
const ZONE: [number, number][] = [
  [628, 78],
  [716, 74],
  [720, 112],
  [640, 118],
];

export const CAMERA: CameraState = {
  id: 'pole-1',
  name: { zh: '北口枪机', en: 'North pole camera' },
  state: 'live',
  since: START - 600_000,
  picture: SIZE,
  looks_per_s: 3.9,
  frames_per_s: 25,
  look_ms: 86,
  skipped: 12,
  gated_per_s: 1.2,
  moving: 0.01,
  crops_per_s: 3.4,
  crops: 2,
  zones: [
    {
      id: 'north-kerb',
      name: { zh: '北侧路缘禁停区', en: 'North kerb' },
      kind: 'no-parking',
      polygon: ZONE,
      limit_s: 30,
    },
  ],
  lines: [],
  counts: [],
  latest: 100,
};

export const STATE: State = {
  device: 'box-demo-01',
  city: 'bozhou',
  version: '0.1.0',
  roles: ['camera'],
  now: START,
  started: START - 3_725_000,
  demo: true,
  clock: { quality: 'synced' },
  link: { state: 'online', since: START - 600_000, broker: 'mqtt://127.0.0.1:1883' },
  outbox: [
    { lane: 'alarm', waiting: 0, bytes: 0, oldest: null, gone: {} },
    { lane: 'case', waiting: 1, bytes: 1204, oldest: START - 4000, gone: {} },
    { lane: 'telemetry', waiting: 0, bytes: 0, oldest: null, gone: {} },
    { lane: 'evidence', waiting: 7, bytes: 183_402, oldest: START - 72_000, gone: {} },
  ],
  cameras: [CAMERA],
  site: null,
  vehicle: null,
  outputs: [
    { id: 'lamp', name: { zh: '违停警示灯', en: 'Parking lamp' }, state: 1, since: START - 4000 },
    { id: 'barrier', name: { zh: '道闸', en: 'Barrier' }, state: 0, since: START - 3_700_000 },
  ],
  flows: {
    state: 'running',
    since: START - 3_700_000,
    node_red: '5.0.7',
    rss: 118_000_000,
    nodes: 4,
    ends: 0,
    last_end: null,
    dropped: 0,
    refused: 0,
    faults: [],
    editor: { open: false, url: null, until: null },
  },
  updates: {
    version: '0.1.0',
    commit: '3f2a90c1d4e5',
    slot: 'a',
    model: { name: 'coco-ssd', version: '1.0.6', counter: null },
    profile: { name: 'street', version: 'demo-2', counter: 4 },
    repository: {
      url: 'https://updates.example/kerbside',
      last_check: START - 60_000,
      last_success: START - 60_000,
      versions: { root: 1, timestamp: 7, snapshot: 5, targets: 5 },
      items: [
        {
          kind: 'profile',
          name: 'street',
          wanted: { version: 'demo-2', counter: 4 },
          running: { version: 'demo-2', counter: 4 },
          result: 'success',
          at: START - 300_000,
        },
        {
          kind: 'model',
          name: 'coco-ssd',
          wanted: { version: '1.0.7', counter: 5 },
          running: { version: '1.0.6', counter: null },
          result: 'refused',
          code: 'MODEL_NONSENSE',
          reason: 'coco-ssd 1.0.7: does not find the car in the known picture',
          at: START - 120_000,
        },
      ],
      fault: null,
    },
  },
  looker: {
    model: 'coco-ssd',
    runtime: 'wasm',
    weights: 'int8',
    tried: {
      at: START - 86_400_000,
      runtime: 'wasm',
      weights: 'int8',
      runs: [
        { runtime: 'wasm', weights: 'float', ms: 86.4 },
        { runtime: 'wasm', weights: 'int8', ms: 31.2 },
        { runtime: 'native', weights: 'float', ms: null, why: 'the native TFLite binding is not installed' },
      ],
    },
    trial: { state: 'done' },
  },
  health: [
    {
      id: 'camera.pole-1',
      level: 'ok',
      text: { zh: '北口枪机有画面', en: 'North pole camera sends pictures' },
      value: '25 fps',
    },
    { id: 'model', level: 'ok', text: { zh: '识别模型可用', en: 'The detector works' }, value: '86 ms' },
    { id: 'link', level: 'ok', text: { zh: '与中心的链路正常', en: 'The link to the centre is up' }, value: 'mqtt 5' },
    {
      id: 'disk',
      level: 'warn',
      text: { zh: '存储空间不多', en: 'Storage is getting short' },
      value: '1.2 GB',
      remedy: { zh: '清理日志,或换用更大的存储卡。', en: 'Remove old logs, or fit a larger card.' },
    },
    { id: 'clock', level: 'ok', text: { zh: '时钟已校准', en: 'The clock is synchronised' }, value: '±3 ms' },
  ],
};

/** A frame in which the van has stood for `dwell_s`, a car stands outside, and two persons walk. */
export function frame(seq: number, dwell_s: number): FrameData {
  const time = START + seq * 250;
  const track = (id: number, name: string, score: number, box: readonly [number, number, number, number]) => ({
    id,
    class: name,
    score,
    box,
    first: time - dwell_s * 1000,
    last: time,
  });
  const tracks = [
    track(3, 'car', 0.71, VAN),
    track(4, 'car', 0.66, [724, 49, 44, 48]),
    track(12, 'person', 0.83, [300, 260, 46, 120]),
    track(15, 'person', 0.78, [420, 300, 50, 130]),
  ];
  const limit_s = 30;
  const inZone = { zone: 'north-kerb', rule: 'parked-vehicle', dwell_s, limit_s };
  const none = { zone: null, rule: null, dwell_s: 0, limit_s: 0 };
  return {
    camera: CAMERA.id,
    seq,
    time,
    width: SIZE[0],
    height: SIZE[1],
    objects: [
      ...tracks.map(({ class: name, score, box }) => ({ class: name, score, box })),
      { class: 'person', score: 0.52, box: [90, 330, 40, 110] },
    ],
    tracks,
    why: [
      { track: 3, class: 'car', score: 0.71, ...inZone, reason: dwell_s < limit_s ? 'timing' : 'reported' },
      { track: 4, class: 'car', score: 0.66, ...none, rule: 'parked-vehicle', limit_s, reason: 'outside' },
      { track: 12, class: 'person', score: 0.83, ...none, reason: 'class' },
      { track: 15, class: 'person', score: 0.78, ...none, reason: 'class' },
    ],
    groups: [],
    look: { ms: 86, depth: 'base' },
  };
}

/** The n-th made case; a later one is newer. */
export function madeCase(n: number, upstream: ApiCase['upstream']): ApiCase {
  const at = START - 3_600_000 + n * 60_000;
  const id = `case-${String(n).padStart(4, '0')}`;
  const picture = (role: 'first' | 'proof', time: number) => ({
    id: `${id}-${role}`,
    role,
    at: time,
    sha256: 'a'.repeat(64),
    bytes: 48_000,
    mime: 'image/jpeg' as const,
    width: SIZE[0],
    height: SIZE[1],
    box: [...VAN] as [number, number, number, number],
    masked: { persons: role === 'first' ? 2 : 3 },
    url: `/api/evidence/${id}-${role}.jpg`,
  });
  return {
    v: 1,
    kind: 'case',
    id,
    device: STATE.device,
    site: 'street',
    camera: CAMERA.id,
    event: `event-${n}`,
    at,
    until: at + 30_200,
    code: '09009',
    code2013: '04-09',
    name: { zh: '机动车乱停放', en: 'Vehicle parked where it may not' },
    place: {
      lon: 115.77868,
      lat: 33.84473,
      grid: '341602001001001',
      text: { zh: '示范街北口北侧双黄线', en: 'Double yellow line, north side of Demo Street' },
    },
    zone: 'north-kerb',
    zone_name: CAMERA.zones[0]!.name,
    class: 'car',
    track: 3,
    box: [...VAN],
    certainty: 0.71,
    rule: { id: 'parked-vehicle', limit_s: 30, dwell_s: 30.2, profile: 'demo-1' },
    state: 'reported',
    evidence: [picture('first', at), picture('proof', at + 30_200)],
    upstream,
  };
}

/** A street in plain shapes: sky, road, kerb, and the van exactly in its box. */
export async function madePicture(shade: number): Promise<Buffer> {
  const [w, h] = SIZE;
  const [x, y, vw, vh] = VAN;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}">
    <rect width="${w}" height="${h}" fill="rgb(118,128,${120 + shade})"/>
    <path d="M0 130 L768 60 L768 576 L0 576z" fill="#6d7073"/><path d="M0 150 L768 120" stroke="#e5c95a" stroke-width="4"/>
    <rect x="${x}" y="${y}" width="${vw}" height="${vh}" fill="#f2f2f0"/><rect x="724" y="49" width="44" height="48" fill="#7c2f2f"/>
    <rect x="300" y="260" width="46" height="120" fill="#2d4a66"/><rect x="420" y="300" width="50" height="130" fill="#4a3a2d"/></svg>`;
  return sharp(Buffer.from(svg)).jpeg({ quality: 80 }).toBuffer();
}

export interface Made {
  sources: ConsoleSources;
  /** what the sources answer; change it at will */
  state: State;
  cases: ApiCase[];
  /** lets a page event happen */
  emit(event: PageEvent): void;
  /** how often the demo was begun anew, and how many listen */
  fresh: number;
  listeners: number;
}

/** Sources of which everything can be set. `picture` gives the JPEG of a seq. */
export function made(picture: (seq: number) => Buffer | null, demo = true): Made {
  const listeners = new Set<(event: PageEvent) => void>();
  const it: Made = {
    state: structuredClone(STATE),
    cases: [],
    fresh: 0,
    get listeners() {
      return listeners.size;
    },
    emit: (event) => {
      for (const listener of listeners) listener(event);
    },
    sources: {
      state: () => it.state,
      cases: async (after, limit) => {
        if (after === null) return it.cases.slice(0, limit);
        const at = it.cases.findIndex((one) => one.id === after);
        return at < 0 ? null : it.cases.slice(Math.max(0, at - limit), at);
      },
      evidence: async (id) => (it.cases.some((one) => one.evidence.some((two) => two.id === id)) ? picture(0) : null),
      frame: async (camera, seq) => {
        const number = seq ?? it.state.cameras.find((one) => one.id === camera)?.latest ?? null;
        const jpeg = camera === CAMERA.id && number !== null ? picture(number) : null;
        return jpeg === null || number === null ? null : { seq: number, jpeg };
      },
      metrics: async () => '# TYPE kerb_looks_total counter\nkerb_looks_total 7\n',
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      ...(demo && {
        fresh: async () => {
          it.fresh++;
        },
      }),
    },
  };
  return it;
}
