// agent/console page: the map on a canvas. In: a view, streets, the trail, where the vehicle is. Out: pixels.
// Colours are the theme's own. The trail tells its speed by colour and by width. Never: a place of old that looks new.
import type { Step } from './drive.ts';
import { band, ground, type Size, type Spot, toScreen, type View } from './geo.ts';
import { drawNames } from './mapnames.ts';
import type { Line, Streets } from './streets.ts';

export interface Marker {
  spot: Spot;
  /** degrees from north; null: not known */
  track: number | null;
  /** false: an old place, drawn hollow */
  fresh: boolean;
}

export interface Picture {
  view: View;
  size: Size;
  streets: Streets | null;
  trail: readonly Step[];
  marker: Marker | null;
}

/** How wide a street is drawn, m, and its least and most in pixels. */
const STREET_M = 14;
const WIDTHS = { water: [6, 400], street: [3.5, 44], tunnel: [3.5, 44] } as const;
const TRAIL_WIDTHS = [4, 4.75, 5.5, 6.25, 7];
/** The least that a trail's step is worth drawing, pixels. */
const STEP = 1.5;
export type Colour = (name: string) => string;

/** The theme's colours by name, as the canvas wants them. */
export function colours(element: Element): Colour {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

function path(context: CanvasRenderingContext2D, spots: readonly [number, number][]): void {
  context.beginPath();
  for (const [x, y] of spots) context.lineTo(x, y);
}

const visible = (spots: readonly [number, number][], { width, height }: Size, margin: number): boolean => {
  const xs = spots.map(([x]) => x);
  const ys = spots.map(([, y]) => y);
  return (
    Math.max(...xs) >= -margin &&
    Math.min(...xs) <= width + margin &&
    Math.max(...ys) >= -margin &&
    Math.min(...ys) <= height + margin
  );
};

/** A line of the map in pixels of the screen. */
export interface Laid {
  line: Line;
  spots: [number, number][];
  width: number;
}

function laid({ view, size, streets }: Picture): Laid[] {
  const pixels = view.scale / ground(view.y);
  return (streets?.lines ?? [])
    .map((line) => {
      const [least, most] = WIDTHS[line.kind];
      const width = Math.min(Math.max((line.width ?? STREET_M) * pixels, least), most);
      return { line, width, spots: line.spots.map((spot) => toScreen(view, size, spot)) };
    })
    .filter(({ spots, width }) => visible(spots, size, width));
}

function drawStreets(context: CanvasRenderingContext2D, all: readonly Laid[], colour: Colour): void {
  const stroke = (of: Laid[], style: string, more: number) => {
    context.strokeStyle = style;
    for (const { spots, width } of of) {
      path(context, spots);
      context.lineWidth = width + more;
      context.stroke();
    }
  };
  const kind = (name: Line['kind']) => all.filter(({ line }) => line.kind === name);
  const tunnels = kind('tunnel');
  stroke(kind('water'), colour('map-water'), 0);
  stroke(kind('street'), colour('map-edge'), 2 * Number.parseFloat(colour('map-rim')));
  stroke(kind('street'), colour('map-street'), 0);
  stroke(tunnels, colour('map-edge'), 2 * Number.parseFloat(colour('map-rim')));
  stroke(tunnels, colour('map-tunnel'), 0);
}

function drawStands(context: CanvasRenderingContext2D, picture: Picture, colour: Colour): void {
  if (picture.view.scale < 0.12) return;
  for (const { kind, spot } of picture.streets?.stands ?? []) {
    const [x, y] = toScreen(picture.view, picture.size, spot);
    context.fillStyle = colour('map-street');
    context.strokeStyle = colour('map-text');
    context.lineWidth = 1.5;
    context.beginPath();
    if (kind === 'depot') context.rect(x - 6, y - 6, 12, 12);
    else context.arc(x, y, 3, 0, 7);
    context.fill();
    context.stroke();
  }
}

/** One stroke for each run of steps in one band of speed; what nobody saw is dashed. */
function drawTrail(context: CanvasRenderingContext2D, picture: Picture, colour: Colour): void {
  const { view, size, trail, marker } = picture;
  const runs: { band: number; gap: boolean; spots: [number, number][] }[] = [];
  let last: [number, number] | null = null;
  const end: Step | undefined = trail.at(-1);
  const steps = marker?.fresh && end && !end.gap ? [...trail.slice(0, -1), { ...end, spot: marker.spot }] : trail;
  for (const step of steps) {
    const spot = toScreen(view, size, step.spot);
    const tone = band(step.speed);
    const run = runs.at(-1);
    if (run && last && run.band === tone && run.gap === step.gap) {
      if (Math.hypot(spot[0] - last[0], spot[1] - last[1]) < STEP && step !== steps.at(-1)) continue;
      run.spots.push(spot);
    } else runs.push({ band: tone, gap: step.gap, spots: last ? [last, spot] : [spot, spot] });
    last = spot;
  }
  const seen = runs.filter(({ spots }) => visible(spots, size, 8));
  context.strokeStyle = colour('map-casing');
  for (const run of seen.filter(({ gap }) => !gap)) {
    path(context, run.spots);
    context.lineWidth = TRAIL_WIDTHS[run.band]! + 3;
    context.stroke();
  }
  for (const run of seen) {
    path(context, run.spots);
    context.strokeStyle = colour(run.gap ? 'map-text' : `speed-${run.band}`);
    context.lineWidth = run.gap ? 2 : TRAIL_WIDTHS[run.band]!;
    if (run.gap) context.setLineDash([2, 7]);
    context.stroke();
    context.setLineDash([]);
  }
}

/** An arrow along the heading, a disc where it is not known; hollow and dashed where it is of old. */
function drawMarker(context: CanvasRenderingContext2D, picture: Picture, colour: Colour): void {
  if (picture.marker === null) return;
  const { spot, track, fresh } = picture.marker;
  const [x, y] = toScreen(picture.view, picture.size, spot);
  context.save();
  context.translate(x, y);
  context.beginPath();
  context.arc(0, 0, 21, 0, 7);
  context.fillStyle = colour(fresh ? 'map-here' : 'map-old');
  context.fill();
  if (!fresh) {
    context.setLineDash([4, 4]);
    context.lineWidth = 2;
    context.strokeStyle = colour('idle');
    context.stroke();
    context.setLineDash([]);
  }
  context.beginPath();
  if (track === null) context.arc(0, 0, 8, 0, 7);
  else {
    context.rotate((track * Math.PI) / 180);
    context.moveTo(0, -15);
    context.lineTo(10.5, 11);
    context.lineTo(0, 6);
    context.lineTo(-10.5, 11);
    context.closePath();
  }
  context.lineWidth = fresh ? 5 : 2.5;
  context.strokeStyle = colour(fresh ? 'card' : 'idle');
  context.stroke();
  context.fillStyle = colour(fresh ? 'accent' : 'card');
  context.fill();
  context.restore();
}

/** Draws the whole map; the canvas is of the size's pixels times the screen's density. */
export function drawMap(canvas: HTMLCanvasElement, picture: Picture): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const colour = colours(canvas);
  const density = canvas.width / picture.size.width;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.font = `13px ${getComputedStyle(canvas).fontFamily}`;
  context.fillStyle = colour('map-land');
  context.fillRect(0, 0, picture.size.width, picture.size.height);
  const all = laid(picture);
  drawStreets(context, all, colour);
  drawTrail(context, picture, colour);
  drawStands(context, picture, colour);
  drawNames(context, all, picture, colour);
  drawMarker(context, picture, colour);
}
