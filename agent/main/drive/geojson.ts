// agent/main/drive: the made-up streets as GeoJSON (RFC 7946), for the map. In: nothing. Out: text, always the same.
import { DEPOT, LEGS, PATH, STOPS, TUNNEL, toDegrees } from './streets.ts';

const NOTE = 'made up; shaped like Bozhou, no real street';

/** Streets that the tour does not take, so that the grid looks like one. m. */
const OTHERS: readonly { name: string; line: readonly (readonly [number, number])[] }[] = [
  {
    name: '示例中路',
    line: [
      [0, 100],
      [0, 740],
    ],
  },
  {
    name: '示例西街',
    line: [
      [-600, -900],
      [-600, 100],
    ],
  },
  {
    name: '示例东街',
    line: [
      [500, -900],
      [500, 100],
    ],
  },
  {
    name: '示例南路',
    line: [
      [0, -900],
      [1100, -900],
      [1100, -400],
    ],
  },
  {
    name: '示例中街',
    line: [
      [0, 100],
      [500, 100],
    ],
  },
  {
    name: '示例中街',
    line: [
      [-1200, 100],
      [-600, 100],
    ],
  },
  {
    name: '示例场前路',
    line: [
      [-1200, -400],
      [-1200, 100],
      [-1150, 420],
      [-600, 600],
    ],
  },
];
const RIVER: readonly (readonly [number, number])[] = [
  [-1500, 500],
  [-1150, 560],
  [-800, 720],
  [-350, 800],
  [20, 850],
  [380, 790],
  [700, 640],
  [1100, 600],
  [1500, 720],
];

type Pair = [number, number];

function coordinates(points: readonly (readonly [number, number])[]): Pair[] {
  return points.map(([x, y]) => position(x, y));
}

function position(x: number, y: number): Pair {
  const { lat, lon } = toDegrees(x, y);
  return [round(lon), round(lat)];
}

const round = (value: number) => Math.round(value * 1e7) / 1e7;

/** The path between two distances, a point at each end and every 5 m in turns and 100 m on straight lines. */
function stretch(from: number, to: number): Pair[] {
  const out: Pair[] = [];
  let at = from;
  while (at < to) {
    const { x, y } = PATH.at(at);
    out.push(position(x, y));
    const s = at % PATH.length;
    const piece = PATH.pieces.find((one) => s >= one.from && s < one.from + one.length);
    const rest = piece ? piece.from + piece.length - s : 5;
    at += Math.max(0.01, Math.min(rest, piece && piece.curvature !== 0 ? 5 : 100));
  }
  const { x, y } = PATH.at(to);
  out.push(position(x, y));
  return out;
}

function feature(geometry: { type: string; coordinates: unknown }, properties: Record<string, unknown>) {
  return { type: 'Feature', properties: { ...properties, made_up: true }, geometry };
}

/** A FeatureCollection: kinds river, street, tour, tunnel, light, stop, depot; every feature says that it is made up. */
export function streetsGeoJson(): string {
  const features = [
    feature({ type: 'LineString', coordinates: coordinates(RIVER) }, { kind: 'river', name: '示例河', width_m: 70 }),
    ...OTHERS.map(({ name, line }) =>
      feature({ type: 'LineString', coordinates: coordinates(line) }, { kind: 'street', name }),
    ),
    ...LEGS.map((leg, i) => {
      const next = i + 1 < LEGS.length ? PATH.corners[i + 1]! : PATH.length + PATH.corners[0]!;
      return feature(
        { type: 'LineString', coordinates: stretch(PATH.corners[i]!, next) },
        {
          kind: 'tour',
          name: leg.street,
          limit_m_s: Math.round(leg.limit * 100) / 100,
          sweep: leg.sweep === true,
          spray: leg.spray === true,
          canyon: leg.canyon === true,
        },
      );
    }),
    feature({ type: 'LineString', coordinates: stretch(TUNNEL.from, TUNNEL.to) }, { kind: 'tunnel', name: '示例隧道' }),
    ...STOPS.map(({ at, kind }) => {
      const { x, y } = PATH.at(at);
      const told = kind === 'light' || kind === 'depot' ? kind : 'stop';
      return feature({ type: 'Point', coordinates: position(x, y) }, { kind: told, at_depot: at === DEPOT });
    }),
  ];
  return `${JSON.stringify({ type: 'FeatureCollection', name: NOTE, note: NOTE, features })}\n`;
}
