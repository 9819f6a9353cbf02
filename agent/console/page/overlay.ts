// agent/console page: what is drawn over a frame. In: the frame's own data and the camera's zones. Out: SVG in picture
// pixels. Never: anything of another frame. Words on it are few: what is timed, what was reported, what was tapped.
import type { CameraState, FrameData } from '../api.ts';
import { html, type Node } from './html.ts';
import { arc, type Box, badgeSpot, overlap } from './place.ts';
import { inLang, words } from './prefs.ts';

/** Radius of a dwell ring and height of a label, in CSS pixels. */
const RING = 17;
const LABEL = 20;

interface Size {
  width: number;
  height: number;
  /** picture pixels per CSS pixel */
  unit: number;
}

const points = (polygon: readonly (readonly [number, number])[]) => polygon.map((corner) => corner.join(',')).join(' ');
const rect = (box: Box, name: string): Node =>
  html`<rect class=${name} x=${box[0]} y=${box[1]} width=${box[2]} height=${box[3]} rx="2" />`;

/** Room that a text takes, in CSS pixels: Chinese signs are square, Latin ones about half as wide. */
const roomOf = (text: string) => [...text].reduce((sum, sign) => sum + (sign > '\u2e80' ? 12.5 : 7), 14);

function label(text: string, [x, y, w, h]: Box, size: Size, tone: string, below: boolean): Node {
  const wide = roomOf(text) * size.unit;
  const high = LABEL * size.unit;
  const gap = 4 * size.unit;
  const fits = below ? y + h + gap + high <= size.height : y - gap - high < 0;
  const top = fits ? y + h + gap : y - gap - high;
  const left = Math.min(Math.max(x + w / 2 - wide / 2, gap), Math.max(gap, size.width - wide - gap));
  return html`<g class=${`label ${tone}`}>
    <rect x=${left} y=${top} width=${wide} height=${high} rx=${high / 2} />
    <text x=${left + wide / 2} y=${top + high * 0.7} font-size=${12 * size.unit}>${text}</text>
  </g>`;
}

/** What is drawn in the camera's own `picture`, in the pixels of the frame that really came. */
type Scale = (point: readonly [number, number]) => [number, number];
const scaleOf =
  ({ picture: [width, height] }: CameraState, size: Size): Scale =>
  ([x, y]) => [(x * size.width) / width, (y * size.height) / height];

function zone(one: CameraState['zones'][number], size: Size, scale: Scale): Node {
  const polygon = one.polygon.map(scale);
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  const box: Box = [
    Math.min(...xs),
    Math.min(...ys),
    Math.max(...xs) - Math.min(...xs),
    Math.max(...ys) - Math.min(...ys),
  ];
  const name = `${inLang(one.name)} · ${words.value.duration(one.limit_s)}`;
  return html`<g class="zone" data-zone=${one.id}>
    <polygon points=${points(polygon)} />
    ${label(name, box, size, 'zone', true)}
  </g>`;
}

/** A counting line with what has crossed it, both ways together. */
function tally(one: CameraState['lines'][number], camera: CameraState, size: Size, scale: Scale): Node {
  const [[x1, y1], [x2, y2]] = [scale(one.from), scale(one.to)];
  const counts = camera.counts.filter(({ line }) => line === one.id);
  const total = counts.reduce((sum, { left, right }) => sum + left + right, 0);
  const box: Box = [Math.min(x1, x2), (y1 + y2) / 2, Math.abs(x2 - x1), 0];
  const path = `M${x1} ${y1}L${x2} ${y2}`;
  return html`<g class="tally" data-line=${one.id}>
    <path class="halo" d=${path} /><path class="stroke" d=${path} />
    ${label(`${inLang(one.name)} · ${total}`, box, size, 'zone', true)}
  </g>`;
}

/** Several things that count together: a dashed box around all, with how many of how many, and their time so far. */
function gathering(one: FrameData['groups'][number], size: Size): Node {
  const { eye } = words.value;
  const reported = one.reason === 'reported';
  return html`<g class=${`gathering ${one.reason}`} data-group=${`${one.rule} ${one.zone}`}>
    ${rect(one.box, 'halo')}${rect(one.box, 'line')}
    ${!reported && dwellRing(one.box, one.dwell_s / Math.max(one.limit_s, 1e-3), one.dwell_s, size)}
    ${label(eye.group(one.count, one.needed), one.box, size, reported ? 'reported' : 'chosen', true)}
  </g>`;
}

function dwellRing(box: Box, share: number, seconds: number, size: Size): Node {
  const r = RING * size.unit;
  const [cx, cy] = badgeSpot(box, r, size.width, size.height);
  return html`<g class="dwell" data-share=${share.toFixed(3)}>
    <circle class="disc" cx=${cx} cy=${cy} r=${r} />
    <circle class="rim" cx=${cx} cy=${cy} r=${r * 0.8} stroke-width=${r * 0.2} />
    <path d=${arc(cx, cy, r * 0.8, share)} stroke-width=${r * 0.2} />
    <text x=${cx} y=${cy + 4.5 * size.unit} font-size=${13 * size.unit}>${Math.floor(seconds)}</text>
  </g>`;
}

function track(one: FrameData['tracks'][number], frame: FrameData, size: Size, selected: number | null): Node {
  const why = frame.why.find((line) => line.track === one.id);
  const kind = why?.reason === 'timing' || why?.reason === 'reported' ? why.reason : 'other';
  const chosen = one.id === selected;
  const { name, why: say } = words.value;
  return html`<g class=${`track ${kind}${chosen ? ' chosen' : ''}`} data-track=${one.id}>
    ${rect(one.box, 'halo')}${rect(one.box, 'line')}
    ${kind === 'timing' && why && dwellRing(one.box, why.dwell_s / Math.max(why.limit_s, 1e-3), why.dwell_s, size)}
    ${kind === 'reported' && label(say.reason.reported, one.box, size, 'reported', false)}
    ${chosen && kind === 'other' && label(`${name(one.class)} ${one.id}`, one.box, size, 'chosen', false)}
  </g>`;
}

/** Everything over one frame; only the zones where there is no data. */
export function overlay(camera: CameraState, frame: FrameData | null, size: Size, selected: number | null): Node {
  const rank = (id: number) => {
    const reason = frame?.why.find((line) => line.track === id)?.reason;
    return (id === selected ? 4 : 0) + (reason === 'timing' ? 2 : reason === 'reported' ? 1 : 0);
  };
  const tracks = [...(frame?.tracks ?? [])].sort((a, b) => rank(a.id) - rank(b.id));
  const loose = (frame?.objects ?? []).filter((one) => !tracks.some((two) => overlap(one.box, two.box) > 0.5));
  const scale = scaleOf(camera, size);
  return html`${camera.zones.map((one) => zone(one, size, scale))}
    ${camera.lines.map((one) => tally(one, camera, size, scale))}
    ${loose.map((one) => rect(one.box, 'seen'))}
    ${frame && tracks.map((one) => track(one, frame, size, selected))} ${frame?.groups.map((one) => gathering(one, size))}`;
}
