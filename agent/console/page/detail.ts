// agent/console page: one case: what happened when, on which evidence, by which rule, and what was masked.
import type { ApiCase } from '../api.ts';
import { byFlow, codes, commonPart, deadline, evidencePicture, lasted, owner, progress } from './cases.ts';
import { bytes } from './format.ts';
import { html, type Node } from './html.ts';
import { at, inLang, when, words } from './prefs.ts';
import { cases, state } from './store.ts';

function timeline(one: ApiCase): Node {
  const { cases: say, duration } = words.value;
  const part = commonPart(one);
  const stay = one.evidence.length > 1 ? duration((one.evidence.at(-1)!.at - one.evidence[0]!.at) / 1000) : '';
  return html`<section class="panel">
    <div class="row"><h2>${say.timeline}</h2><p class="soft num">${stay}</p></div>
    <ol class="timeline">
      ${one.evidence.map(
        (picture) => html`<li>
          <p class="moment"><span class="strong">${say.role[picture.role]}</span> <time class="num soft">${at(picture.at)}</time></p>
          ${evidencePicture(picture, part)}
        </li>`,
      )}
    </ol>
  </section>`;
}

function wholes(one: ApiCase): Node {
  const { cases: say } = words.value;
  return html`<section class="panel">
    <h2>${say.evidence}</h2>
    <div class="wholes">
      ${one.evidence.map(
        (picture) => html`<figure>
          ${evidencePicture(picture, null)}
          <figcaption class="num">${say.role[picture.role]} · ${picture.width} × ${picture.height} · ${bytes(picture.bytes)}</figcaption>
        </figure>`,
      )}
    </div>
  </section>`;
}

function facts(one: ApiCase): Node {
  const { cases: say } = words.value;
  const camera = state.value?.cameras.find((known) => known.id === one.camera);
  const fact = (name: string, value: Node) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
  return html`<section class="panel">
    <h2>${say.facts}</h2>
    <dl class="facts wide">
      ${fact(say.fact.place, inLang(one.place.text))}
      ${one.place.grid && fact(say.fact.grid, html`<span class="num">${one.place.grid}</span>`)}
      ${fact(say.fact.position, html`<span class="num">${one.place.lat.toFixed(5)}, ${one.place.lon.toFixed(5)}</span>`)}
      ${lasted(one)}
      ${fact(say.fact.owner, owner(one))} ${fact(say.fact.deadline, deadline(one))}
      ${fact(say.fact.certainty, html`<span class="num">${one.certainty.toFixed(2)}</span>`)}
      ${fact(say.fact.zone, inLang(one.zone_name))} ${fact(say.fact.camera, camera ? inLang(camera.name) : one.camera)}
      ${fact(say.fact.id, html`<span class="id">${one.id}</span>`)}
      ${fact(say.fact.event, html`<span class="id">${one.event}</span>`)}
    </dl>
  </section>`;
}

function trace(one: ApiCase): Node {
  const { cases: say, duration, byFlow: told } = words.value;
  const sure = (one.certainty * 100).toFixed(0);
  if (byFlow(one)) {
    return html`<section class="panel">
      <h2>${say.trace}</h2>
      <p class="say">${told(inLang(one.name), sure)}</p>
    </section>`;
  }
  const text = say.traceText({
    thing: one.class,
    zone: inLang(one.zone_name),
    dwell: duration(one.rule.dwell_s),
    limit: duration(one.rule.limit_s),
    rule: one.rule.id,
    profile: one.rule.profile,
    name: inLang(one.name),
    sure,
  });
  const persons = one.evidence.reduce((sum, picture) => sum + picture.masked.persons, 0);
  return html`<section class="panel">
    <h2>${say.trace}</h2>
    <p class="say">${text}</p>
    <h3>${say.masked}</h3>
    <p>${say.maskedText(persons)}</p>
  </section>`;
}

/** One case, whole. */
export function Detail({ id }: { id: string }) {
  const { cases: say, back } = words.value;
  const one = cases.value?.find((known) => known.id === id);
  const link = html`<p><a class="back" href="#/cases">${back}</a></p>`;
  if (one === undefined) {
    if (cases.value === null) return html`${link}<div class="panel ghost"><i></i></div>`;
    return html`${link}
      <div class="panel"><div class="empty"><h1>${say.gone}</h1><p>${say.goneHint}</p></div></div>`;
  }
  return html`${link}
    <div class="title">
      <h1>${inLang(one.name)}</h1>
      ${codes(one)}
      <p class="soft num">${when(one.until)}</p>
      ${progress(one)}
    </div>
    <div class="columns">
      <div class="main">${one.evidence.length > 0 && [timeline(one), wholes(one)]}</div>
      <div class="side">${trace(one)}${facts(one)}</div>
    </div>`;
}
