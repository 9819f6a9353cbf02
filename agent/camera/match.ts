// agent/camera: which find is which object. In: finds of one look, the objects followed. Out: the best pairs, and what
// stays alone. Never: a find or an object in two pairs, a person that becomes a vehicle. Pure.
import type { Detection } from '../../models/types.ts';
import { centre, common, iou } from './geometry.ts';
import { expectedBox, isSettled, type LiveTrack } from './track.ts';
import type { Box } from './types.ts';

/** Classes that a detector confuses on one and the same object; everything else is a group of its own. */
const GROUPS: Readonly<Record<string, string>> = {
  car: 'vehicle',
  truck: 'vehicle',
  bus: 'vehicle',
  bicycle: 'two-wheeler',
  motorcycle: 'two-wheeler',
};

/** Overlap from which a find belongs to a track without further question. */
const OVERLAP = 0.2;
/** Small fast things may not overlap from look to look: distance of centres in units of their sides. */
const NEAR = 0.8;
/**
 * What was not found for so long (ms) gives way to what was found lately: in a stream of cars the find is the car that
 * comes, not the one that was lost on that place and would seem to stand there for ever.
 */
const LOST_MS = 1000;
const GIVES_WAY = 0.4;

/** The group of classes within which an object may change its class. */
export function groupOf(name: string): string {
  return Object.hasOwn(GROUPS, name) ? GROUPS[name]! : name;
}

export interface Matched {
  readonly pairs: readonly { readonly track: LiveTrack; readonly find: Detection }[];
  /** what stayed alone */
  readonly tracks: readonly LiveTrack[];
  readonly finds: readonly Detection[];
}

/** Gives each find to the track that it fits best, best pairs first. */
export function match(time: number, tracks: readonly LiveTrack[], finds: readonly Detection[]): Matched {
  const possible: { track: LiveTrack; find: Detection; fit: number; order: number }[] = [];
  for (const track of tracks) {
    for (const find of finds) {
      const fit = groupOf(find.class) === track.group ? fitOf(track, find.box, time) : 0;
      if (fit > 0) possible.push({ track, find, fit, order: possible.length });
    }
  }
  possible.sort((a, b) => b.fit - a.fit || a.order - b.order);
  const taken = new Set<LiveTrack | Detection>();
  const pairs = possible.filter(({ track, find }) => {
    if (taken.has(track) || taken.has(find)) return false;
    taken.add(track).add(find);
    return true;
  });
  return {
    pairs,
    tracks: tracks.filter((track) => !taken.has(track)),
    finds: finds.filter((find) => !taken.has(find)),
  };
}

/** How well a find fits a track, 0 not at all: overlap with where it should be or last was; else nearness. */
function fitOf(track: LiveTrack, box: Box, time: number): number {
  const expected = expectedBox(track, time);
  const overlap = Math.max(iou(expected, box), iou(track.box, box) - 0.05);
  if (overlap >= OVERLAP) return track.look || time - track.last <= LOST_MS ? overlap : GIVES_WAY * overlap;
  if (isSettled(track)) return 0;
  const larger = Math.max(box[2], expected[2]) / Math.min(box[2], expected[2]);
  const taller = Math.max(box[3], expected[3]) / Math.min(box[3], expected[3]);
  if (larger > 2 || taller > 2) return 0;
  const [ax, ay] = centre(expected);
  const [bx, by] = centre(box);
  // In units of the mean of all four sides: a walking person is narrow, and crosses its own width from look to look.
  const distance = (4 * Math.hypot(ax - bx, ay - by)) / (box[2] + box[3] + expected[2] + expected[3]);
  return distance < NEAR ? OVERLAP * (1 - distance / NEAR) : 0;
}

/** One find an object: of two of one group on the same place the surer one. */
export function withoutDoubles(finds: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const find of finds.toSorted((a, b) => b.score - a.score)) {
    const double = kept.some((other) => groupOf(other.class) === groupOf(find.class) && covers(other.box, find.box));
    if (!double) kept.push(find);
  }
  return kept;
}

/** The same object: nearly the same box, or a box inside a not much larger one. */
function covers(a: Box, b: Box): boolean {
  if (iou(a, b) > 0.55) return true;
  const [small, large] = [a[2] * a[3], b[2] * b[3]].sort((p, q) => p - q) as [number, number];
  return small > 0.4 * large && common(a, b) > 0.9 * small;
}
