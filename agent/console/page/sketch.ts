// agent/console page: the picture on which zones and lines are drawn. In: the live picture, the draft, a finger, a mouse or
// the keyboard. Out: changes of the draft. The tracks of the same frame stay over it, so that one sees what falls inside.
// Never: a shape outside the picture, a drag that is more than one step to undo, a page that scrolls under a drag.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { inside, type Point, selfCrossing } from '../../config/polygon.ts';
import { type DraftCamera, shapesOf, withPoints } from './draft.ts';
import { changeCamera, drawn, picked, settle } from './editing.ts';
import { feet, insideNow, press, shapeAt, sizeOf, viewOf } from './handling.ts';
import { html, type Node } from './html.ts';
import { inLang, words } from './prefs.ts';
import { addCorner, grab, type Held, middle, moveCorner, moveWhole, type Shape } from './shapes.ts';
import { current } from './store.ts';

/** How far beside a corner a finger or a mouse still means it, CSS pixels: a touch target of 48. */
const REACH = 24;
interface Drag {
  readonly held: Held;
  readonly from: Point;
  readonly points: Shape['points'];
  readonly about: string;
}

let drags = 0;

function handles(shape: Shape, unit: number): Node {
  const { setup: say } = words.value;
  const now = picked.value;
  const { points } = shape;
  const hold = (corner: number) => () => {
    if (picked.value?.corner !== corner) picked.value = { kind: shape.kind, index: shape.index, corner };
  };
  const edges = shape.kind === 'zone' ? points.map((_, i) => middle(points, i)) : [];
  return html`<g class="handles">
    ${edges.map(([x, y], i) => html`<circle key=${`e${i}`} class="edge" cx=${x} cy=${y} r=${4.5 * unit} aria-hidden="true" />`)}
    ${points.map(
      ([x, y], i) => html`<g
        key=${`c${i}`}
        class=${now?.corner === i ? 'corner chosen' : 'corner'}
        role="button"
        tabindex="0"
        data-corner=${i}
        aria-label=${say.corner(i + 1, points.length, x, y)}
        onFocus=${hold(i)}
        onKeyDown=${(event: KeyboardEvent) => press(event, shape, i)}
      >
        <circle class="rim" cx=${x} cy=${y} r=${11 * unit} /><circle cx=${x} cy=${y} r=${7 * unit} />
      </g>`,
    )}
  </g>`;
}

function arrow([[x1, y1], [x2, y2]]: readonly [Point, Point], unit: number): Node {
  // to the right hand of who looks along the line, y growing downwards
  const long = Math.max(Math.hypot(x2 - x1, y2 - y1), 1e-6);
  const [nx, ny] = [-(y2 - y1) / long, (x2 - x1) / long];
  const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const at = (far: number): Point => [mx + nx * far * unit, my + ny * far * unit];
  const tip = at(26);
  const neck = at(16);
  const side = (sign: number): Point => [neck[0] + sign * ny * 6 * unit, neck[1] - sign * nx * 6 * unit];
  return html`<g class="way" aria-hidden="true">
    <path d=${`M${mx} ${my}L${neck.join(' ')}`} /><path class="head" d=${`M${tip.join(' ')}L${side(1).join(' ')}L${side(-1).join(' ')}z`} />
  </g>`;
}

function sketch(camera: DraftCamera, shape: Shape, unit: number): Node {
  const { setup: say } = words.value;
  const { kind, index, points } = shape;
  const name = inLang((kind === 'zone' ? camera.zones[index] : camera.lines[index])!.name);
  const chosen = picked.value?.kind === kind && picked.value.index === index;
  const broken = kind === 'zone' && selfCrossing(points) !== null;
  const [x, y] = points.reduce((a, b) => (b[1] > a[1] ? b : a));
  return html`<g key=${`${kind}${index}`} class=${`draft ${kind}${chosen ? ' chosen' : ''}${broken ? ' broken' : ''}`} data-shape=${`${kind}-${index}`}>
    <g
      role="button"
      tabindex="0"
      aria-pressed=${chosen}
      aria-label=${kind === 'zone' ? say.zoneLabel(name, insideNow(camera, points).length) : say.lineLabel(name)}
      onFocus=${() => {
        if (!chosen) picked.value = { kind, index, corner: null };
      }}
      onKeyDown=${(event: KeyboardEvent) => press(event, shape, null)}
    >
      ${
        kind === 'zone'
          ? html`<polygon points=${points.map((one) => one.join(',')).join(' ')} />`
          : html`<path class="halo" d=${`M${points[0]!.join(' ')}L${points[1]!.join(' ')}`} />
              <path class="stroke" d=${`M${points[0]!.join(' ')}L${points[1]!.join(' ')}`} />
              ${arrow([points[0]!, points[1]!], unit)}`
      }
    </g>
    <text x=${x} y=${y + 18 * unit} font-size=${12 * unit} aria-hidden="true">${name}</text>
  </g>`;
}

/** The picture with everything on it. */
export function Sketch() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drag = useRef<Drag | null>(null);
  const [shownWidth, setWidth] = useState(390);
  const camera = drawn.value;
  const picture = current.value?.picture ?? null;
  const box = camera ? viewOf(camera) : ([0, 0, 16, 9] as const);
  const [x, y, w, h] = box;

  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !picture || !camera) return;
    const [sx, sy] = [picture.width / camera.picture[0], picture.height / camera.picture[1]];
    if (context.canvas.width !== picture.width) context.canvas.width = picture.width;
    if (context.canvas.height !== picture.height) context.canvas.height = picture.height;
    context.drawImage(picture, x * sx, y * sy, w * sx, h * sy, 0, 0, picture.width, picture.height);
  }, [picture, x, y, w, h]);

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(Math.max(1, element.clientWidth)));
    watch.observe(element);
    return () => watch.disconnect();
  }, [camera?.id]);

  if (!camera) return html`<div class="stage bare"></div>`;
  const unit = w / shownWidth;
  const shapes = shapesOf(camera);
  const pointOf = (event: PointerEvent): Point => {
    const area = (event.currentTarget as Element).getBoundingClientRect();
    return [x + ((event.clientX - area.left) * w) / area.width, y + ((event.clientY - area.top) * h) / area.height];
  };
  const down = (event: PointerEvent) => {
    if (drag.current || !event.isPrimary || event.button !== 0) return;
    event.preventDefault();
    const at = pointOf(event);
    let held = grab(shapes, picked.value, at, REACH * unit);
    if (!held) {
      picked.value = null;
      return;
    }
    drags += 1;
    const about = `drag ${drags}`;
    let points = shapeAt(held.kind, held.index)!.points;
    if (held.part === 'edge') {
      const edge = held.corner!;
      points = addCorner(points, edge);
      held = { ...held, part: 'corner', corner: edge + 1 };
      const grown = points;
      changeCamera(about, (one) => withPoints(one, held!, grown));
    }
    picked.value = { kind: held.kind, index: held.index, corner: held.corner };
    drag.current = { held, from: at, points, about };
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const now = drag.current;
    if (!now || !event.isPrimary) return;
    const at = pointOf(event);
    const by: Point = [at[0] - now.from[0], at[1] - now.from[1]];
    const { held, points } = now;
    const corner = held.part === 'corner' ? points[held.corner!]! : null;
    const next = corner
      ? moveCorner(points, held.corner!, [corner[0] + by[0], corner[1] + by[1]], sizeOf(camera))
      : moveWhole(points, by, sizeOf(camera));
    // a tap that trembles moves nothing
    if (
      Math.hypot(...by) < 2 * unit &&
      next.every((p, i) => Math.hypot(p[0] - points[i]![0], p[1] - points[i]![1]) < 3 * unit)
    )
      return;
    changeCamera(now.about, (one) => withPoints(one, held, next));
  };
  const up = (event: PointerEvent) => {
    const now = drag.current;
    drag.current = null;
    if (!now) return;
    settle();
    // the keyboard goes on where the finger was
    const { kind, index, corner, part } = now.held;
    const name = part === 'corner' ? `[data-corner="${corner}"]` : `[data-shape="${kind}-${index}"] [role]`;
    (event.currentTarget as Element).querySelector<SVGElement>(name)?.focus({ preventScroll: true });
  };
  const things = feet(camera);
  const chosen =
    picked.value && shapes.find((one) => one.kind === picked.value?.kind && one.index === picked.value.index);
  const zone = chosen?.kind === 'zone' ? chosen : null;
  return html`<div class="stage" style=${{ aspectRatio: `${camera.picture[0]} / ${camera.picture[1]}` }} data-view=${box.map(Math.round).join(' ')}>
    <canvas ref=${canvas} aria-hidden="true"></canvas>
    <svg
      class="sketch"
      viewBox=${box.join(' ')}
      role="group"
      aria-label=${words.value.setup.sketch}
      onMouseDown=${(event: Event) => event.preventDefault()}
      onPointerDown=${down}
      onPointerMove=${move}
      onPointerUp=${up}
      onPointerCancel=${up}
    >
      ${things.map(
        ({
          at,
          box: [bx, by, bw, bh],
        }) => html`<g class=${zone && inside(zone.points, at) ? 'thing in' : 'thing'} aria-hidden="true">
          <rect x=${bx} y=${by} width=${bw} height=${bh} rx="2" /><circle cx=${at[0]} cy=${at[1]} r=${4 * unit} />
        </g>`,
      )}
      ${shapes.map((shape) => sketch(camera, shape, unit))} ${chosen && handles(chosen, unit)}
    </svg>
  </div>`;
}
