// agent/console page: the arithmetic of the map and of the sky. Pure. Places are spherical (web) Mercator metres, x to
// the east, y to the north: straight streets stay straight and angles are true, as a map of a city wants them.

export type Spot = readonly [x: number, y: number];

/** What is looked at: the place in the middle, and pixels per Mercator metre. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

const RADIUS = 6_378_137;
const RADIANS = Math.PI / 180;
/** Pixels per Mercator metre: a province, and a parking space. */
const FAR = 0.002;
const NEAR = 8;

/** Mercator metres of a place in degrees WGS-84; latitudes beyond 85 degrees are drawn at 85. */
export function project(lon: number, lat: number): Spot {
  const phi = Math.min(Math.max(lat, -85), 85) * RADIANS;
  return [RADIUS * lon * RADIANS, RADIUS * Math.log(Math.tan(Math.PI / 4 + phi / 2))];
}

/** Metres on the ground of one Mercator metre at this y. */
export const ground = (y: number): number => 1 / Math.cosh(y / RADIUS);

export const toScreen = (view: View, size: Size, [x, y]: Spot): [number, number] => [
  size.width / 2 + (x - view.x) * view.scale,
  size.height / 2 - (y - view.y) * view.scale,
];

/** The view after a drag by so many pixels. */
export const dragged = (view: View, dx: number, dy: number): View => ({
  ...view,
  x: view.x - dx / view.scale,
  y: view.y + dy / view.scale,
});

/** The view after zooming by a factor: what lies under (px, py) stays there. */
export function zoomed(view: View, size: Size, px: number, py: number, factor: number): View {
  const scale = Math.min(Math.max(view.scale * factor, FAR), NEAR);
  const kept = 1 / view.scale - 1 / scale;
  return { scale, x: view.x + (px - size.width / 2) * kept, y: view.y - (py - size.height / 2) * kept };
}

/** The view that shows all of these, with a margin; null where there is nothing to show. */
export function fitted(spots: Iterable<Spot>, size: Size): View | null {
  let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of spots) {
    left = Math.min(left, x);
    right = Math.max(right, x);
    bottom = Math.min(bottom, y);
    top = Math.max(top, y);
  }
  if (left > right) return null;
  const scale = 0.88 * Math.min(size.width / Math.max(right - left, 1), size.height / Math.max(top - bottom, 1));
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale: Math.min(Math.max(scale, FAR), NEAR) };
}

/** A round length (1, 2 or 5 times a power of ten, metres) that takes at most `room` pixels, and the pixels it takes. */
export function scaleBar(view: View, room: number): { metres: number; pixels: number } {
  const perPixel = ground(view.y) / view.scale;
  const most = room * perPixel;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = ([5, 2, 1].find((step) => step * power <= most) ?? 1) * power;
  return { metres, pixels: metres / perPixel };
}

/** Upper ends of the trail's bands of speed, km/h; the last band has none. */
export const BANDS = [10, 20, 40, 60] as const;

/** The band of a speed in m/s, 0 for the slowest; an unknown speed counts as the slowest. */
export function band(speed: number | null): number {
  const kmh = (speed ?? 0) * 3.6;
  const found = BANDS.findIndex((end) => kmh < end);
  return found < 0 ? BANDS.length : found;
}

/** Which of the eight winds a track is, 0 north, clockwise. */
export const wind = (track: number): number => Math.round((((track % 360) + 360) % 360) / 45) % 8;

/** Distance of a spot from a stretch between two others, in their unit. */
export function distanceTo(spot: Spot, a: Spot, b: Spot): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : ((spot[0] - a[0]) * dx + (spot[1] - a[1]) * dy) / length;
  const t = Math.min(Math.max(share, 0), 1);
  return Math.hypot(spot[0] - a[0] - t * dx, spot[1] - a[1] - t * dy);
}

/** Where a satellite stands in a sky of radius `r` around (0, 0): zenith in the middle, north above, east to the right. */
export function skySpot(elevation: number, azimuth: number, r: number): [number, number] {
  const far = r * (1 - Math.min(Math.max(elevation, 0), 90) / 90);
  return [far * Math.sin(azimuth * RADIANS), -far * Math.cos(azimuth * RADIANS)];
}

/** The longest piece of a line on the screen that is all but straight and visible, from its left to its right end. */
export function straightest(
  line: readonly [number, number][],
  size: Size,
): [[number, number], [number, number]] | null {
  let best: [[number, number], [number, number]] | null = null;
  let most = 0;
  for (let i = 0; i + 1 < line.length; ) {
    const start = line[i]!;
    const heading = Math.atan2(line[i + 1]![1] - start[1], line[i + 1]![0] - start[0]);
    let j = i + 1;
    for (; j + 1 < line.length; j++) {
      const turn = Math.atan2(line[j + 1]![1] - line[j]![1], line[j + 1]![0] - line[j]![0]) - heading;
      if (Math.abs(Math.atan2(Math.sin(turn), Math.cos(turn))) > 0.12) break;
    }
    const seen = clipped(start, line[j]!, size);
    const length = seen ? Math.hypot(seen[1][0] - seen[0][0], seen[1][1] - seen[0][1]) : 0;
    if (seen && length > most) {
      most = length;
      best = seen[0][0] <= seen[1][0] ? seen : [seen[1], seen[0]];
    }
    i = j;
  }
  return best;
}

/** What of a stretch lies inside the screen (Liang and Barsky). */
function clipped(a: [number, number], b: [number, number], size: Size): [[number, number], [number, number]] | null {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  let [from, to] = [0, 1];
  for (const [p, q] of [
    [-dx, a[0]],
    [dx, size.width - a[0]],
    [-dy, a[1]],
    [dy, size.height - a[1]],
  ] as const) {
    if (p === 0 && q < 0) return null;
    if (p === 0) continue;
    if (p < 0) from = Math.max(from, q / p);
    else to = Math.min(to, q / p);
  }
  if (from >= to) return null;
  return [
    [a[0] + from * dx, a[1] + from * dy],
    [a[0] + to * dx, a[1] + to * dy],
  ];
}
