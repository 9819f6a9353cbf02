// agent/console page: the room of the vehicle. In: the newest word of the vehicle. Out: where it is and how fast, how
// well that is known, its trip, lines, sky and signals.
import { useEffect } from 'preact/hooks';
import type { VehicleState } from '../api.ts';
import { enterDrive, fixAge, place, sight, street, vehicle } from './drive.ts';
import { wind } from './geo.ts';
import { html, type Node } from './html.ts';
import { Lines } from './lines.ts';
import { VehicleMap } from './map.ts';
import { chip, mark, type Tone } from './marks.ts';
import { at, words } from './prefs.ts';
import { Signals, withUnit } from './signals.ts';
import { Sky } from './sky.ts';
import { state } from './store.ts';
import { distance, figure, kmh } from './units.ts';

/** Slower than this the heading is what it was when the vehicle last moved, m/s. */
const TURNS_AT = 0.8;

function motion(known: VehicleState): Node {
  const { motion: say } = words.value.vehicle;
  const old = sight.value === 'away';
  const tone = (wanted: Tone): Tone => (old ? 'idle' : wanted);
  if (known.moving) return chip(tone('ok'), say.moving);
  if (known.ignition === 1) return chip(tone('ok'), say.idling);
  return chip('idle', known.ignition === 0 ? say.off : say.standing);
}

/** Where it is and where it heads to, as a sentence. */
function whereabouts(known: VehicleState): string {
  const { where: say, sky } = words.value.vehicle;
  const track = place.value?.track ?? null;
  const heads = track !== null && (known.speed.value ?? 0) >= TURNS_AT ? sky.towards[wind(track)]! : null;
  return place.value === null ? say.nowhere : say.at(street.value, heads, sight.value === 'fix');
}

/** "3D fix, 14 satellites, HDOP 0.9", or what there is instead. */
function quality(known: VehicleState): Node {
  const { fix: say } = words.value.vehicle;
  const { mode, hdop, flags } = known.fix;
  const age = fixAge.value;
  const aged = age === null ? say.never : say.aged(words.value.duration(Math.round(age)));
  if (sight.value !== 'fix') return html`<span>${aged}</span>`;
  const used = known.satellites.filter((one) => one.used).length;
  const parts = [
    say.mode[mode === 3 ? 3 : 2],
    used > 0 && say.satellites(used),
    hdop !== null && `HDOP ${hdop.toFixed(1)}`,
  ];
  return html`<span class="num">${parts.filter(Boolean).join(say.comma)}</span>
    ${flags.length > 0 && html`<span class="doubt block">${mark('warn')}${say.doubt(flags.map((flag) => say.flag[flag] ?? flag))}</span>`}`;
}

function speeds({ speed }: VehicleState): Node {
  const { speed: say } = words.value.vehicle;
  const told = (value: number | null) => (value === null ? '–' : withUnit(figure(value, 'm/s')));
  return html`<span class="num">${say.both(told(speed.gnss), told(speed.bus))}</span>
    ${speed.differs && html`<span class="doubt block">${mark('warn')}${say.differs(say.source[speed.source])}</span>`}`;
}

function trip(known: VehicleState): Node {
  const { trip: say } = words.value.vehicle;
  if (known.trip === null) return html`<span class="soft">${say.none}</span>`;
  const span = words.value.duration(Math.max(0, Math.round((known.time - known.trip.since) / 1000)));
  return html`<span class="num">${withUnit(distance(known.trip.distance))}<span class="soft block">${say.since(at(known.trip.since), span)}</span></span>`;
}

function position(known: VehicleState): Node {
  const here = place.value;
  if (here === null) return html`<span class="soft">${words.value.unknown}</span>`;
  const { alt } = known.fix;
  return html`<span class="num">${here.lat.toFixed(5)}, ${here.lon.toFixed(5)}
    ${alt !== null && html`<span class="soft block">${words.value.vehicle.where.alt(alt.toFixed(0))}</span>`}</span>`;
}

/** Speed, state and what they rest on. */
function Drive() {
  const known = vehicle.value;
  if (known === null) return html`<section class="panel ghost" aria-hidden="true"><i></i><i></i><i></i></section>`;
  const { fact: say, kind, speed, profile, unit } = words.value.vehicle;
  const { value } = known.speed;
  const old = sight.value === 'away' || known.speed.source === 'none';
  const fact = (name: string, text: Node) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`;
  return html`<section class="panel drive" aria-label=${speed.title}>
    <div class="row">
      <p class=${`speedo num${old ? ' old' : ''}`}>
        <span class="said">${speed.title}: </span><strong>${value === null ? '–' : Math.round(kmh(value))}</strong> <span>${unit.kmh}</span>
      </p>
      ${motion(known)}
    </div>
    <p class="strong whereabouts">${whereabouts(known)}</p>
    <dl class="facts wide">
      ${fact(say.fix, quality(known))} ${fact(say.trip, trip(known))} ${fact(say.speed, speeds(known))}
      ${fact(say.position, position(known))}
      ${fact(say.vehicle, html`${kind[known.kind]}<span class="soft block">${profile(known.profile)}</span>`)}
    </dl>
  </section>`;
}

/** The room. */
export function Vehicle() {
  useEffect(enterDrive, [vehicle.value === null]);
  const { vehicle: say, room } = words.value;
  if (state.value !== null && !state.value.roles.includes('vehicle'))
    return html`<div class="panel"><div class="empty"><h1>${say.absent}</h1><p>${say.absentHint}</p></div></div>`;
  return html`<div class="columns truck">
    <h1 class="said">${room.vehicle}</h1>
    <div class="stand"><${VehicleMap} /><${Sky} /></div>
    <div class="side"><${Drive} /><${Lines} /><${Signals} /></div>
  </div>`;
}
