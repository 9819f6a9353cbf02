// agent/console page: the live picture. In: what is shown of the chosen camera. Out: picture and drawing, in one paint.
// Never: a box over a frame that it does not belong to, or an old picture that looks like a live one.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CameraState } from '../api.ts';
import { looking } from './eye.ts';
import { html } from './html.ts';
import { mark } from './marks.ts';
import { overlay } from './overlay.ts';
import { hit } from './place.ts';
import { at, inLang, since, words } from './prefs.ts';
import { camera, chosenCamera, contact, current, selected, stale, state } from './store.ts';

/** How far beside a small box a finger still means it, CSS pixels. */
const REACH = 44;

/** Which camera is looked at, where there are several. */
export function Cameras() {
  const all = state.value?.cameras ?? [];
  if (all.length < 2) return null;
  return html`<div class="tabs" role="group" aria-label=${words.value.live.cameras}>
    ${all.map(
      (one) => html`<button
        type="button"
        aria-pressed=${one.id === camera.value?.id}
        onClick=${() => {
          chosenCamera.value = one.id;
          selected.value = null;
        }}
      >
        ${mark(one.state === 'live' ? 'ok' : one.state === 'lost' ? 'bad' : 'idle')}${inLang(one.name)}
      </button>`,
    )}
  </div>`;
}

/** What lies over a picture that is not live. */
function Veil({ one, empty }: { one: CameraState; empty: boolean }) {
  const { live } = words.value;
  if (one.state === 'lost')
    return html`<div class="veil" role="status">
      <p class="strong">${mark('bad')}${live.lost} · ${since(one.since)}</p>
      ${one.reason && html`<p class="reason">${one.reason}</p>`}
      <p>${live.lostRemedy}</p>
    </div>`;
  if (empty)
    return html`<div class="veil" role="status">
      <p class="strong">${mark('idle')}${live.waiting}</p>
      ${one.state === 'starting' && html`<p>${live.starting}</p>`}
    </div>`;
  return null;
}

function Legend() {
  const { legend } = words.value.live;
  return html`<ul class="legend">
    ${(['zone', 'timed', 'reported', 'followed', 'seen'] as const).map(
      (kind) => html`<li><i class=${`key ${kind}`}></i>${legend[kind]}</li>`,
    )}
  </ul>`;
}

/** How fast the box looks, and what the lines of the picture mean. */
export function Gauges() {
  const one = camera.value;
  if (one === null) return null;
  const { rates, live } = words.value;
  const figure = (value: string, text: string) =>
    html`<div><dd class="num">${contact.value === 'lost' ? '–' : value}</dd><dt>${text}</dt></div>`;
  return html`<section class="gauges">
    <dl class="rates">
    ${figure(one.looks_per_s.toFixed(1), rates.looks)} ${figure(Math.round(one.look_ms).toString(), rates.ms)}
    ${figure(one.frames_per_s.toFixed(1), rates.fps)} ${figure(one.skipped.toString(), rates.skipped)}
  </dl>
    ${looking(one)}
    <${Legend} />
    <p class="masked">${live.masked}</p>
  </section>`;
}

/** The picture of the chosen camera with everything that belongs to it. */
export function Picture() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [shownWidth, setWidth] = useState(390);
  const one = camera.value;
  const now = current.value;
  const [width, height] = now ? [now.picture.width, now.picture.height] : (one?.picture ?? [16, 9]);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !now) return;
    if (context.canvas.width !== width) context.canvas.width = width;
    if (context.canvas.height !== height) context.canvas.height = height;
    context.drawImage(now.picture, 0, 0);
  }, [now, width, height]);

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setWidth(Math.max(1, element.clientWidth)));
    watch.observe(element);
    return () => watch.disconnect();
  }, [one?.id]);

  const { live } = words.value;
  if (one === null) {
    if (state.value === null) return html`<section class="live"><div class="stage bare"></div></section>`;
    return html`<section class="live empty"><p class="strong">${live.none}</p><p>${live.noneHint}</p></section>`;
  }
  const unit = (now?.data?.width ?? width) / shownWidth;
  const reasons = now?.data?.why ?? [];
  const count = (reason: string) => reasons.filter((line) => line.reason === reason).length;
  const tap = (event: MouseEvent) => {
    const area = (event.currentTarget as Element).getBoundingClientRect();
    const px = (event.clientX - area.left) * unit;
    const py = (event.clientY - area.top) * unit;
    selected.value = hit(now?.data?.tracks ?? [], px, py, REACH * unit)?.id ?? null;
  };
  return html`<section class="live" aria-label=${live.title}>
    <${Cameras} />
    <div class=${`stage ${stale.value ? 'stale' : ''}`} style=${{ aspectRatio: `${width} / ${height}` }} data-seq=${now?.data?.seq}>
      <canvas ref=${canvas} aria-hidden="true"></canvas>
      <svg
        viewBox=${`0 0 ${now?.data?.width ?? width} ${now?.data?.height ?? height}`}
        role="img"
        aria-label=${live.summary(now?.data?.tracks.length ?? 0, count('timing'), count('reported'))}
        onClick=${tap}
      >
        ${overlay(one, now?.data ?? null, { width: now?.data?.width ?? width, height: now?.data?.height ?? height, unit }, selected.value)}
      </svg>
      <${Veil} one=${one} empty=${now === null} />
    </div>
    <div class="caption">
      <h2>${inLang(one.name)}</h2>
      <p>
        ${mark(stale.value ? 'bad' : one.state === 'live' ? 'ok' : 'idle')}${contact.value === 'lost' ? live.last : live.state[one.state]}
        ${now?.data && html`<time class="num">${at(now.data.time)}</time>`}
      </p>
    </div>
  </section>`;
}
