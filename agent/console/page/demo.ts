// agent/console page: the demo's own panel. In: a press, and a second one to be sure. Out: POST /api/demo/fresh.
import { signal } from '@preact/signals';
import { html } from './html.ts';
import { words } from './prefs.ts';
import { state } from './store.ts';

const step = signal<'idle' | 'sure' | 'busy'>('idle');
const failure = signal<string | null>(null);

async function begin(): Promise<void> {
  step.value = 'busy';
  failure.value = null;
  try {
    const answer = await fetch('/api/demo/fresh', { method: 'POST' });
    if (!answer.ok) failure.value = ((await answer.json()) as { error: string }).error;
  } catch (error) {
    failure.value = error instanceof Error ? error.message : String(error);
  }
  step.value = 'idle';
}

/** Shown only where the box runs the demo. */
export function Demo() {
  if (!state.value?.demo) return null;
  const { demo: say } = words.value;
  const to = (next: 'idle' | 'sure') => () => {
    step.value = next;
  };
  return html`<section class="panel demo">
    <h2>${say.title}</h2>
    <p class="soft">${step.value === 'sure' ? say.sure : step.value === 'busy' ? say.busy : say.text}</p>
    ${step.value === 'idle' && html`<button type="button" class="button" onClick=${to('sure')}>${say.fresh}</button>`}
    ${
      step.value === 'sure' &&
      html`<div class="buttons">
        <button type="button" class="button danger" onClick=${begin}>${say.yes}</button>
        <button type="button" class="button" onClick=${to('idle')}>${say.no}</button>
      </div>`
    }
    ${failure.value !== null && html`<p class="reason" role="alert">${say.failed(failure.value)}</p>`}
  </section>`;
}
