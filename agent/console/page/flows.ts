// agent/console page: the flows: how they are, and their editor for a while. In: the store; a press. Out: POST
// /api/flows/editor. Never: a password that is kept: it lives in this page until the editor closes or the page does.
import { effect, signal } from '@preact/signals';
import type { EditorOpened, FlowsState } from '../api-flows.ts';
import { bytes } from './format.ts';
import { html, type Node } from './html.ts';
import { chip, type Tone } from './marks.ts';
import { at, now, words } from './prefs.ts';
import { contact, state } from './store.ts';

/** How long the editor stays open. */
const MINUTES = 30;
/** An editor that the box does not say to be open this long after it was opened is closed, ms. */
const GRACE_MS = 3000;

const key = signal<EditorOpened | null>(null);
const busy = signal(false);
const failure = signal<string | null>(null);
let told = 0;

// the box says that it is closed, or open until another time: the password is void
effect(() => {
  const editor = state.value?.flows?.editor;
  const mine = key.value;
  if (mine === null || editor === undefined || performance.now() - told < GRACE_MS) return;
  if (!editor.open || editor.until !== mine.until) key.value = null;
});

async function post(path: string, body?: object): Promise<unknown> {
  busy.value = true;
  failure.value = null;
  try {
    const more = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await fetch(path, { method: 'POST', ...more, signal: AbortSignal.timeout(15_000) });
    const said = (await answer.json()) as { error?: string };
    if (answer.ok) return said;
    failure.value = said.error ?? String(answer.status);
  } catch (error) {
    failure.value = error instanceof Error ? error.message : String(error);
  } finally {
    busy.value = false;
  }
  return null;
}

async function open(): Promise<void> {
  const opened = (await post('/api/flows/editor', { minutes: MINUTES })) as EditorOpened | null;
  if (opened === null) return;
  told = performance.now();
  key.value = opened;
}

async function close(): Promise<void> {
  await post('/api/flows/editor/close');
  key.value = null;
}

const TONES: Record<FlowsState['state'], Tone> = {
  starting: 'warn',
  running: 'ok',
  stopped: 'bad',
  safe: 'bad',
  gone: 'bad',
};

/** Whether this page is looked at on the box itself, or through a tunnel that may carry the editor too. */
const near = ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);

function how(url: string): Node {
  const { editor: say } = words.value.flows;
  const { port } = new URL(url);
  const host = near ? (state.value?.device ?? 'box') : location.hostname;
  return html`<p class="soft">${say.where(url)}</p>
    ${near && html`<p><a class="button" href=${url} target="_blank" rel="noreferrer">${say.here}</a></p>`}
    <p class="soft">${say.tunnel}</p>
    <p><code class="id tunnel">${`ssh -L ${port}:127.0.0.1:${port} user@${host}`}</code></p>`;
}

function secret(opened: EditorOpened): Node {
  const { editor: say } = words.value.flows;
  return html`<dl class="facts wide secret">
      <div><dt>${say.user}</dt><dd class="id">${opened.user}</dd></div>
      <div><dt>${say.password}</dt><dd class="id" data-password>${opened.password}</dd></div>
    </dl>
    <p class="soft">${say.once}</p>`;
}

function editor({ editor: known, state: mode }: FlowsState): Node {
  const { flows, duration } = words.value;
  const { editor: say } = flows;
  const mine = key.value;
  const url = mine?.url ?? known.url;
  const until = mine?.until ?? known.until;
  const off = busy.value || contact.value === 'lost' || mode === 'gone';
  const button = (text: string, act: () => Promise<void>, kind = '') =>
    html`<button type="button" class=${`button ${kind}`} disabled=${off} onClick=${() => void act()}>${text}</button>`;
  return html`<h3>${say.title}</h3>
    ${
      url === null || until === null
        ? html`<p class="soft">${say.closed}</p>
            ${button(busy.value ? say.opening : say.open(MINUTES), open)}`
        : html`<p class="strong num" role="timer">${say.left(duration(Math.max(0, Math.round((until - now.value) / 1000))))}</p>
            ${mine ? secret(mine) : html`<p class="soft">${say.others}</p>`} ${how(url)}
            <div class="buttons">${button(say.close, close)} ${mine === null && button(say.again, open)}</div>`
    }
    ${failure.value !== null && html`<p class="reason" role="alert">${say.failed(failure.value)}</p>`}`;
}

/** Only where the box runs flows. */
export function Flows() {
  const known = state.value?.flows ?? null;
  const { flows: say } = words.value;
  if (known === null) return null;
  const tone = contact.value === 'lost' ? 'idle' : TONES[known.state];
  return html`<section class="panel flows">
    <div class="row"><h2>${say.title}</h2>${chip(tone, say.state[known.state])}</div>
    <p class="soft">${say.hint}</p>
    ${known.rss !== null && html`<p class="soft num">${say.facts(known.nodes, bytes(known.rss))}${known.node_red && ` · ${say.version(known.node_red)}`}</p>`}
    ${known.last_end && html`<p class="soft num">${say.ended(at(known.last_end.at), known.last_end.reason)}</p>`}
    ${editor(known)}
  </section>`;
}
