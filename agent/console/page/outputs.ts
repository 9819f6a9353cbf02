// agent/console page: the output lines as they are. In: the store. Out: one line each; they are switched by flows alone.
import type { OutputState } from '../api-flows.ts';
import { html, type Node } from './html.ts';
import { chip } from './marks.ts';
import { inLang, since, words } from './prefs.ts';
import { contact, state } from './store.ts';

function row(line: OutputState): Node {
  const { outputs: say } = words.value;
  const old = contact.value === 'lost';
  const tone = line.error !== undefined ? 'bad' : line.state === 1 && !old ? 'ok' : 'idle';
  return html`<li key=${line.id} data-output=${line.id}>
    <p class="grow"><span class="strong block">${inLang(line.name)}</span><span class="soft num">${since(line.since)}</span></p>
    ${chip(tone, say.state[line.state])}
    ${line.error !== undefined && html`<p class="reason">${say.error(line.error)}</p>`}
  </li>`;
}

/** Only where the box has any. */
export function Outputs() {
  const lines = state.value?.outputs ?? [];
  const { outputs: say } = words.value;
  if (lines.length === 0) return null;
  return html`<section class="panel outputs">
    <h2>${say.title}</h2>
    <ul>${lines.map(row)}</ul>
    <p class="soft">${say.hint}</p>
  </section>`;
}
