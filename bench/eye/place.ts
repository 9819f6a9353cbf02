// bench/eye: the place of the composed scenes: its camera, its zones, and its rules. In: nothing. Out: what a site file
// would say.
import type { Camera, Profile } from '../../agent/config/site.ts';

const words = { zh: '合成', en: 'composed' };
/** Where no vehicle may stand. */
export const KERB: [number, number][] = [
  [500, 168],
  [735, 150],
  [750, 250],
  [520, 262],
];
/** Where no crowd may gather. */
export const SQUARE: [number, number][] = [
  [270, 245],
  [480, 275],
  [600, 390],
  [330, 345],
];
/** A city's dwell times, shortened so that a scene lasts no longer than a bench may. */
export const PARKED_S = 9;
export const CROWD_S = 6;
export const CROWD = 5;

export const PROFILE: Profile = {
  version: 'composed',
  same_place_iou: 0.3,
  rules: [
    {
      id: 'parked-vehicle',
      kind: 'dwell',
      code: '09009',
      zones: ['no-parking'],
      classes: ['car', 'truck', 'bus'],
      min_score: 0.5,
      dwell_s: { value: PARKED_S, source: 'shortened' },
      absent_s: 5,
    },
    {
      id: 'crowd',
      kind: 'count',
      code: '09022',
      zones: ['square'],
      classes: ['person'],
      standing: false,
      min_count: { value: CROWD, source: 'example' },
      min_score: 0.4,
      dwell_s: { value: CROWD_S, source: 'shortened' },
      absent_s: 3,
    },
  ],
};

export const CAMERA: Camera = {
  id: 'composed',
  name: words,
  picture: [768, 576],
  transport: 'tcp',
  decode: {},
  looks_per_s: 2,
  wide_every_s: 1,
  crops: 2,
  gate: false,
  idle_look_s: 2,
  weight: 1,
  hot_hours: [],
  lines: [],
  zones: [
    { id: 'kerb', name: words, kind: 'no-parking', polygon: KERB },
    { id: 'square', name: words, kind: 'square', polygon: SQUARE },
  ],
};
