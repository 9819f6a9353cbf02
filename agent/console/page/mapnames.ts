// agent/console page: the names of streets on the map. In: lines in pixels. Out: names along them, or, of Chinese ones on
// streets that run up and down, sign below sign. Never: a name over another, under the vehicle, or cut off.
import { type Size, straightest, toScreen } from './geo.ts';
import type { Colour, Laid, Picture } from './mapdraw.ts';

/** Pixels between two labels. */
const APART = 10;
/** From this slope on (radians) a Chinese name is written downwards, and the room that a sign takes there. */
const STEEP = 0.9;
const SIGN = 15;
const CHINESE = /^[\u4e00-\u9fff]+$/;

/** Width and height of what lies over the map in its corners, pixels. */
const CORNERS = { note: [240, 48], signs: [150, 60], tools: [104, 164] } as const;

/** A Chinese name on a street up and down: sign below sign, each upright, beside the street. */
function drawStacked(context: CanvasRenderingContext2D, name: string, angle: number, lift: number): void {
  const down = angle > 0 ? angle : angle + Math.PI;
  const [dx, dy] = [Math.cos(down), Math.sin(down)];
  for (const put of ['strokeText', 'fillText'] as const)
    [...name].forEach((sign, i) => {
      const along = (i - (name.length - 1) / 2) * SIGN;
      context[put](sign, dx * along + dy * lift, dy * along - dx * lift);
    });
}

interface Label {
  name: string;
  x: number;
  y: number;
  reach: number;
}

/** Whether two labels would touch, or would say one name twice in one place. */
const clash = (one: Label, two: Label) =>
  Math.hypot(one.x - two.x, one.y - two.y) <
  (one.name === two.name ? 240 : Math.max(26, (one.reach + two.reach) * 0.75));

/** Whether a label is whole on the map, and under none of the things in the map's corners. */
function open({ x, y, reach }: Label, angle: number, lift: number, { width, height }: Size): boolean {
  const [cx, cy] = [x - Math.sin(angle) * lift, y + Math.cos(angle) * lift];
  const [dx, dy] = [Math.abs(Math.cos(angle)) * reach + 4, Math.abs(Math.sin(angle)) * reach + 8];
  const [left, right, top, bottom] = [cx - dx, cx + dx, cy - dy, cy + dy];
  if (left < 0 || top < 0 || right > width || bottom > height) return false;
  const { note, signs, tools } = CORNERS;
  if (left < note[0] && top < note[1]) return false;
  if (left < signs[0] && bottom > height - signs[1]) return false;
  return right < width - tools[0] || bottom < height - tools[1];
}

/** Streets' names beside them, where they have room: not over each other, and not under the vehicle. */
export function drawNames(
  context: CanvasRenderingContext2D,
  all: readonly Laid[],
  picture: Picture,
  colour: Colour,
): void {
  const { size, view, marker } = picture;
  const taken: Label[] = [];
  if (marker) {
    const [x, y] = toScreen(view, size, marker.spot);
    taken.push({ name: '', x, y, reach: 26 });
  }
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  // a tunnel lies on its street: its name comes first
  for (const { line, spots, width } of [...all].sort(
    (a, b) => Number(b.line.kind === 'tunnel') - Number(a.line.kind === 'tunnel'),
  )) {
    if (line.name === '') continue;
    const run = straightest(spots, size);
    if (run === null) continue;
    const [[ax, ay], [bx, by]] = run;
    const slope = Math.atan2(by - ay, bx - ax);
    // a street to the south is read upwards, as one to the north is
    const angle = slope > STEEP * 1.2 ? slope - Math.PI : slope;
    const stacked = Math.abs(angle) > STEEP && CHINESE.test(line.name);
    const room = stacked ? line.name.length * SIGN : context.measureText(line.name).width;
    if (Math.hypot(bx - ax, by - ay) < room + 2 * APART) continue;
    const margin = (room / 2 + APART) / Math.hypot(bx - ax, by - ay);
    // on wide streets and on water the name lies inside, else above
    const inside = width > 22;
    const lift = inside ? 0 : -(width / 2 + 10);
    const spot = [0.5, 0.35, 0.65, 0.2, 0.8, margin, 1 - margin]
      .filter((share) => share >= margin - 1e-9 && share <= 1 - margin + 1e-9)
      .map((share) => ({
        name: line.name,
        x: ax + (bx - ax) * share,
        y: ay + (by - ay) * share,
        reach: room / 2 + APART,
      }))
      .find((one) => open(one, angle, lift, size) && !taken.some((other) => clash(one, other)));
    if (spot === undefined) continue;
    taken.push(spot);
    context.save();
    context.translate(spot.x, spot.y);
    const water = line.kind === 'water';
    context.lineWidth = 4;
    context.strokeStyle = colour(inside ? (water ? 'map-water' : 'map-street') : 'map-land');
    context.fillStyle = colour(water ? 'map-water-text' : 'map-text');
    if (stacked) drawStacked(context, line.name, angle, lift);
    else {
      context.rotate(angle);
      context.strokeText(line.name, 0, lift);
      context.fillText(line.name, 0, lift);
    }
    context.restore();
  }
}
