// agent/console page: is the box well. In: the lines of health. Out: the worst first, each with its value and remedy.
import type { HealthLine, State } from '../api.ts';
import { Flows } from './flows.ts';
import { html, type Node } from './html.ts';
import { mark } from './marks.ts';
import { Outbox } from './outbox.ts';
import { Outputs } from './outputs.ts';
import { at, inLang, now, words } from './prefs.ts';
import { Software } from './software.ts';
import { state } from './store.ts';

const RANK = { bad: 0, warn: 1, ok: 2 };

function check(line: HealthLine): Node {
  const { level } = words.value.health;
  return html`<li key=${line.id}>
    ${mark(line.level)}
    <div class="grow">
      <p><span class="said">${level[line.level]}: </span>${inLang(line.text)}</p>
      ${line.remedy && line.level !== 'ok' && html`<p class="soft">${inLang(line.remedy)}</p>`}
    </div>
    <p class="num value">${line.value}</p>
  </li>`;
}

function device(known: State): Node {
  const { health: say, duration } = words.value;
  const fact = (name: string, value: Node) => html`<div><dt>${name}</dt><dd class="num">${value}</dd></div>`;
  return html`<section class="panel">
    <h2>${say.device}</h2>
    <dl class="facts wide">
      ${fact(say.fact.device, known.device)} ${fact(say.fact.city, known.city)}
      ${fact(say.fact.started, duration(Math.max(0, Math.round((now.value - known.started) / 1000))))}
      ${fact(say.fact.clock, `${at(now.value)} · ${say.clock[known.clock.quality]}`)}
    </dl>
  </section>`;
}

/** The room of the box's health. */
export function Health() {
  const { health: say } = words.value;
  const known = state.value;
  const lines = [...(known?.health ?? [])].sort((a, b) => RANK[a.level] - RANK[b.level]);
  const level = lines[0]?.level ?? 'ok';
  return html`<div class="columns">
    <div class="main">
      <h1>${say.title}</h1>
      <section class="panel">
        ${
          lines.length === 0
            ? html`<div class="empty"><p class="strong">${say.none}</p><p>${say.noneHint}</p></div>`
            : html`<h2 class="big">${mark(level)}${say[level]}</h2>`
        }
        <ul class="checks" aria-label=${say.checks}>${lines.map(check)}</ul>
      </section>
      <${Flows} /><${Outputs} />
    </div>
    <div class="side">${known && device(known)}${known && html`<${Software} known=${known} />`}<${Outbox} /></div>
  </div>`;
}
