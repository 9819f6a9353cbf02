// agent/console page: zones and counting lines as they are drawn: corners moved, added, removed; what a finger means.
// Pure geometry in the pixels of the camera's `picture`; nothing ever leaves the picture.
import { inside, type Point } from '../../config/polygon.ts';
import type { Box } from './place.ts';

export type Points = readonly Point[];
export interface Size {
  width: number;
  height: number;
}
/** One drawn shape: a zone is closed, a line is not. */
export interface Shape {
  kind: 'zone' | 'line';
  index: number;
  points: Points;
}
/** Which shape, and which of its corners, is being worked on. */
export interface Picked {
  kind: Shape['kind'];
  index: number;
  corner: number | null;
}
/** What a finger holds: a corner, the middle of an edge (a corner is added there), or all of it. */
export type Held = Picked & { part: 'corner' | 'edge' | 'whole' };

/** Fewest and most corners of a zone. */
export const CORNERS = { least: 3, most: 64 };

const clamp = (value: number, max: number) => Math.min(Math.max(Math.round(value), 0), max);
const within = ([x, y]: Point, { width, height }: Size): Point => [clamp(x, width), clamp(y, height)];

export function moveCorner(points: Points, corner: number, to: Point, size: Size): Points {
  return points.map((point, i) => (i === corner ? within(to, size) : point));
}

/** All of it by so much; at the picture's edge it stops and keeps its form. */
export function moveWhole(points: Points, [dx, dy]: Point, { width, height }: Size): Points {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const most = (by: number, least: number, end: number, max: number) =>
    Math.round(Math.min(Math.max(by, -least), max - end));
  const x = most(dx, Math.min(...xs), Math.max(...xs), width);
  const y = most(dy, Math.min(...ys), Math.max(...ys), height);
  return points.map((point): Point => [point[0] + x, point[1] + y]);
}

/** The middle of the edge that begins at this corner. */
export function middle(points: Points, edge: number): Point {
  const [x1, y1] = points[edge]!;
  const [x2, y2] = points[(edge + 1) % points.length]!;
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}

/** A corner more, in the middle of the edge that begins at `edge`; it stands at edge + 1. */
export function addCorner(points: Points, edge: number): Points {
  if (points.length >= CORNERS.most) return points;
  const [x, y] = middle(points, edge);
  return points.toSpliced(edge + 1, 0, [Math.round(x), Math.round(y)]);
}

export function removeCorner(points: Points, corner: number): Points {
  return points.length <= CORNERS.least ? points : points.toSpliced(corner, 1);
}

export function boundsOf(points: Points): Box {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return [x, y, Math.max(...xs) - x, Math.max(...ys) - y];
}

/** A new zone in the middle of what is seen: a rectangle of a third of it. */
export function rectangleIn([x, y, w, h]: Box): Points {
  const [left, right] = [Math.round(x + w / 3), Math.round(x + (2 * w) / 3)];
  const [top, bottom] = [Math.round(y + h / 3), Math.round(y + (2 * h) / 3)];
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

/** A new counting line across the middle of what is seen. */
export function lineIn([x, y, w, h]: Box): Points {
  const at = Math.round(y + h / 2);
  return [
    [Math.round(x + w / 4), at],
    [Math.round(x + (3 * w) / 4), at],
  ];
}

const far = ([x1, y1]: Point, [x2, y2]: Point) => Math.hypot(x1 - x2, y1 - y2);

/** How far a point is from the part of a line between two ends. */
export function fromSegment(at: Point, from: Point, to: Point): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const share = ((at[0] - from[0]) * dx + (at[1] - from[1]) * dy) / Math.max(dx * dx + dy * dy, 1e-9);
  const along = Math.min(Math.max(share, 0), 1);
  return far(at, [from[0] + along * dx, from[1] + along * dy]);
}

const nearest = (spots: readonly Point[], at: Point, reach: number): number | null => {
  const order = spots.map((spot, i) => [far(spot, at), i] as const).sort(([a], [b]) => a - b);
  return order[0] && order[0][0] <= reach ? order[0][1] : null;
};

const covers = ({ kind, points }: Shape, at: Point, reach: number) =>
  kind === 'zone' ? inside(points, at) : fromSegment(at, points[0]!, points[1]!) <= reach;

/**
 * What is held by a finger that comes down at a point. What is picked already comes first: its corners, then the middles
 * of its edges, then its inside; then any other shape.
 * @param reach how far beside a corner still means it, pixels of the picture
 */
export function grab(shapes: readonly Shape[], picked: Picked | null, at: Point, reach: number): Held | null {
  const mine = shapes.find((one) => one.kind === picked?.kind && one.index === picked.index);
  if (mine) {
    const { kind, index, points } = mine;
    const corner = nearest(points, at, reach);
    if (corner !== null) return { kind, index, corner, part: 'corner' };
    const edges = kind === 'zone' ? points.map((_, i) => middle(points, i)) : [];
    const edge = nearest(edges, at, reach * 0.7);
    if (edge !== null && points.length < CORNERS.most) return { kind, index, corner: edge, part: 'edge' };
    if (covers(mine, at, reach)) return { kind, index, corner: null, part: 'whole' };
  }
  const others = shapes.filter((one) => one !== mine && covers(one, at, reach));
  // lines lie over zones, and small zones over large ones
  const size = ({ kind, points }: Shape) => {
    const [, , w, h] = boundsOf(points);
    return kind === 'line' ? 0 : w * h;
  };
  const [over] = others.sort((a, b) => size(a) - size(b));
  return over ? { kind: over.kind, index: over.index, corner: null, part: 'whole' } : null;
}

/** Where something stands: the middle of its box's lower edge. */
export const foot = ([x, y, w, h]: Box): Point => [x + w / 2, y + h];
