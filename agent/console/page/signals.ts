// agent/console page: what the bus and the receiver say, as a table: value, unit, where from, how old.
// Never: an old value that looks like a new one.
import type { VehicleState } from '../api.ts';
import { silence, vehicle } from './drive.ts';
import { html, type Node } from './html.ts';
import { mark } from './marks.ts';
import { inLang, since, words } from './prefs.ts';
import { type Figure, figure } from './units.ts';

/** From this age on a value is not of now, ms. */
const OLD_MS = 5000;

type Signal = VehicleState['signals'][number];

/** A figure with its unit in the page's language. */
export function withUnit({ text, unit }: Figure): string {
  const sign = typeof unit === 'string' ? words.value.vehicle.unit[unit] : unit.sign;
  return sign === '' ? text : `${text} ${sign}`;
}

function age(ms: number | null): string {
  if (ms === null) return '–';
  return words.value.duration(ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1000));
}

function row(one: Signal): Node {
  const { signals: say } = words.value.vehicle;
  const old = one.age_ms === null ? null : one.age_ms + silence.value;
  const dim = one.value === null || old === null || old > OLD_MS;
  return html`<tr key=${one.id} class=${dim ? 'old' : ''} data-signal=${one.id}>
    <th scope="row">${inLang(one.name)}</th>
    <td class="num value">${one.value === null ? html`<span aria-label=${words.value.unknown}>–</span>` : withUnit(figure(one.value, one.unit))}</td>
    <td>${say.source(one.source)}</td>
    <td class="num">${age(old)}</td>
  </tr>`;
}

/** How the bus is, where it is not well. */
function BusNotice() {
  const bus = vehicle.value?.bus;
  const { bus: say } = words.value.vehicle;
  if (bus === undefined || bus.state === 'live') return null;
  const tone = bus.state === 'lost' ? 'bad' : 'idle';
  return html`<div class=${`note ${tone}`}>
    <p class="strong">${mark(tone)}<span role="status">${say[bus.state]}</span>${bus.state === 'lost' ? ` · ${since(bus.since)}` : ''}</p>
    ${bus.reason && html`<p class="reason">${bus.reason}</p>`}
    <p>${say.remedy[bus.state]}</p>
  </div>`;
}

/** The table. */
export function Signals() {
  const known = vehicle.value;
  const { signals: say, bus } = words.value.vehicle;
  if (known === null) return null;
  return html`<section class="panel signals">
    <div class="row">
      <h2>${say.title}</h2>
      ${known.bus.state === 'live' && html`<p class="soft num">${mark('ok')}${bus.rate(Math.round(known.bus.frames_per_s))}</p>`}
    </div>
    <${BusNotice} />
    ${known.signals.length === 0 && html`<div class="empty"><p class="strong">${say.none}</p><p>${say.noneHint}</p></div>`}
    ${
      known.signals.length > 0 &&
      html`<table>
        <thead>
          <tr>${say.columns.map((name) => html`<th scope="col">${name}</th>`)}</tr>
        </thead>
        <tbody>${known.signals.map(row)}</tbody>
      </table>`
    }
  </section>`;
}
