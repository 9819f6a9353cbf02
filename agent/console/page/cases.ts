// agent/console page: the cases, as cards. In: the cases of the store. Out: what was reported, with its two pictures.
import type { ApiCase } from '../api.ts';
import { html, type Node } from './html.ts';
import { chip } from './marks.ts';
import { Outbox } from './outbox.ts';
import { type Box, cropAround } from './place.ts';
import { at, inLang, now, when, words } from './prefs.ts';
import { cases, shortestLimit } from './store.ts';

/** How many the box gives at once. */
const SHOWN = 100;

type Evidence = ApiCase['evidence'][number];

/** A picture that is no longer kept says so in its place. */
const markMissing = (event: Event) => (event.currentTarget as Element).parentElement?.classList.add('missing');

/** One picture of a case, or the part of it that `part` names; the object is framed. */
export function evidencePicture(one: Evidence, part: Box | null): Node {
  const [x, y, w, h] = part ?? [0, 0, one.width, one.height];
  const { role, lost } = words.value.cases;
  return html`<svg
    class="shot"
    viewBox=${`${x} ${y} ${w} ${h}`}
    preserveAspectRatio="xMidYMid slice"
    role="img"
    aria-label=${`${role[one.role]} ${at(one.at)}`}
    style=${{ aspectRatio: `${w} / ${h}` }}
  >
    <text x=${x + w / 2} y=${y + h / 2} font-size=${w / 16}>${lost}</text>
    <image href=${one.url} width=${one.width} height=${one.height} onError=${markMissing} />
    <rect class="halo" x=${one.box[0]} y=${one.box[1]} width=${one.box[2]} height=${one.box[3]} rx="2" />
    <rect class="line" x=${one.box[0]} y=${one.box[1]} width=${one.box[2]} height=${one.box[3]} rx="2" />
  </svg>`;
}

/** The part of a case's pictures around the object: the same of each, so that the eye compares one place. */
export function commonPart(one: ApiCase): Box | null {
  const first = one.evidence[0];
  if (first === undefined) return null;
  const boxes = one.evidence.map((picture) => picture.box);
  return cropAround(boxes, first.width, first.height, 4 / 3);
}

/** The first two pictures side by side. */
export function pair(one: ApiCase): Node {
  const part = commonPart(one);
  return html`<div class="pair">
    ${one.evidence.slice(0, 2).map(
      (picture) => html`<figure>
        ${evidencePicture(picture, part)}
        <figcaption>${words.value.cases.role[picture.role]} <time class="num">${at(picture.at)}</time></figcaption>
      </figure>`,
    )}
  </div>`;
}

/** The deadline as a countdown, or that it is not known. */
export function deadline(one: ApiCase): Node {
  const { cases: say, unknown, duration } = words.value;
  if (one.deadline === undefined) return html`<span class="soft">${unknown}</span>`;
  const left = (one.deadline - now.value) / 1000;
  const text = left >= 0 ? say.left(duration(left)) : say.over(duration(-left));
  return html`${chip(left < 0 ? 'bad' : 'idle', text)} <time class="num soft">${at(one.deadline)}</time>`;
}

/** A flow reports what it was told: nothing was timed, and there is no picture. */
export const byFlow = (one: ApiCase): boolean => one.rule.id === 'flow';

/** How long it lasted and what was allowed; nothing where nothing was timed. */
export function lasted(one: ApiCase): Node {
  if (byFlow(one)) return null;
  const { cases: say, duration } = words.value;
  const { dwell_s, limit_s } = one.rule;
  return html`<div>
    <dt>${say.fact.lasted}</dt>
    <dd><span class="num">${duration(dwell_s)}<span class="soft block">${say.allowed(duration(limit_s))}</span></span></dd>
  </div>`;
}

export const owner = (one: ApiCase): Node =>
  one.owner ? `${one.owner.unit} · ${one.owner.handler}` : html`<span class="soft">${words.value.unknown}</span>`;

export const codes = (one: ApiCase): Node =>
  html`<span class="codes num">
    <span>${one.code}</span>${one.code2013 && html`<span>${words.value.cases.code2013(one.code2013)}</span>`}
  </span>`;

export const progress = (one: ApiCase): Node =>
  html`<span class="chips">
    ${chip('idle', words.value.cases.state[one.state])}
    ${chip(one.upstream === 'acknowledged' ? 'ok' : 'warn', words.value.cases.upstream[one.upstream])}
  </span>`;

/** One case as a card. */
export function card(one: ApiCase): Node {
  const { cases: say } = words.value;
  const fact = (name: string, value: Node) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<article class=${one.evidence.length > 0 ? 'panel case' : 'panel case bare'} key=${one.id}>
    ${one.evidence.length > 0 && pair(one)}
    <div class="head">
      <h3><a href=${`#/cases/${one.id}`}>${inLang(one.name)}</a></h3>
      ${codes(one)}
    </div>
    <p class="soft num">${when(one.until)}</p>
    <dl class="facts">
      ${fact(say.fact.place, html`${inLang(one.place.text)}${one.place.grid && html`<span class="soft num block">${say.fact.grid} ${one.place.grid}</span>`}`)}
      ${lasted(one)}
      ${fact(say.fact.owner, owner(one))} ${fact(say.fact.deadline, deadline(one))}
    </dl>
    ${progress(one)}
  </article>`;
}

/** What is said where there is no case. */
export function noCase(): Node {
  const limit = shortestLimit.value;
  const { cases: say, duration } = words.value;
  return html`<div class="empty">
    <p class="strong">${say.none}</p>
    <p>${say.noneHint(limit === null ? null : duration(limit))}</p>
  </div>`;
}

/** The frame of a card that is still coming. */
export const waiting = (): Node =>
  html`<div class="panel case ghost" aria-hidden="true"><div class="pair"><i></i><i></i></div><i></i><i></i></div>`;

/** The room of the cases. */
export function Cases() {
  const { cases: say } = words.value;
  const all = cases.value;
  return html`<div class="columns list">
    <div class="main">
      <h1>${say.title}</h1>
      ${all === null && waiting()} ${all?.length === 0 && html`<div class="panel">${noCase()}</div>`}
      <div class="cards">${all?.map(card)}</div>
      ${all && all.length >= SHOWN && html`<p class="soft">${say.limit(all.length)}</p>`}
    </div>
    <div class="side"><${Outbox} /></div>
  </div>`;
}
