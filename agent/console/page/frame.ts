// agent/console page: what stands around every room: status line, rooms, display settings, and the lost connection.
import { signal } from '@preact/signals';
import { html, type Node } from './html.ts';
import { chip, mark, roomSign } from './marks.ts';
import { at, chooseLang, chooseTheme, lang, now, THEMES, theme, words } from './prefs.ts';
import { linkVerdict, worst } from './status.ts';
import { cases, contact, rooms, route, state } from './store.ts';

const displayOpen = signal(false);

function choice(name: string, value: string, chosen: string, text: string, choose: () => void, hint?: string): Node {
  return html`<label class="choice">
    <input type="radio" name=${name} value=${value} checked=${value === chosen} onChange=${choose} />
    <span lang=${hint}>${text}</span>
  </label>`;
}

function Display() {
  const { display } = words.value;
  return html`<div id="display" class=${displayOpen.value ? 'display open' : 'display'}>
    <fieldset>
      <legend>${display.lang}</legend>
      <div class="choices">
        ${choice('lang', 'zh', lang.value, '中文', () => chooseLang('zh'), 'zh-CN')}
        ${choice('lang', 'en', lang.value, 'English', () => chooseLang('en'), 'en')}
      </div>
    </fieldset>
    <fieldset>
      <legend>${display.theme}</legend>
      <div class="choices">
        ${THEMES.map((one) => choice('theme', one, theme.value, display.themes[one], () => chooseTheme(one)))}
      </div>
    </fieldset>
  </div>`;
}

function StatusLine() {
  const link = linkVerdict.value;
  return html`<header class="bar">
    <div class="who">
      <p class="device">${state.value?.device ?? words.value.product}</p>
      <p class="facts">
        ${link && html`<span class="fact">${mark(link.tone)}${link.text}</span>`}
        <time class="fact num">${at(now.value)}</time>
      </p>
    </div>
    <a class="worst" href="#/health">${chip(worst.value.tone, worst.value.text)}</a>
    <button
      type="button"
      class="plain toggle"
      aria-expanded=${displayOpen.value}
      aria-controls="display"
      onClick=${() => {
        displayOpen.value = !displayOpen.value;
      }}
    >
      ${words.value.display.title}
    </button>
  </header>`;
}

function Rooms() {
  const count = cases.value?.length ?? 0;
  return html`<nav class="rooms" aria-label=${words.value.rooms}>
    ${rooms.value.map(
      (room) => html`<a href=${`#/${room}`} aria-current=${route.value.room === room ? 'page' : undefined}>
        ${roomSign(room)}<span>${words.value.room[room]}</span>
        ${room === 'cases' && count > 0 && html`<span class="count num">${count}</span>`}
      </a>`,
    )}
  </nav>`;
}

function Contact() {
  if (contact.value !== 'lost') return null;
  return html`<div class="notice bad" role="alert">
    ${mark('bad')}
    <div>
      <p class="strong">${words.value.contact.lost}</p>
      <p>${words.value.contact.remedy}</p>
    </div>
  </div>`;
}

/** The page around a room. */
export function Frame({ children }: { children?: Node }) {
  return html`<div class="app">
    <a
      class="skip"
      href="#main"
      onClick=${(event: Event) => {
        event.preventDefault();
        document.getElementById('main')?.focus();
      }}
      >${words.value.skip}</a
    >
    <div class="rail">
      <${StatusLine} />
      <${Display} />
      <${Rooms} />
    </div>
    <main id="main" tabindex="-1">
      <${Contact} />
      ${children}
    </main>
  </div>`;
}
