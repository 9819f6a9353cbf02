// agent/camera: what one camera's next look enlarges. In: its frame with what moves there, and what earlier looks left.
// Out: crops. Pure: the same frames and looks give the same crops; of a recording, however many looks run side by side.
import { inside, type Point } from '../config/polygon.ts';
import type { Camera, Profile } from '../config/site.ts';
import { groupOf } from './match.ts';
import { largestRegion, Regions, type Size } from './regions.ts';
import type { Followed } from './track.ts';
import type { Box } from './types.ts';
import { watchesOf } from './zones.ts';

/** A recording's look knows what this many looks before it left, not later ones: those may not have ended yet. */
export const LAG = 3;
/** Points across and down a piece of a zone, one of which must lie in the zone. */
const POINTS = 5;

/** What a look left. */
interface Left {
  readonly time: number;
  readonly followed: readonly Followed[];
}

export class Crops {
  #camera: Camera;
  #profile: Profile;
  readonly #regions = new Regions();
  #zones: { readonly size: string; readonly boxes: readonly Box[] } | null = null;
  /** what the last LAG looks left, oldest first; how many there were in all, and were asked for */
  #left: Left[] = [];
  #ended = 0;
  #begun = 0;

  constructor(camera: Camera, profile: Profile) {
    this.#camera = camera;
    this.#profile = profile;
  }

  /** Other zones and rules. */
  adopt(camera: Camera, profile: Profile): void {
    this.#camera = camera;
    this.#profile = profile;
    this.#zones = null;
  }

  /** A look has ended, in the order in which they began; null: it failed. */
  ended(left: Left | null): void {
    const last = left ?? this.#left.at(-1);
    this.#ended += 1;
    if (last) this.#left = [...this.#left, last].slice(-LAG);
  }

  /**
   * The crops of the look that begins now, the most wanted first.
   * @param most how many
   * @param recorded the newest look that counts is LAG looks back, and has ended
   */
  choose(frame: Size & { readonly time: number }, moving: readonly Box[], most: number, recorded: boolean): Box[] {
    this.#begun += 1;
    if (most === 0) return [];
    const newest = recorded ? this.#left.length - 1 - (this.#ended - (this.#begun - LAG)) : this.#left.length - 1;
    const { width, height, time } = frame;
    const known = this.#left[newest];
    const followed = (known?.followed ?? []).map(({ box: [x, y, across, down], velocity, last, standing }) => {
      const passed_s = (time - known!.time) / 1000;
      const box = [x + velocity[0] * passed_s, y + velocity[1] * passed_s, across, down] as const;
      return { box, found: last === known!.time, standing };
    });
    return this.#regions.choose({ width, height, moving, followed, zones: this.#zonesOf(frame) }, most);
  }

  /** Zones in which some rule times vehicles, in pieces that can be enlarged. */
  #zonesOf(size: Size): readonly Box[] {
    const key = `${size.width}x${size.height}`;
    if (this.#zones?.size === key) return this.#zones.boxes;
    const polygons = new Map<string, readonly Point[]>();
    for (const { rule, zone, polygon } of watchesOf(this.#camera, this.#profile, size)) {
      if (rule.kind === 'dwell' && rule.classes.some((name) => groupOf(name) === 'vehicle'))
        polygons.set(zone.id, polygon);
    }
    const boxes = [...polygons.values()].flatMap((polygon) => pieces(polygon, largestRegion(size)));
    this.#zones = { size: key, boxes };
    return boxes;
  }
}

/** The bounds of a polygon, in equal pieces of at most this side that hold some of it. */
function pieces(polygon: readonly Point[], side: number): Box[] {
  const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  const [columns, rows] = [Math.max(1, Math.ceil(width / side)), Math.max(1, Math.ceil(height / side))];
  const all = Array.from({ length: columns * rows }, (_, i): Box => {
    const [w, h] = [width / columns, height / rows];
    return [left + (i % columns) * w, top + Math.floor(i / columns) * h, w, h];
  });
  return all.length === 1 ? all : all.filter((box) => holdsSome(polygon, box));
}

function holdsSome(polygon: readonly Point[], [x, y, width, height]: Box): boolean {
  for (let i = 0; i < POINTS * POINTS; i++) {
    const [across, down] = [((i % POINTS) + 0.5) / POINTS, (Math.floor(i / POINTS) + 0.5) / POINTS];
    if (inside(polygon, [x + across * width, y + down * height])) return true;
  }
  return false;
}
