// agent/console: a made vehicle for the tests of this room: a sweeper on two streets that do not exist, of which
// everything is known. In: nothing. Out: its state, its trail and its streets; sources that answer with them.
import type { TrailPoint, VehicleState } from './api.ts';
import { type Made, START } from './made.ts';

/** Where the made vehicle is now, and metres per degree there (round figures: nobody measures here). */
export const HERE = { lat: 33.842, lon: 115.7805 };
const NORTH = 110_900;
const EAST = 92_500;
const at = (x: number, y: number): [lon: number, lat: number] => [HERE.lon + x / EAST, HERE.lat + y / NORTH];

const street = (kind: string, name: string, ...places: [number, number][]) => ({
  type: 'Feature',
  properties: { kind, name, made_up: true, ...(kind === 'river' && { width_m: 60 }) },
  geometry: { type: 'LineString', coordinates: places.map(([x, y]) => at(x, y)) },
});

/** Made Street runs to the east through the vehicle, Sample Avenue to the north through its last corner. */
export const STREETS = {
  type: 'FeatureCollection',
  features: [
    street('river', '示例河', [-900, 420], [-300, 520], [200, 480], [900, 560]),
    street('street', '示例中街', [-900, 0], [900, 0]),
    street('street', '示例南路', [-900, -420], [900, -420]),
    street('street', '示例北路', [-900, 300], [900, 300]),
    street('street', '示例东街', [260, -700], [260, 700]),
    street('tour', '示例西街', [-320, -700], [-320, 700]),
    street('tunnel', '示例隧道', [-320, -330], [-320, -170]),
    { type: 'Feature', properties: { kind: 'light' }, geometry: { type: 'Point', coordinates: at(-320, 0) } },
    { type: 'Feature', properties: {}, geometry: null },
  ],
};

/** Up the avenue, through the tunnel unseen, round the corner, then sweeping along the street to where it is now. */
export function madeTrail(): TrailPoint[] {
  const points: TrailPoint[] = [];
  const way: [number, number, number][] = [];
  for (let x = 900; x > -320; x -= 15) way.push([x, -420, 15]);
  for (let y = -420; y < 0; y += 10) if (y < -330 || y > -170) way.push([-320, y, y < -330 ? 12.5 : 9]);
  for (let x = -320; x <= 0; x += 5) way.push([x, 0, x < -250 ? 4.5 : 2.2]);
  way.forEach(([x, y, speed], i) => {
    const before = way[i - 1];
    const last = points.at(-1)?.[0] ?? 0;
    points.push([
      last + (before === undefined ? 0 : (Math.hypot(x - before[0], y - before[1]) / speed) * 1000),
      ...at(x, y),
      speed,
    ]);
  });
  const end = points.at(-1)![0];
  return points.map(([time, ...rest]) => [Math.round(START - end + time), ...rest]);
}

type Satellite = VehicleState['satellites'][number];
const sat = (
  system: string,
  prn: number,
  elevation: number | null,
  azimuth: number | null,
  snr: number | null,
): Satellite => ({
  system,
  prn,
  elevation,
  azimuth,
  snr,
  used: (elevation ?? 0) >= 15 && (snr ?? 0) >= 28,
});

const SATELLITES: Satellite[] = [
  sat('GPS', 3, 62, 41, 44),
  sat('GPS', 7, 35, 128, 40),
  sat('GPS', 14, 21, 301, 33),
  sat('GPS', 17, 48, 214, 42),
  sat('GPS', 30, 8, 77, 22),
  sat('BeiDou', 1, 38, 130, 39),
  sat('BeiDou', 3, 50, 188, 41),
  sat('BeiDou', 8, 74, 340, 45),
  sat('BeiDou', 19, 27, 62, 36),
  sat('BeiDou', 21, 12, 265, 24),
  sat('GLONASS', 2, 44, 15, 38),
  sat('GLONASS', 12, 19, 168, 30),
  sat('GLONASS', 22, 33, 245, null),
  sat('Galileo', 5, 56, 282, 43),
  sat('Galileo', 24, 24, 98, 34),
  sat('Galileo', 31, 6, 331, 19),
  sat('QZSS', 2, 67, 110, 42),
  sat('QZSS', 4, null, null, null),
  sat('SBAS', 137, 41, 150, 35),
];

/** A sweeper at work, all well. */
export const VEHICLE: VehicleState = {
  kind: 'sweeper',
  profile: 'sweeper-demo-1',
  receiver: { state: 'live', since: START - 600_000 },
  bus: { state: 'live', since: START - 600_000, frames_per_s: 612 },
  time: START,
  ignition: 1,
  moving: true,
  trip: { since: START - 2_052_000, distance: 6841 },
  fix: { mode: 3, ...HERE, alt: 38.4, track: 90, hdop: 0.9, age_ms: 120, flags: [] },
  speed: { value: 2.2, source: 'gnss', gnss: 2.2, bus: 2.31, differs: false },
  satellites: SATELLITES,
  signals: [
    {
      id: 'odometer',
      name: { zh: '总里程', en: 'Odometer' },
      value: 48_213_400,
      unit: 'm',
      source: 'bus',
      age_ms: 400,
    },
    {
      id: 'engine',
      name: { zh: '发动机工时', en: 'Engine hours' },
      value: 11_484_000,
      unit: 's',
      source: 'bus',
      age_ms: 700,
    },
    {
      id: 'rpm',
      name: { zh: '发动机转速', en: 'Engine speed' },
      value: 1184.5,
      unit: '1/min',
      source: 'bus',
      age_ms: 60,
    },
    { id: 'fuel', name: { zh: '油量', en: 'Fuel' }, value: 62.4, unit: '%', source: 'bus', age_ms: 900 },
    {
      id: 'coolant',
      name: { zh: '冷却液温度', en: 'Coolant' },
      value: 86,
      unit: 'degC',
      source: 'bus',
      age_ms: 12_300,
    },
    { id: 'tank', name: { zh: '水箱水位', en: 'Water tank' }, value: null, unit: '%', source: 'none', age_ms: null },
  ],
  lines: [
    { id: 'ignition', name: { zh: '点火', en: 'Ignition' }, state: 1, since: START - 2_052_000 },
    { id: 'brush', name: { zh: '扫刷', en: 'Brush' }, state: 1, since: START - 131_000, pulses: 12 },
    { id: 'spray', name: { zh: '喷水', en: 'Spray' }, state: 0, since: START - 40_000 },
  ],
  switchable: true,
};

/** Gives made sources the vehicle role. `asked`: the lines that were asked for; a line follows at once. */
export function aboard(it: Made): {
  it: Made;
  vehicle: VehicleState;
  trail: TrailPoint[];
  asked: [string, 0 | 1][];
  tell(): void;
} {
  const vehicle = structuredClone(VEHICLE);
  const trail = madeTrail();
  const asked: [string, 0 | 1][] = [];
  it.state.roles = ['camera', 'vehicle'];
  it.state.vehicle = vehicle;
  const tell = () => it.emit({ event: 'vehicle', data: structuredClone(vehicle) });
  it.sources.trail = (since) => (since === null ? trail : trail.filter(([time]) => time > since));
  it.sources.map = () => STREETS;
  it.sources.setLine = (id, state) => {
    const line = vehicle.lines.find((one) => one.id === id);
    if (!line) return false;
    asked.push([id, state]);
    line.state = state;
    line.since = START;
    tell();
    return true;
  };
  return { it, vehicle, trail, asked, tell };
}
