// centre: what it knows of vehicles, out of the database. Pages of points, so that memory stays small however long a
// track is.
import { FLAGS, POINT_REASONS } from '../contract/index.ts';
import type { Queryable } from './db.ts';
import type { Span } from './spans.ts';

interface VehicleRow {
  device: string;
  city: string | null;
  online: boolean | null;
  heard: number;
  at: number | null;
  mode: number;
  lat: number;
  lon: number;
  alt: number | null;
  speed: number | null;
  track: number | null;
  odometer: number | null;
  ignition: number | null;
  lines: number;
  flags: number;
}

/** Vehicles that are listed at once. */
const MOST_VEHICLES = 1000;

/** Devices that have points, by id: when each was heard last, and its newest position. */
export async function listVehicles(db: Queryable) {
  const rows = await db.query<VehicleRow>(
    `select v.*, d.city, d.online from vehicles v left join devices d on d.device = v.device
     order by v.device limit ${MOST_VEHICLES}`,
  );
  return rows.map((row) => {
    const { device, city, online, heard, at, mode, lat, lon, alt, speed, track, odometer, ignition, lines } = row;
    const flags = FLAGS.filter((_, bit) => row.flags & (1 << bit));
    const position = at === null ? null : { at, lat, lon, alt, speed, track, mode, odometer, ignition, lines, flags };
    const url = (type: string) => `/api/vehicles/${encodeURIComponent(device)}/track.${type}`;
    const links = { geojson: url('geojson'), gpx: url('gpx') };
    return { device, city: city ?? '', online: online ?? false, heard, position, track: links };
  });
}

export interface TrackPoint {
  at: number;
  nr: number;
  lat: number;
  lon: number;
  alt: number | null;
  speed: number | null;
  /** a trip begins here */
  begins: boolean;
}

/** Where nothing is said of the beginning: so much before the end (ms). */
const USUAL_SPAN = 86_400_000;
const LAST_TIME = 8.64e15;
const PAGE = 2000;

/**
 * The span with both ends, epoch ms. Where nothing is asked: the day that ends with the newest point. Null: no such
 * vehicle.
 */
export async function wholeSpan(db: Queryable, device: string, { from, to }: Span): Promise<[number, number] | null> {
  const [known] = await db.query<{ heard: number }>('select heard from vehicles where device = $1', [device]);
  if (!known) return null;
  const end = to ?? (from === null ? known.heard : LAST_TIME);
  return [from ?? Math.min(end, known.heard) - USUAL_SPAN, end];
}

/** Points with a position, in the order of their time; a page of them at a time. */
export async function* trackPoints(db: Queryable, device: string, from: number, to: number) {
  const reason = POINT_REASONS.indexOf('trip-begin');
  let [at, nr] = [from, -1];
  for (;;) {
    const rows = await db.query<TrackPoint>(
      `select at, nr::float8 as nr, lat, lon, alt, speed, why = ${reason} as begins from points
       where device = $1 and (at, nr) > ($2, $3) and at <= $4 and lat is not null and lon is not null
       order by at, nr limit ${PAGE}`,
      [device, at, nr, to],
    );
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    [at, nr] = [last.at, last.nr];
  }
}
