// agent/console page: how the box is, in one word. In: the store. Out: a tone and a text, the same everywhere.
import { computed } from '@preact/signals';
import type { State } from '../api.ts';
import type { Tone } from './marks.ts';
import { words } from './prefs.ts';
import { contact, state } from './store.ts';

export interface Verdict {
  tone: Tone;
  text: string;
}

/** The worst thing of all. */
export const worst = computed<Verdict>(() => {
  const { worst: say } = words.value;
  if (contact.value === 'lost') return { tone: 'bad', text: say.lost };
  const lines = state.value?.health;
  if (lines === undefined) return { tone: 'idle', text: say.loading };
  const count = (level: string) => lines.filter((line) => line.level === level).length;
  if (count('bad') > 0) return { tone: 'bad', text: say.bad(count('bad')) };
  if (count('warn') > 0) return { tone: 'warn', text: say.warn(count('warn')) };
  return { tone: 'ok', text: say.ok };
});

const LINK: Record<State['link']['state'], Tone> = { online: 'ok', connecting: 'warn', offline: 'bad', none: 'idle' };

/** The link to the centre. */
export const linkVerdict = computed<Verdict | null>(() => {
  const link = state.value?.link;
  if (link === undefined) return null;
  // without the box nobody knows how its link is
  if (contact.value === 'lost') return { tone: 'idle', text: words.value.link.unknown };
  return { tone: LINK[link.state], text: words.value.link[link.state] };
});
