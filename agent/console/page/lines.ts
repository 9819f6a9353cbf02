// agent/console page: the vehicle's lines as switches. In: the lines' states; a press where the box allows it.
// Out: POST /api/vehicle/lines/ID. Never: a state that the box has not said; the switch moves when the line has moved.
import { signal } from '@preact/signals';
import type { VehicleState } from '../api.ts';
import { vehicle } from './drive.ts';
import { html, type Node } from './html.ts';
import { inLang, when, words } from './prefs.ts';
import { contact } from './store.ts';

type Line = VehicleState['lines'][number];

/** What was asked for and has not happened yet, by line; and what went wrong. */
const wanted = signal<Readonly<Record<string, 0 | 1>>>({});
const failures = signal<Readonly<Record<string, string>>>({});
/** A line that does not follow within this time will not, ms. */
const PATIENCE_MS = 5000;

function forget(id: string): void {
  const { [id]: _, ...rest } = wanted.value;
  wanted.value = rest;
}

function fail(id: string, why: string): void {
  forget(id);
  failures.value = { ...failures.value, [id]: why };
}

async function press(id: string, state: 0 | 1): Promise<void> {
  const { [id]: _, ...others } = failures.value;
  failures.value = others;
  wanted.value = { ...wanted.value, [id]: state };
  try {
    const answer = await fetch(`/api/vehicle/lines/${encodeURIComponent(id)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!answer.ok) return fail(id, ((await answer.json()) as { error: string }).error);
  } catch (error) {
    return fail(id, error instanceof Error ? error.message : String(error));
  }
  setTimeout(() => {
    if (wanted.value[id] !== state) return;
    if (vehicle.value?.lines.find((line) => line.id === id)?.state === state) forget(id);
    else fail(id, words.value.vehicle.lines.slow);
  }, PATIENCE_MS);
}

function row(line: Line, switchable: boolean): Node {
  const { lines: say } = words.value.vehicle;
  const asked = wanted.value[line.id];
  const waiting = asked !== undefined && asked !== line.state;
  const failure = failures.value[line.id] ?? (line.error === undefined ? undefined : say.error(line.error));
  return html`<li key=${line.id}>
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked=${line.state === 1 ? 'true' : 'false'}
      aria-busy=${waiting ? 'true' : 'false'}
      aria-disabled=${switchable ? undefined : 'true'}
      aria-label=${inLang(line.name)}
      aria-describedby=${`line-${line.id}`}
      onClick=${() => switchable && !waiting && void press(line.id, line.state === 1 ? 0 : 1)}
    >
      <span class="grow">
        <span class="strong block">${inLang(line.name)}</span>
        <span class="soft num block" id=${`line-${line.id}`}>
          ${waiting ? say.waiting : `${say.state[line.state]} · ${when(line.since)}`}${line.pulses === undefined ? '' : ` · ${say.pulses(line.pulses)}`}
        </span>
      </span>
      <span class="track-of" aria-hidden="true"><i></i></span>
    </button>
    ${failure !== undefined && html`<p class="reason" role="alert">${failure}</p>`}
  </li>`;
}

/** All lines, and whether they can be switched here. */
export function Lines() {
  const known = vehicle.value;
  const { lines: say } = words.value.vehicle;
  if (known === null) return null;
  const switchable = known.switchable && contact.value !== 'lost';
  return html`<section class=${`panel lines${switchable ? ' live-lines' : ''}`}>
    <h2>${say.title}</h2>
    <p class="soft">${known.switchable ? say.made : say.real}</p>
    ${known.lines.length === 0 && html`<div class="empty"><p class="strong">${say.none}</p><p>${say.noneHint}</p></div>`}
    <ul>${known.lines.map((line) => row(line, switchable))}</ul>
  </section>`;
}
