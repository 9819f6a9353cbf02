// agent/console page: what is done to the shapes of the draft: picked, moved by keys, corners more or fewer, deleted; and
// which part of the picture is shown. In: the draft, the live frame. Out: changes of the draft, each a step to undo.
import { effect, signal, untracked } from '@preact/signals';
import { inside, type Point } from '../../config/polygon.ts';
import { type DraftCamera, shapesOf, without, withPoints } from './draft.ts';
import { changeCamera, drawn, picked } from './editing.ts';
import { type Box, cropAround } from './place.ts';
import { addCorner, boundsOf, foot, moveCorner, moveWhole, removeCorner, type Shape } from './shapes.ts';
import { current } from './store.ts';

/** The part of the picture that is shown, in pixels of `picture`; null: all. */
export const view = signal<Box | null>(null);
/** the camera that it is a part of */
const of = signal<string | undefined>(undefined);

// another camera is another picture
effect(() => {
  if (drawn.value?.id === untracked(() => of.value)) return;
  of.value = drawn.value?.id;
  view.value = null;
  picked.value = null;
});

/** Picks a shape; where it is not in sight, that part of the picture is shown. */
export function pick(kind: Shape['kind'], index: number): void {
  picked.value = { kind, index, corner: null };
  const [camera, shape] = [drawn.value, shapeAt(kind, index)];
  if (!camera || !shape || view.value === null) return;
  const [x, y, w, h] = view.value;
  const seen = shape.points.every(([px, py]) => px >= x && py >= y && px <= x + w && py <= y + h);
  if (!seen) view.value = around(camera, boundsOf(shape.points));
}

/** The part of a camera's picture in which a box is well seen. */
export function around({ picture: [width, height] }: DraftCamera, box: Box): Box {
  return cropAround([box], width, height, width / height);
}

export const viewOf = ({ picture }: DraftCamera): Box => view.value ?? [0, 0, picture[0], picture[1]];

/** Where followed things stand now, in pixels of `picture`. */
export function feet(camera: DraftCamera): { class: string; at: Point; box: Box }[] {
  const data = current.value?.data;
  if (!data) return [];
  const [sx, sy] = [camera.picture[0] / data.width, camera.picture[1] / data.height];
  return data.tracks.map(({ class: name, box: [x, y, w, h] }) => {
    const box: Box = [x * sx, y * sy, w * sx, h * sy];
    return { class: name, at: foot(box), box };
  });
}

/** What stands in a zone now. */
export const insideNow = (camera: DraftCamera, polygon: readonly Point[]) =>
  feet(camera).filter(({ at }) => inside(polygon, at));

const STEPS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
export function shapeAt(kind: Shape['kind'], index: number): Shape | null {
  const camera = drawn.value;
  return (camera && shapesOf(camera).find((one) => one.kind === kind && one.index === index)) ?? null;
}

export const sizeOf = ({ picture: [width, height] }: DraftCamera) => ({ width, height });

/** Arrow keys move, by ten with Shift; Delete removes a corner, or the shape. */
export function press(event: KeyboardEvent, shape: Shape, corner: number | null): void {
  const camera = drawn.value;
  if (!camera) return;
  const { kind, index, points } = shape;
  const by = STEPS[event.key];
  if (by) {
    const far = event.shiftKey ? 10 : 1;
    const delta: Point = [by[0] * far, by[1] * far];
    const at = corner === null ? null : points[corner]!;
    const next = at
      ? moveCorner(points, corner!, [at[0] + delta[0], at[1] + delta[1]], sizeOf(camera))
      : moveWhole(points, delta, sizeOf(camera));
    changeCamera(`key ${kind} ${index} ${corner}`, (one) => withPoints(one, { kind, index, corner }, next));
  } else if (event.key === 'Delete' || event.key === 'Backspace') {
    if (corner !== null && kind === 'zone') dropCorner(shape, corner);
    else if (corner === null) dropShape(shape);
  } else if (event.key === 'Escape') {
    picked.value = null;
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

export function dropCorner({ kind, index, points }: Shape, corner: number): void {
  const next = removeCorner(points, corner);
  if (next === points) return;
  changeCamera(null, (one) => withPoints(one, { kind, index, corner }, next));
  picked.value = { kind, index, corner: null };
}

export function growCorner({ kind, index, points }: Shape, edge: number): void {
  const next = addCorner(points, edge);
  if (next === points) return;
  changeCamera(null, (one) => withPoints(one, { kind, index, corner: null }, next));
  picked.value = { kind, index, corner: edge + 1 };
}

export function dropShape({ kind, index }: Shape): void {
  changeCamera(null, (one) => without(one, { kind, index, corner: null }));
  picked.value = null;
}
