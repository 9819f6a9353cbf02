// agent/console page: where the satellites stand, and which are used. In: the vehicle's newest word. Out: a plot of the
// sky and a legend with counts. Systems differ in shape and colour; used ones are filled, the others hollow.
import type { VehicleState } from '../api.ts';
import { sight, vehicle } from './drive.ts';
import { skySpot } from './geo.ts';
import { html, type Node } from './html.ts';
import { words } from './prefs.ts';

type Satellite = VehicleState['satellites'][number];

/** Radius of the horizon in the plot's own units, and of a satellite. */
const R = 100;
const ROOM = 118;

/** In the order of the legend; systems without a shape of their own share the last one. */
const SYSTEMS = ['GPS', 'BeiDou', 'GLONASS', 'Galileo', 'QZSS'] as const;
const SHAPES: Record<string, string> = {
  GPS: 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z',
  BeiDou: 'M-4.600-4.600h9.200v9.200h-9.200z',
  GLONASS: 'M0-5.800 5.600 4.400H-5.600z',
  Galileo: 'M0-6.400 6.400 0 0 6.400-6.400 0z',
  QZSS: 'M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z',
  other: 'M0 5.800 5.600-4.400H-5.600z',
};

const kindOf = (system: string) => (system in SHAPES && system !== 'other' ? system : 'other');

const sign = (system: string, used: boolean): Node =>
  html`<path class=${`sat ${kindOf(system)}${used ? '' : ' unused'}`} d=${SHAPES[kindOf(system)]} />`;

const key = (used: boolean): Node =>
  html`<svg viewBox="-8 -8 16 16" aria-hidden="true"><path class=${`sat plain-ink${used ? '' : ' unused'}`} d=${SHAPES['GPS']} /></svg>`;

function plot(all: readonly Satellite[]): Node {
  const { sky: say } = words.value.vehicle;
  const placed = all
    .filter((one) => one.elevation !== null && one.azimuth !== null)
    .sort((a, b) => Number(a.used) - Number(b.used));
  const used = all.filter((one) => one.used).length;
  const edge = R + 11;
  const names: [number, number, string][] = [
    [0, -edge, say.winds[0]!],
    [edge, 0, say.winds[2]!],
    [0, edge, say.winds[4]!],
    [-edge, 0, say.winds[6]!],
  ];
  return html`<svg class="sky" viewBox=${`${-ROOM} ${-ROOM} ${2 * ROOM} ${2 * ROOM}`} role="img" aria-label=${say.summary(used, all.length)}>
    <circle class="dome" r=${R} />
    ${[30, 60].map((elevation) => html`<circle class="ring-of" r=${R * (1 - elevation / 90)} />`)}
    <path class="ring-of" d=${`M0 ${-R}V${R}M${-R} 0H${R}`} />
    ${[30, 60].map((elevation) => html`<text class="degrees" x="3" y=${-R * (1 - elevation / 90) - 2.5}>${elevation}°</text>`)}
    ${names.map(([x, y, text]) => html`<text class="wind" x=${x} y=${y + 4}>${text}</text>`)}
    ${placed.map((one) => {
      const [x, y] = skySpot(one.elevation!, one.azimuth!, R);
      return html`<g key=${`${one.system}-${one.prn}`} transform=${`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
        <title>${say.one(say.system(one.system), one.prn, one.elevation!, one.azimuth!, one.snr, one.used)}</title>
        ${sign(one.system, one.used)}
      </g>`;
    })}
  </svg>`;
}

function legend(all: readonly Satellite[]): Node {
  const { sky: say } = words.value.vehicle;
  const others = [...new Set(all.map((one) => one.system))].filter((system) => kindOf(system) === 'other').sort();
  return html`<ul class="systems">
    ${[...SYSTEMS, ...others].map((system) => {
      const mine = all.filter((one) => one.system === system);
      const used = mine.filter((one) => one.used).length;
      return html`<li class=${mine.length === 0 ? 'absent' : ''} data-system=${system}>
        <svg viewBox="-8 -8 16 16" aria-hidden="true">${sign(system, true)}</svg>
        <span class="grow">${say.system(system)}</span>
        <span class="num">${mine.length === 0 ? '–' : say.count(used, mine.length)}</span>
      </li>`;
    })}
  </ul>`;
}

/** The sky over the vehicle. */
export function Sky() {
  const { sky: say } = words.value.vehicle;
  const all = vehicle.value?.satellites ?? [];
  const old = sight.value !== 'fix' && sight.value !== 'weak';
  const unplaced = all.filter((one) => one.elevation === null || one.azimuth === null).length;
  return html`<section class=${`panel skies${old ? ' old' : ''}`}>
    <div class="row"><h2>${say.title}</h2>${all.length > 0 && html`<p class="soft num">${say.total(all.filter((one) => one.used).length, all.length)}</p>`}</div>
    ${old && all.length > 0 && html`<p class="soft">${say.old}</p>`}
    ${all.length === 0 && html`<div class="empty"><p class="strong">${say.none}</p><p>${say.noneHint}</p></div>`}
    ${
      all.length > 0 &&
      html`<div class="heaven">
        ${plot(all)}
        <div class="told">
          ${legend(all)}
          <p class="soft keys"><span>${key(true)}${say.used}</span><span>${key(false)}${say.unused}</span></p>
          ${unplaced > 0 && html`<p class="soft">${say.unplaced(unplaced)}</p>`}
        </div>
      </div>`
    }
  </section>`;
}
