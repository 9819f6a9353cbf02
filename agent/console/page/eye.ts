// agent/console page: how the eye works: looks served, saved and left out, its larger stream, counting lines, near-misses.
// In: the chosen camera's state; GET /api/cameras/{id}/near-misses now and then. Out: words and figures.
import { effect, signal } from '@preact/signals';
import type { CameraState } from '../api.ts';
import type { NearMiss } from '../api-site.ts';
import { fixed } from './format.ts';
import { html, type Node } from './html.ts';
import { chip, mark, ring, type Tone } from './marks.ts';
import { at, inLang, since, when, words } from './prefs.ts';
import { camera, contact, route, state } from './store.ts';

/** How often near-misses are asked for while they are looked at, ms. */
const ASK_EVERY_MS = 10_000;
/** Shown at once; the interface tells all. */
const MAX_SHOWN = 12;

const misses = signal<{ camera: string; all: readonly NearMiss[] } | null>(null);

async function load(id: string): Promise<void> {
  try {
    const answer = await fetch(`/api/cameras/${encodeURIComponent(id)}/near-misses`, {
      signal: AbortSignal.timeout(8000),
    });
    const all = answer.ok ? ((await answer.json()) as NearMiss[]) : [];
    if (camera.value?.id === id) misses.value = { camera: id, all };
  } catch {
    // the stream's own watch says that the box is gone; what was known stays
  }
}

let timer: ReturnType<typeof setInterval> | undefined;
let of: string | null = null;
function asked(id: string | null): void {
  if (id === of) return;
  of = id;
  clearInterval(timer);
  if (id === null) return;
  void load(id);
  timer = setInterval(() => !document.hidden && void load(id), ASK_EVERY_MS);
}

effect(() => {
  const id = camera.value?.id;
  const looked = route.value.room === 'now' && contact.value === 'up' && state.value?.site != null;
  asked(looked && id !== undefined ? id : null);
});

/** What the looks of a camera are spent on, in sentences. */
export function looking(one: CameraState): Node {
  const { eye: say } = words.value;
  const all = one.looks_per_s + one.gated_per_s;
  const share = (part: number) => fixed(100 * part, part < 0.1 ? 1 : 0);
  const lines: [Tone, string][] = [
    one.moving === null
      ? ['idle', say.ungated]
      : ['ok', `${say.gated(share(all > 0 ? one.gated_per_s / all : 0))} · ${say.moving(share(one.moving))}`],
    one.crops === 0
      ? ['idle', say.noCrops]
      : one.crops_per_s > 0
        ? ['ok', say.crops(fixed(one.crops_per_s, 1))]
        : ['idle', say.crops(fixed(0, 0))],
    one.skipped === 0 ? ['ok', say.noneSkipped] : ['idle', say.skipped(one.skipped)],
  ];
  if (one.main) {
    const { state, reason, since: from } = one.main;
    const tone: Tone = state === 'live' ? 'ok' : state === 'lost' ? 'bad' : 'idle';
    lines.push([tone, `${say.main[state]} · ${since(from)}${reason ? ` · ${reason}` : ''}`]);
  }
  if (one.change) lines.push(['warn', `${say.change} · ${when(one.change.at)} · ${one.change.text}`]);
  return html`<ul class="looking">${lines.map(([tone, text]) => html`<li>${mark(tone)}<span class="num">${text}</span></li>`)}</ul>`;
}

/** How often each counting line was crossed. */
export function Counts() {
  const one = camera.value;
  if (!one || one.lines.length === 0) return null;
  const { eye: say, name } = words.value;
  return html`<section class="panel counts">
    <h2>${say.counts}</h2>
    <p class="soft">${say.countHint}</p>
    <table>
      <thead>
        <tr><th scope="col">${say.line}</th><th scope="col">${say.left}</th><th scope="col">${say.right}</th></tr>
      </thead>
      <tbody>
        ${one.lines.flatMap((line) =>
          one.counts
            .filter((count) => count.line === line.id)
            .map(
              (count) => html`<tr key=${`${line.id} ${count.class}`}>
                <th scope="row">${inLang(line.name)} <span class="soft">${name(count.class)}</span></th>
                <td class="num">${count.left}</td>
                <td class="num">${count.right}</td>
              </tr>`,
            ),
        )}
      </tbody>
    </table>
  </section>`;
}

function sentence(miss: NearMiss): string {
  const { eye, name, duration } = words.value;
  const zone = camera.value?.zones.find(({ id }) => id === miss.zone);
  const percent = (score: number) => fixed(100 * score, 0);
  const facts = {
    thing: name(miss.class),
    zone: zone ? inLang(zone.name) : miss.zone,
    dwell: duration(miss.dwell_s),
    limit: duration(miss.limit_s),
    count: miss.count ?? 1,
    needed: miss.needed ?? 1,
    sure: percent(miss.score),
    asked: percent(miss.min_score),
  };
  return miss.kind === 'group' && miss.reason === 'left' ? eye.miss.leftGroup(facts) : eye.miss[miss.reason](facts);
}

/** What ended without becoming a case. */
export function NearMisses() {
  const one = camera.value;
  if (!one || misses.value?.camera !== one.id) return null;
  const { eye: say } = words.value;
  const { all } = misses.value;
  return html`<section class="panel misses">
    <h2>${say.misses}</h2>
    ${
      all.length === 0
        ? html`<div class="empty"><p class="strong">${say.noMiss}</p><p>${say.noMissHint}</p></div>`
        : html`<p class="soft">${say.missHint}</p>`
    }
    <ul>
      ${all.slice(0, MAX_SHOWN).map(
        (miss) => html`<li key=${`${miss.rule} ${miss.at} ${miss.until}`}>
          ${ring(miss.dwell_s / Math.max(miss.limit_s, 1e-3), Math.floor(miss.dwell_s).toString(), 'idle')}
          <div class="grow">
            <p>${sentence(miss)}</p>
            <p class="soft row"><time class="num">${at(miss.until)}</time>${chip('idle', say.missReason[miss.reason])}</p>
          </div>
        </li>`,
      )}
    </ul>
  </section>`;
}
