// agent/console page: the few signs. A level is never colour alone: each has its own shape, and a word stands beside it.
import { html, type Node } from './html.ts';
import type { Room } from './store.ts';

export type Tone = 'ok' | 'warn' | 'bad' | 'idle';

const SHAPES: Record<Tone, Node> = {
  ok: html`<circle cx="6" cy="6" r="5" />`,
  warn: html`<path d="M6 .8 11.6 11H.4z" />`,
  bad: html`<path d="M6 0l6 6-6 6-6-6z" />`,
  idle: html`<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="2" />`,
};

/** The shape of a level, in its colour. */
export const mark = (tone: Tone): Node =>
  html`<svg class=${`mark ${tone}`} viewBox="0 0 12 12" aria-hidden="true">${SHAPES[tone]}</svg>`;

/** A word in its level's colour, with the level's shape. */
export const chip = (tone: Tone, text: string): Node => html`<span class=${`chip ${tone}`}>${mark(tone)}${text}</span>`;

const ROOMS: Record<Room, Node> = {
  now: html`<path d="M3 7.5A2.5 2.5 0 0 1 5.500 5h8A2.5 2.500 0 0 1 16 7.500v9a2.500 2.500 0 0 1-2.500 2.500h-8A2.500 2.500 0 0 1 3 16.500zM16 10.500l5-2.500v8l-5-2.500" />`,
  cases: html`<path d="M6 3h9l4 4v14H6zM9.500 9h6M9.500 13h6M9.500 17h4" />`,
  vehicle: html`<path d="M2.500 16.500V7h11v9.500M13.500 10h4l4 3.500v3h-3M8.500 16.500h5M6 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM16.500 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z" />`,
  setup: html`<path d="M5 6l9-2 5 7-3 9H6zM5 6v0M14 4v0" /><circle cx="5" cy="6" r="1.500" /><circle cx="14" cy="4" r="1.500" /><circle cx="19" cy="11" r="1.500" /><circle cx="16" cy="20" r="1.500" /><circle cx="6" cy="20" r="1.500" />`,
  health: html`<path d="M2.500 12.500h4l2.500-7 5 13 2.500-6h5" />`,
};

/** The sign of a room; its word always stands beneath or beside it. */
export const roomSign = (room: Room): Node =>
  html`<svg class="sign" viewBox="0 0 24 24" aria-hidden="true">${ROOMS[room]}</svg>`;

/** A ring that is filled by a share 0..1; `text` stands in its middle. */
export const ring = (share: number, text: string, tone: Tone): Node => {
  const round = 2 * Math.PI * 20;
  return html`<svg class=${`ring ${tone}`} viewBox="0 0 48 48" aria-hidden="true">
    <circle class="track" cx="24" cy="24" r="20" />
    <circle class="fill" cx="24" cy="24" r="20" stroke-dasharray=${`${Math.min(share, 1) * round} ${round}`} />
    <text x="24" y="29">${text}</text>
  </svg>`;
};
