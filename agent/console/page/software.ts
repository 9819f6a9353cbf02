// agent/console page: what runs on the box and how its updates went. In: the state. Out: version, slot, model, profile, and a
// line for each thing that an update wants, with its reason in words.
import type { LookerState, RunningVersion, State, UpdatesState } from '../api.ts';
import { html, type Node } from './html.ts';
import { chip, type Tone } from './marks.ts';
import { when, words } from './prefs.ts';

type Item = NonNullable<UpdatesState['repository']>['items'][number];

const TONE: Record<Item['result'], Tone> = {
  success: 'ok',
  pending: 'idle',
  trial: 'idle',
  failed: 'warn',
  refused: 'warn',
  returned: 'warn',
};

/** Name, version, and where it came from. */
function running(thing: RunningVersion | null): Node {
  const { updates: say } = words.value;
  if (!thing) return say.none;
  const from = thing.counter === null ? say.own : say.pushed(thing.counter);
  return html`${thing.name} ${thing.version} <span class="soft">· ${from}</span>`;
}

function item({ kind, name, wanted, result, reason, at }: Item): Node {
  const { updates: say } = words.value;
  return html`<li key=${`${kind} ${name}`}>
    <div class="grow">
      <p>${say.kind[kind]} ${name} ${wanted ? `${wanted.version} (${wanted.counter})` : ''}</p>
      ${reason && html`<p class="reason">${reason}</p>`}
      ${at > 0 && html`<p class="soft num">${when(at)}</p>`}
    </div>
    ${chip(TONE[result], say.result[result])}
  </li>`;
}

/** How pictures are looked at, and when that was tried. */
function looks({ runtime, weights, tried }: LookerState): Node {
  if (runtime === null || weights === null) return words.value.updates.none;
  return html`${runtime} · ${weights} ${tried && html`<span class="soft">· ${words.value.updates.tried(when(tried.at))}</span>`}`;
}

/** What each way took when it was tried, milliseconds. */
function measured({ tried }: LookerState): Node {
  const { updates: say } = words.value;
  return (tried?.runs ?? []).map(
    ({ runtime, weights, ms }) =>
      html`<div key=${`${runtime} ${weights}`}>${runtime} · ${weights} <span class="soft">· ${ms === null ? say.absent : `${ms.toFixed(1)} ms`}</span></div>`,
  );
}

/** The panel of the health room. */
export function Software({ known }: { known: State }) {
  const { updates: say } = words.value;
  const { version, commit, slot, model, profile, repository } = known.updates;
  const fact = (name: string, value: Node) => html`<div><dt>${name}</dt><dd class="num">${value}</dd></div>`;
  const wanted = repository?.items.filter((one) => one.wanted !== null || one.result !== 'success') ?? [];
  const checked = repository?.last_success ?? null;
  return html`<section class="panel software">
    <h2>${say.title}</h2>
    <dl class="facts wide">
      ${fact(say.fact.version, commit === null ? version : `${version} · ${commit.slice(0, 12)}`)}
      ${fact(say.fact.slot, slot === null ? say.checkout : slot.toUpperCase())}
      ${known.roles.includes('camera') && fact(say.fact.model, running(model))}
      ${known.looker && fact(say.fact.looks, looks(known.looker))}
      ${known.looker?.tried && fact(say.fact.measured, measured(known.looker))}
      ${known.roles.includes('camera') && fact(say.fact.profile, running(profile))}
      ${repository && fact(say.fact.checked, checked === null ? say.never : when(checked))}
    </dl>
    ${repository === null && html`<p class="soft">${say.noRepository}</p>`}
    ${repository?.fault && html`<p class="reason">${repository.fault.what}</p>`}
    ${wanted.length > 0 && html`<h3>${say.wanted}</h3>`}
    <ul class="checks" aria-label=${say.wanted}>${wanted.map(item)}</ul>
  </section>`;
}
