// agent/console page: the first module. In: the store and the address. Out: the room that is asked for.
import { effect, untracked } from '@preact/signals';
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { Cases, card, noCase } from './cases.ts';
import { Demo } from './demo.ts';
import { Detail } from './detail.ts';
import { Counts, NearMisses } from './eye.ts';
import { Frame } from './frame.ts';
import { Health } from './health.ts';
import { html } from './html.ts';
import { refresh } from './live.ts';
import { Outbox } from './outbox.ts';
import { Outputs } from './outputs.ts';
import { Gauges, Picture } from './picture.ts';
import { words } from './prefs.ts';
import { Setup } from './setup.ts';
import { camera, cases, type Route, route, state } from './store.ts';
import { startStream } from './stream.ts';
import { Debug, Timed, WhyDrawer } from './tracks.ts';
import { Vehicle } from './vehicle.ts';

function Latest() {
  const newest = cases.value?.[0];
  const { cases: say } = words.value;
  return html`<section class="latest">
    <div class="row">
      <h2>${say.latest}</h2>
      ${newest && html`<a href="#/cases">${say.all}</a>`}
    </div>
    ${newest ? card(newest) : cases.value && html`<div class="panel">${noCase()}</div>`}
  </section>`;
}

function Now() {
  return html`<div class="columns now">
    <h1 class="said">${words.value.room.now}</h1>
    <div class="stand"><${Picture} /><${Gauges} /></div>
    <div class="side"><${WhyDrawer} /><${Timed} /><${NearMisses} /><${Latest} /><${Counts} /><${Outputs} /><${Outbox} /><${Demo} /></div>
    <${Debug} />
  </div>`;
}

function room({ room: name, id }: Route) {
  if (name === 'cases') return id === null ? html`<${Cases} />` : html`<${Detail} id=${id} />`;
  if (name === 'health') return html`<${Health} />`;
  if (name === 'vehicle') return html`<${Vehicle} />`;
  if (name === 'setup') return html`<${Setup} />`;
  return html`<${Now} />`;
}

/** A new room begins at its top, and a screen reader is told so; the first one is left alone. */
function useArrival(where: string): void {
  useEffect(() => {
    if (arrived) {
      scrollTo(0, 0);
      document.getElementById('main')?.focus({ preventScroll: true });
    }
    arrived = true;
  }, [where]);
}
let arrived = false;

function App() {
  const where = route.value;
  useArrival(`${where.room}/${where.id ?? ''}`);
  return html`<${Frame}>${room(where)}<//>`;
}

effect(() => {
  document.title = `${words.value.room[route.value.room]} · ${state.value?.device ?? words.value.product}`;
});
effect(() => {
  // reads both, so that a change of either looks for a newer frame
  if (route.value.room !== 'cases' && camera.value !== null) untracked(refresh);
});
addEventListener('visibilitychange', refresh);

render(html`<${App} />`, document.getElementById('app')!);
startStream();
