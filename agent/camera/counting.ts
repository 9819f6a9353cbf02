// agent/camera: counting lines. In: what is followed at each look. Out: how often each line was crossed, by class and
// direction. A track counts once for each crossing, however its box trembles on the line. Pure.
import { type Point, segmentsMeet } from '../config/polygon.ts';
import type { Camera, Line } from '../config/site.ts';
import { foot } from './geometry.ts';
import type { Followed } from './track.ts';
import type { LineCount } from './types.ts';

/** Nearer to the line than this share of its own height an object is on neither side. */
const DEAD_BAND = 0.15;
/** Tracks whose last side is remembered; beyond, the oldest are forgotten. */
const MAX_REMEMBERED = 500;

interface Scaled {
  readonly line: Line;
  readonly from: Point;
  readonly to: Point;
  /** by track: the last point that was surely on one side, and which */
  readonly sides: Map<number, { readonly at: Point; readonly side: -1 | 1 }>;
}

export class LineCounter {
  #lines: Scaled[] = [];
  /** by line and class */
  readonly #counts = new Map<string, { left: number; right: number }>();

  /** Other lines, or a picture of another size; counts of lines that stay go on. */
  adopt(camera: Camera, size: { width: number; height: number }): void {
    const [sx, sy] = [size.width / camera.picture[0], size.height / camera.picture[1]];
    const scaled = ([x, y]: Point): Point => [x * sx, y * sy];
    this.#lines = camera.lines.map((line) => ({
      line,
      from: scaled(line.from),
      to: scaled(line.to),
      sides: new Map(),
    }));
  }

  forget(): void {
    for (const { sides } of this.#lines) sides.clear();
  }

  look(time: number, tracks: readonly Followed[]): void {
    for (const scaled of this.#lines) {
      for (const track of tracks) {
        if (track.last === time && scaled.line.classes.includes(track.class)) this.#step(scaled, track);
      }
    }
  }

  counts(): LineCount[] {
    return this.#lines.flatMap(({ line }) =>
      line.classes.map((name) => {
        const { left, right } = this.#counts.get(`${line.id} ${name}`) ?? { left: 0, right: 0 };
        return { line: line.id, class: name, left, right };
      }),
    );
  }

  #step({ line, from, to, sides }: Scaled, track: Followed): void {
    const at = foot(track.box);
    const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    const off = (dx * (at[1] - from[1]) - dy * (at[0] - from[0])) / Math.hypot(dx, dy);
    if (Math.abs(off) < DEAD_BAND * track.box[3]) return;
    const side = off > 0 ? 1 : -1;
    const before = sides.get(track.id);
    // forgotten and noted anew: the map is in the order of last sight
    sides.delete(track.id);
    sides.set(track.id, { at, side });
    if (sides.size > MAX_REMEMBERED) sides.delete(sides.keys().next().value!);
    if (!before || before.side === side || !segmentsMeet(before.at, at, from, to)) return;
    const key = `${line.id} ${track.class}`;
    const count = this.#counts.get(key) ?? { left: 0, right: 0 };
    // y grows downwards in a picture: positive is to the right hand of who looks along the line
    count[side > 0 ? 'right' : 'left'] += 1;
    this.#counts.set(key, count);
  }
}
