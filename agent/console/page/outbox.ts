// agent/console page: what waits to be sent, by lane, and the link that it waits for.
import { html } from './html.ts';
import { mark } from './marks.ts';
import { since, words } from './prefs.ts';
import { linkVerdict } from './status.ts';
import { state } from './store.ts';

/** The link, and the outbox by lane with the age of its oldest record. */
export function Outbox() {
  const { outbox: say, link: links, bytes } = words.value;
  const link = state.value?.link;
  const verdict = linkVerdict.value;
  const lanes = (state.value?.outbox ?? []).filter((lane) => lane.waiting > 0);
  return html`<section class="panel">
    <h2>${links.title}</h2>
    ${
      link &&
      verdict &&
      html`<div class="row">
        <p class="strong">${mark(verdict.tone)}${verdict.text}</p>
        <p class="soft num">${since(link.since)}</p>
      </div>
      ${link.error && html`<p class="reason">${link.error}</p>`}
      ${link.state !== 'online' && html`<p class="soft">${link.state === 'none' ? links.noneHint : links.offlineHint}</p>`}`
    }
    <h3>${say.title}</h3>
    ${lanes.length === 0 && state.value && html`<p class="soft">${say.empty}</p>`}
    <ul class="lanes">
      ${lanes.map(
        (lane) => html`<li>
          <span>${say.lane[lane.lane]}</span>
          <span class="num">${say.records(lane.waiting)} · ${bytes(lane.bytes)}</span>
          ${lane.oldest !== null && html`<span class="soft num">${say.oldest(since(lane.oldest))}</span>`}
        </li>`,
      )}
    </ul>
  </section>`;
}
