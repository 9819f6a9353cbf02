// agent/console page: a GeoJSON of streets, made ready to be drawn. In: what /api/vehicle/map.geojson says.
// Out: lines and spots in Mercator metres. Never: more than the bounds allow, or a fault for a feature that is no such.
import { distanceTo, ground, project, type Spot } from './geo.ts';

/** Points of one map; more are not drawn. */
const MAX_POINTS = 200_000;
/** How far from the middle of a street a vehicle is still on it, m. */
const BESIDE_M = 25;

export type LineKind = 'water' | 'street' | 'tunnel';

export interface Line {
  kind: LineKind;
  name: string;
  spots: readonly Spot[];
  /** m, where the map tells it */
  width: number | null;
}

export interface Streets {
  lines: readonly Line[];
  /** what stands at the street: light, stop, depot */
  stands: readonly { kind: string; spot: Spot }[];
  /** these streets are nowhere in the world */
  madeUp: boolean;
}

interface Loose {
  [key: string]: unknown;
}

const KINDS: Record<string, LineKind> = { river: 'water', water: 'water', tunnel: 'tunnel' };
const loose = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {});

function spotOf(position: unknown): Spot | null {
  if (!Array.isArray(position)) return null;
  const [lon, lat] = position as unknown[];
  if (typeof lon !== 'number' || typeof lat !== 'number' || !Number.isFinite(lon + lat)) return null;
  return project(lon, lat);
}

/** Reads LineStrings, MultiLineStrings and Points; everything else is passed over. */
export function readStreets(geojson: unknown): Streets {
  const { features } = loose(geojson);
  const lines: Line[] = [];
  const stands: { kind: string; spot: Spot }[] = [];
  let madeUp = loose(geojson)['made_up'] === true;
  let room = MAX_POINTS;
  for (const feature of Array.isArray(features) ? (features as unknown[]) : []) {
    const properties = loose(loose(feature)['properties']);
    const { type, coordinates } = loose(loose(feature)['geometry']);
    const kind = String(properties['kind'] ?? '');
    madeUp ||= properties['made_up'] === true;
    if (type === 'Point') {
      const spot = spotOf(coordinates);
      if (spot && stands.length < MAX_POINTS) stands.push({ kind, spot });
    }
    if ((type !== 'LineString' && type !== 'MultiLineString') || !Array.isArray(coordinates)) continue;
    for (const one of (type === 'LineString' ? [coordinates] : coordinates) as unknown[]) {
      const spots = (Array.isArray(one) ? one.slice(0, room) : []).map(spotOf).filter((spot) => spot !== null);
      room -= spots.length;
      if (spots.length < 2) continue;
      const { name, width_m: width } = properties;
      lines.push({
        kind: KINDS[kind] ?? 'street',
        name: typeof name === 'string' ? name : '',
        spots,
        width: typeof width === 'number' && width > 0 ? width : null,
      });
    }
  }
  return { lines, stands, madeUp };
}

/** The name of the street that a place lies on, or null: nearer than 25 m, the nearest one. */
export function streetAt(streets: Streets, spot: Spot): string | null {
  let best: string | null = null;
  let nearest = BESIDE_M / ground(spot[1]);
  for (const line of streets.lines) {
    if (line.kind === 'water' || line.name === '') continue;
    // of a tunnel and its street, which lie on each other, the tunnel is the nearer word
    const less = line.kind === 'tunnel' ? 1 : 0;
    for (let i = 0; i + 1 < line.spots.length; i++) {
      const distance = distanceTo(spot, line.spots[i]!, line.spots[i + 1]!) - less;
      if (distance >= nearest) continue;
      nearest = distance;
      best = line.name;
    }
  }
  return best;
}
