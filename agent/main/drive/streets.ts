// agent/main/drive: made-up streets, shaped like the city of Bozhou: a grid south of a river that bends. Nothing here is
// a real street. In: nothing. Out: the tour, what is done where, and a GeoJSON for the map. Pure data and geometry.
import { ClosedPath, type Corner } from './path.ts';

/** Where the made-up city lies, WGS-84. */
export const ORIGIN = { lat: 33.84, lon: 115.78 } as const;

/** Metres per degree at the origin, from the WGS-84 ellipsoid's radii of curvature. */
const E2 = 0.00669437999014;
const SIN = Math.sin((ORIGIN.lat * Math.PI) / 180);
const W = Math.sqrt(1 - E2 * SIN * SIN);
const NORTH = ((Math.PI / 180) * 6378137 * (1 - E2)) / W ** 3;
const EAST = (((Math.PI / 180) * 6378137) / W) * Math.cos((ORIGIN.lat * Math.PI) / 180);

export function toDegrees(x: number, y: number): { lat: number; lon: number } {
  return { lat: ORIGIN.lat + y / NORTH, lon: ORIGIN.lon + x / EAST };
}

export function toMetres(lat: number, lon: number): { x: number; y: number } {
  return { x: (lon - ORIGIN.lon) * EAST, y: (lat - ORIGIN.lat) * NORTH };
}

/** One stretch of the tour: from its corner to the next stretch's. */
export interface Leg {
  readonly street: string;
  readonly corner: Corner;
  /** m/s */
  readonly limit: number;
  readonly sweep?: boolean;
  readonly spray?: boolean;
  /** tall buildings on both sides: reflected signals */
  readonly canyon?: boolean;
}

const KMH = 1 / 3.6;
const DRIVE = 40 * KMH;
const RIVERSIDE = 30 * KMH;
const SWEEP = 8 * KMH;
const TURN = 12;

const at = (x: number, y: number, radius = TURN): Corner => ({ x, y, radius });

/** The tour, in driving order; the streets' names are made up. */
export const LEGS: readonly Leg[] = [
  { street: '示例南路', corner: at(-1200, -900), limit: DRIVE },
  { street: '示例隧道路', corner: at(0, -900), limit: DRIVE },
  { street: '示例中街', corner: at(0, 100), limit: SWEEP, sweep: true, spray: true, canyon: true },
  { street: '示例西街', corner: at(-600, 100), limit: SWEEP, sweep: true },
  { street: '示例滨河路', corner: at(-600, 600), limit: RIVERSIDE },
  { street: '示例滨河路', corner: at(-300, 710, 80), limit: RIVERSIDE },
  { street: '示例滨河路', corner: at(20, 760, 80), limit: RIVERSIDE },
  { street: '示例滨河路', corner: at(300, 700, 80), limit: RIVERSIDE },
  { street: '示例东街', corner: at(500, 600), limit: SWEEP, sweep: true, spray: true },
  { street: '示例中街', corner: at(500, 100), limit: DRIVE },
  { street: '示例环城路', corner: at(1100, 100), limit: DRIVE },
  { street: '示例建设路', corner: at(1100, -400), limit: DRIVE },
  { street: '示例场前路', corner: at(-1200, -400), limit: DRIVE },
];

export const PATH = new ClosedPath(LEGS.map((leg) => leg.corner));

/** Where a leg's straight part at this share of it lies on the path, m. */
function along(leg: number, share: number): number {
  const from = PATH.corners[leg]!;
  const next = leg + 1 < LEGS.length ? PATH.corners[leg + 1]! : PATH.length + PATH.corners[0]!;
  return from + (next - from) * share;
}

/** A stop: at a light perhaps, at the others always. Distances along the path, m. */
export interface Stop {
  readonly at: number;
  readonly kind: 'light' | 'wait' | 'break' | 'depot';
}

/** The underpass, where no satellite is seen. */
export const TUNNEL = { from: along(1, 0.1), to: along(1, 0.46) } as const;

export const STOPS: readonly Stop[] = [
  { at: along(0, 0.5) - 15, kind: 'light' },
  { at: along(1, 0.96) - 15, kind: 'light' },
  { at: along(7, 0.5), kind: 'break' },
  { at: along(8, 0.55), kind: 'wait' },
  { at: along(9, 0.93), kind: 'light' },
  { at: along(11, 0.26) - 15, kind: 'light' },
  { at: along(11, 0.48) - 15, kind: 'light' },
  { at: along(12, 0.6), kind: 'depot' },
] satisfies Stop[];

/** The tour begins and ends here. */
export const DEPOT = STOPS.at(-1)!.at;

/** Ends of the legs along the path: leg i reigns up to ends[i]. */
export const ENDS: readonly number[] = LEGS.map((_, i) => along(i, 1));

/** The leg at a distance along the path. */
export function legAt(distance: number): Leg {
  const s = ((distance % PATH.length) + PATH.length) % PATH.length;
  if (s < PATH.corners[0]!) return LEGS.at(-1)!;
  const found = ENDS.findIndex((end) => s < end);
  return LEGS[found < 0 ? LEGS.length - 1 : found]!;
}

export function inTunnel(distance: number): boolean {
  const s = distance % PATH.length;
  return s >= TUNNEL.from && s <= TUNNEL.to;
}
