// agent/console page: what is in the picture, in words. In: the frame that is shown. Out: what is being timed, the
// "why" of the chosen track, and for every track why it is not a case.
import { useEffect, useState } from 'preact/hooks';
import type { FrameData } from '../api.ts';
import { html, type Node } from './html.ts';
import { chip, ring, type Tone } from './marks.ts';
import { inLang, words } from './prefs.ts';
import { camera, current, selected, shortestLimit, stale } from './store.ts';

type Why = FrameData['why'][number];
type Track = FrameData['tracks'][number];
interface Line {
  track: Track;
  why: Why | null;
}

const TONES: Record<Why['reason'], Tone> = {
  timing: 'warn',
  reported: 'bad',
  outside: 'idle',
  hours: 'idle',
  group: 'idle',
  class: 'idle',
  score: 'idle',
};
const ORDER: readonly Why['reason'][] = ['timing', 'reported', 'score', 'group', 'hours', 'outside', 'class'];

const zoneName = (id: string | null): string | null => {
  const zone = camera.value?.zones.find((one) => one.id === id);
  return zone ? inLang(zone.name) : id;
};

function lines(data: FrameData | null | undefined): Line[] {
  if (!data) return [];
  const rank = (line: Line) => (line.why ? ORDER.indexOf(line.why.reason) : ORDER.length);
  return data.tracks
    .map((track) => ({ track, why: data.why.find((why) => why.track === track.id) ?? null }))
    .sort((a, b) => rank(a) - rank(b) || a.track.id - b.track.id);
}

function sentence({ track, why }: Line): string {
  const say = words.value.why.sentence;
  if (why === null) return say.none;
  return say[why.reason]({ ...why, thing: track.class, zone: zoneName(why.zone) });
}

const choose = (id: number) => {
  selected.value = selected.value === id ? null : id;
};

const dwellRing = (why: Why): Node =>
  ring(
    why.dwell_s / Math.max(why.limit_s, 1e-3),
    Math.floor(why.dwell_s).toString(),
    stale.value && why.reason === 'timing' ? 'idle' : TONES[why.reason],
  );

/** The "why" of the chosen track; keeps the last known words when it has left the picture. */
export function WhyDrawer() {
  const id = selected.value;
  const line = lines(current.value?.data).find((one) => one.track.id === id) ?? null;
  const [last, setLast] = useState<Line | null>(null);
  useEffect(() => {
    if (line !== null) setLast(line);
  }, [line?.track, line?.why]);
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape') selected.value = null;
    };
    addEventListener('keydown', leave);
    return () => removeEventListener('keydown', leave);
  }, []);
  const shown = line ?? (last?.track.id === id ? last : null);
  if (id === null || shown === null) return null;
  const { why: say, name, seconds, close } = words.value;
  const { track, why } = shown;
  const fact = (name: string, value: string) => html`<div><dt>${name}</dt><dd class="num">${value}</dd></div>`;
  return html`<section class="panel why" aria-label=${say.title}>
    <div class="head">
      <h2>${name(track.class)} <span class="num soft">${track.id}</span></h2>
      <button
        type="button"
        class="plain"
        onClick=${() => {
          selected.value = null;
        }}
      >
        ${close}
      </button>
    </div>
    <div class="verdict">
      ${why && (why.reason === 'timing' || why.reason === 'reported') && dwellRing(why)}
      <p class="say">${sentence(shown)}</p>
    </div>
    ${line === null && html`<p class="soft">${say.gone}</p>`}
    <dl class="facts">
      ${fact(say.fact.seen, words.value.duration((track.last - track.first) / 1000))}
      ${fact(say.fact.score, track.score.toFixed(2))} ${why?.zone && fact(say.fact.zone, zoneName(why.zone) ?? '')}
      ${why?.zone && fact(say.fact.dwell, seconds(why.dwell_s))} ${why?.rule && fact(say.fact.limit, seconds(why.limit_s))}
      ${why?.rule && fact(say.fact.rule, why.rule)}
    </dl>
  </section>`;
}

type Group = FrameData['groups'][number];

/** A gathering among what stands in a zone. */
function gathered(one: Group): Node {
  const { timed, why: say, eye, duration, seconds } = words.value;
  const reason = one.reason === 'unattended' ? 'timing' : one.reason;
  const tone = TONES[reason];
  const text = one.reason === 'unattended' ? eye.unattended : say.reason[one.reason];
  return html`<li key=${`${one.rule} ${one.zone}`} class="gathered">
    ${ring(one.dwell_s / Math.max(one.limit_s, 1e-3), Math.floor(one.dwell_s).toString(), stale.value ? 'idle' : tone)}
    <span class="grow">
      <span class="strong num">${eye.group(one.count, one.needed)}</span>
      <span class="soft num"> ${timed.of(seconds(one.dwell_s), duration(one.limit_s))}</span>
      <span class="soft block">${zoneName(one.zone)} · ${one.rule}</span>
    </span>
    ${chip(stale.value ? 'idle' : tone, text)}
  </li>`;
}

/** What stands in a zone now. */
export function Timed() {
  const { timed, why: say, name, duration, seconds } = words.value;
  const all = lines(current.value?.data).filter(({ why }) => why?.reason === 'timing' || why?.reason === 'reported');
  const groups = current.value?.data?.groups ?? [];
  const limit = shortestLimit.value;
  return html`<section class="panel standing">
    <h2>${timed.title}</h2>
    ${
      all.length + groups.length === 0 &&
      html`<div class="empty">
        <p class="strong">${limit === null ? timed.noZone : timed.none}</p>
        <p>${limit === null ? timed.noZoneHint : timed.noneHint(duration(limit))}</p>
      </div>`
    }
    <ul>
      ${all.map(
        ({ track, why }) =>
          why &&
          html`<li key=${track.id}>
            <button type="button" aria-pressed=${selected.value === track.id} onClick=${() => choose(track.id)}>
              ${dwellRing(why)}
              <span class="grow">
                <span class="strong">${name(track.class)}</span>
                <span class="soft num"> ${timed.of(seconds(why.dwell_s), duration(why.limit_s))}</span>
                <span class="soft block">${zoneName(why.zone)}</span>
              </span>
              ${stale.value && why.reason === 'timing' ? chip('idle', say.reason.paused) : chip(TONES[why.reason], say.reason[why.reason])}
            </button>
          </li>`,
      )}
      ${groups.map(gathered)}
    </ul>
  </section>`;
}

/** Every track, and what stands between it and a case. */
export function Debug() {
  const { why: say, name: nameOf, duration, seconds } = words.value;
  const all = lines(current.value?.data);
  const { fact } = say;
  const cell = (label: string, value: Node, kind = '') =>
    html`<td class=${value === '–' ? 'none' : kind} data-name=${label}>${value}</td>`;
  return html`<section class="panel debug">
    <h2>${say.debug}</h2>
    <p class="soft">${say.debugHint}</p>
    ${all.length === 0 && html`<p class="empty">${say.empty}</p>`}
    ${
      all.length > 0 &&
      html`<table>
        <thead>
          <tr>
            ${[fact.track, fact.reason, fact.seen, fact.score, fact.zone, fact.dwell, fact.rule].map((name) => html`<th scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${all.map(
            (line) => html`<tr key=${line.track.id} class=${selected.value === line.track.id ? 'chosen' : ''}>
              <th scope="row">
                <button type="button" aria-pressed=${selected.value === line.track.id} onClick=${() => choose(line.track.id)}>
                  ${nameOf(line.track.class)} <span class="num soft">${line.track.id}</span>
                </button>
              </th>
              ${cell(fact.reason, line.why ? chip(TONES[line.why.reason], say.reason[line.why.reason]) : '–', 'reason')}
              ${cell(fact.seen, duration((line.track.last - line.track.first) / 1000), 'num')}
              ${cell(fact.score, line.track.score.toFixed(2), 'num')}
              ${cell(fact.zone, zoneName(line.why?.zone ?? null) ?? '–', 'whole')}
              ${cell(fact.dwell, line.why?.zone ? `${seconds(line.why.dwell_s)} / ${duration(line.why.limit_s)}` : '–', 'num whole')}
              ${cell(fact.rule, line.why?.rule ?? '–', 'whole')}
            </tr>`,
          )}
        </tbody>
      </table>`
    }
  </section>`;
}
