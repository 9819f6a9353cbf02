// centre: telemetry points -> the table of tracks, and where each vehicle is now. In: records that are new. Runs inside
// the transaction that stores them. May never happen: a point that comes late moves a vehicle back.
import { putRight, type TelemetryPoint } from '../contract/index.ts';
import type { Queryable } from './db.ts';
import type { Incoming } from './decode.ts';

interface DevicePoint {
  device: string;
  /** its time put right */
  point: TelemetryPoint;
  epoch: string;
  seq: number;
}

/** Beyond this much ahead of our clock (ms) a time is not believed if the same device has one that is. */
const AHEAD = 86_400_000;

/** What is kept of a point; `vehicles` has all but the last. */
const COLUMNS = [
  'mode',
  'lat',
  'lon',
  'alt',
  'speed',
  'track',
  'odometer',
  'ignition',
  'lines',
  'flags',
  'why',
] as const;
const TYPES: Record<(typeof COLUMNS)[number], string> = {
  mode: 'int2',
  lat: 'float8',
  lon: 'float8',
  alt: 'float8',
  speed: 'float8',
  track: 'float8',
  odometer: 'float8',
  ignition: 'int2',
  lines: 'int4',
  flags: 'int4',
  why: 'int2',
};

const NAMES = ['device', 'at', ...COLUMNS].join(', ');
/** The parameters that `values` gives, and rows out of them. */
const ARRAYS = `$1::text[], $2::float8[], ${COLUMNS.map((name, i) => `$${i + 3}::${TYPES[name]}[]`).join(', ')}`;
const UNNESTED = `unnest(${ARRAYS}) as u (${NAMES})`;

/** Stores the points among `fresh`. `now`: epoch ms; `shift`: ms to add to the times of a record. */
export async function storePoints(
  tx: Queryable,
  fresh: readonly Incoming[],
  shift: (record: Incoming) => number,
  now: number,
): Promise<void> {
  const points = fresh.flatMap((record): DevicePoint[] => {
    const { device, epoch, seq, point } = record;
    if (!point) return [];
    return [{ device, epoch, seq, point: { ...point, at: putRight(point.at, record.at, shift(record)) } }];
  });
  if (points.length === 0) return;
  const rows = values(points);
  const [epoch, seq] = [rows.length + 1, rows.length + 2];
  await tx.query(
    `insert into points (${NAMES}, epoch, seq) select * from unnest(${ARRAYS}, $${epoch}::text[], $${seq}::int8[])`,
    [...rows, points.map((one) => one.epoch), points.map((one) => one.seq)],
  );
  const horizon = now + AHEAD;
  const newest = perDevice(points, horizon);
  await tx.query(
    `insert into vehicles as v (device, heard) select device, at from unnest($1::text[], $2::float8[]) as u (device, at)
     on conflict (device) do update set heard = excluded.heard where ${newer('excluded.heard', 'v.heard', '$3')}`,
    [newest.map(({ device }) => device), newest.map(({ point }) => point.at), horizon],
  );
  const places = perDevice(
    points.filter(({ point }) => point.lat !== null && point.lon !== null),
    horizon,
  );
  if (places.length === 0) return;
  const set = COLUMNS.slice(0, -1).map((name) => `${name} = u.${name}`);
  const params = values(places);
  await tx.query(
    `update vehicles v set at = u.at, ${set.join(', ')} from ${UNNESTED}
     where v.device = u.device and (v.at is null or ${newer('u.at', 'v.at', `$${params.length + 1}`)})`,
    [...params, horizon],
  );
}

/** Says anew where a vehicle is, after times of its points were put right. */
export async function rebuildVehicle(tx: Queryable, device: string, now: number): Promise<void> {
  const place = COLUMNS.slice(0, -1).join(', ');
  const newest = `order by (at <= $2) desc, at desc, nr desc limit 1`;
  await tx.query('delete from vehicles where device = $1', [device]);
  await tx.query(
    `insert into vehicles (device, heard, at, ${place})
     select h.device, h.at, p.at, ${COLUMNS.slice(0, -1)
       .map((name) => `p.${name}`)
       .join(', ')}
     from (select device, at from points where device = $1 ${newest}) h
     left join (select * from points where device = $1 and lat is not null and lon is not null ${newest}) p on true`,
    [device, now + AHEAD],
  );
}

/** SQL: time `a` counts before time `b`. A believable one before one that is not, then the later one. */
function newer(a: string, b: string, horizon: string): string {
  return `(${a} <= ${horizon}, ${a}) > (${b} <= ${horizon}, ${b})`;
}

/** The newest point of each device, devices in one order so that two centres cannot wait for each other. */
function perDevice(points: readonly DevicePoint[], horizon: number): DevicePoint[] {
  const best = new Map<string, DevicePoint>();
  for (const one of points) {
    const before = best.get(one.device)?.point.at;
    const at = one.point.at;
    const [sure, was] = [at <= horizon, (before ?? 0) <= horizon];
    if (before === undefined || (sure === was ? at > before : sure)) best.set(one.device, one);
  }
  return [...best.values()].sort((a, b) => (a.device < b.device ? -1 : 1));
}

function values(points: readonly DevicePoint[]): unknown[] {
  return [
    points.map(({ device }) => device),
    points.map(({ point }) => point.at),
    ...COLUMNS.map((name) => points.map(({ point }) => point[name])),
  ];
}
