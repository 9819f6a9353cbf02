// agent/console page: the map with what belongs to it: scale, north, buttons, legend, and what is said where the vehicle
// cannot be seen. In: the signals of the drive. Out: a picture that is said in words too.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { fixAge, place, sight, street, streets, vehicle } from './drive.ts';
import { BANDS, wind } from './geo.ts';
import { html } from './html.ts';
import { bar, following, MapView } from './mapview.ts';
import { mark } from './marks.ts';
import { since, words } from './prefs.ts';
import { withUnit } from './signals.ts';
import { distance } from './units.ts';

/** Why the vehicle is not seen, what to do, and how old the place on the map is. */
function Veil() {
  const how = sight.value;
  const known = vehicle.value;
  if (how === 'fix' || how === 'away' || known === null) return null;
  const { receiver: say } = words.value.vehicle;
  const tone = how === 'lost' ? 'bad' : how === 'weak' ? 'warn' : 'idle';
  const age = fixAge.value;
  return html`<div class="veil above">
    <p class="strong">
      ${mark(tone)}<span role="status">${say[how]}</span>${how === 'lost' && html`<span class="num">${'\u00a0'}· ${since(known.receiver.since)}</span>`}
    </p>
    ${how === 'lost' && known.receiver.reason && html`<p class="reason">${known.receiver.reason}</p>`}
    ${age !== null && place.value !== null && html`<p class="num">${say.lastFix(words.value.duration(Math.round(age)))}</p>`}
    <p>${say.remedy[how]}</p>
  </div>`;
}

function Legend() {
  const { map: say } = words.value.vehicle;
  const names = [...BANDS.map((end, i) => `${i === 0 ? 0 : BANDS[i - 1]}–${end}`), `≥ ${BANDS.at(-1)}`];
  return html`<div class="trail-legend">
    <p class="soft">${say.legend}</p>
    <ul class="num">${names.map((name, i) => html`<li><i class=${`speed s${i}`}></i>${name}</li>`)}</ul>
    <p class="unseen"><i class="speed gap"></i>${say.gap}</p>
  </div>`;
}

/** The map of the vehicle. */
export function VehicleMap() {
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<MapView | null>(null);
  useLayoutEffect(() => {
    if (!stage.current || !canvas.current) return;
    view.current = new MapView(stage.current, canvas.current);
    return () => view.current?.close();
  }, []);
  const { map: say, sky } = words.value.vehicle;
  const map = streets.value;
  const note = map === 'none' ? say.none : map?.madeUp ? say.madeUp : null;
  const track = place.value?.track ?? null;
  const label = say.label(street.value, track === null ? null : sky.towards[wind(track)]!, sight.value === 'fix');
  return html`<section class="mapping" aria-label=${say.title}>
    <div ref=${stage} class=${`map ${sight.value === 'fix' ? '' : 'stale'}`} tabindex="0" role="group" aria-label=${say.keys}>
      <canvas ref=${canvas} role="img" aria-label=${label}></canvas>
      ${note !== null && html`<p class="made-up">${note}</p>`}
      <${Veil} />
      <div class="map-tools">
        <button type="button" class="tool" aria-label=${say.nearer} onClick=${() => view.current?.zoom(1.6)}><span aria-hidden="true">+</span></button>
        <button type="button" class="tool" aria-label=${say.farther} onClick=${() => view.current?.zoom(1 / 1.6)}><span aria-hidden="true">−</span></button>
      </div>
      <button
        type="button"
        class="tool follow"
        aria-pressed=${following.value ? 'true' : 'false'}
        onClick=${() => {
          following.value = !following.value;
        }}
      >
        ${mark(following.value ? 'ok' : 'idle')}${say.follow}
      </button>
      <div class="map-signs">
        <p class="north" role="img" aria-label=${say.north}>
          <svg viewBox="0 0 20 26" aria-hidden="true"><path d="M10 0 16 13 10 10 4 13z" /></svg><span aria-hidden="true">${sky.winds[0]}</span>
        </p>
        ${
          bar.value &&
          html`<p class="scale num"><i style=${{ width: `${bar.value.pixels.toFixed(1)}px` }}></i>${withUnit(distance(bar.value.metres))}</p>`
        }
      </div>
    </div>
    <div class="map-foot">
      <${Legend} />
    </div>
  </section>`;
}
