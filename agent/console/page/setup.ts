// agent/console page: the room in which zones and lines are drawn on the live picture, with the rules beside them. In: the
// draft, the live picture. Out: changes of the draft; nothing is in force before it is saved.
import { signal } from '@preact/signals';
import { selfCrossing } from '../../config/polygon.ts';
import { addLine, addZone, type DraftCamera, kindsOf, shapesOf, withLine, withZone } from './draft.ts';
import * as editing from './editing.ts';
import { checkboxes, textField, wrongs } from './fields.ts';
import { around, dropCorner, dropShape, growCorner, insideNow, pick, view, viewOf } from './handling.ts';
import { html, type Node } from './html.ts';
import { chip, mark } from './marks.ts';
import { Cameras } from './picture.ts';
import { inLang, when, words } from './prefs.ts';
import { Rules } from './rules.ts';
import { boundsOf, type Shape } from './shapes.ts';
import { Sketch } from './sketch.ts';
import { state } from './store.ts';

const { picked, base, dirty, drawn, drawnAt, faultsAt } = editing;
/** Whether the deletion of an edit waits for a second press. */
const sure = signal(false);

/** What a street camera counts, of what the detector knows; and what is counted already. */
const COUNTED = ['person', 'bicycle', 'motorcycle', 'car', 'bus', 'truck'];

const button = (text: string, act: () => void, kind = '', off = false): Node =>
  html`<button type="button" class=${`button ${kind}`} disabled=${off} onClick=${act}>${text}</button>`;

function tools(camera: DraftCamera): Node {
  const { setup: say } = words.value;
  const now = picked.value;
  const zoom = () => {
    const [width, height] = camera.picture;
    const shape = now && shapesOf(camera).find((one) => one.kind === now.kind && one.index === now.index);
    view.value = around(
      camera,
      shape ? boundsOf(shape.points) : [width * 0.4, height * 0.4, width * 0.2, height * 0.2],
    );
  };
  return html`<div class="buttons tools">
    ${button(say.addZone, () => {
      const kind = kindsOf(editing.draft.value!.now)[0] ?? 'no-parking';
      editing.changeCamera(null, (one) => addZone(one, viewOf(one), kind));
      pick('zone', camera.zones.length);
    })}
    ${button(say.addLine, () => {
      editing.changeCamera(null, (one) => addLine(one, viewOf(one), ['person', 'car']));
      pick('line', camera.lines.length);
    })}
    ${view.value === null ? button(say.closer, zoom) : button(say.whole, () => (view.value = null))}
  </div>`;
}

/** Whether there is a draft, and what can be done with it. Always in reach of a thumb. */
function DraftBar() {
  const { setup: say } = words.value;
  const { faults, failure, busy, saved, draft } = editing;
  const lost = editing.overtaken.value && dirty.value;
  return html`<section class=${`panel draftbar ${dirty.value ? 'open' : ''}`}>
    <p class="strong" role="status">
      ${dirty.value ? html`${mark('warn')}${say.draft}` : saved.value !== null ? html`${mark('ok')}${say.saved}` : say.same}
    </p>
    ${
      lost &&
      html`<div role="alert"><p class="reason">${say.overtaken}</p>
        <div class="buttons">${button(say.mine, () => void editing.keepMine())}${button(say.theirs, () => void editing.discard())}</div></div>`
    }
    ${
      faults.value.length > 0 &&
      html`<div role="alert"><p class="reason strong">${say.faults(faults.value.length)}</p>
        <ul class="faults">${faults.value.slice(0, 5).map((one) => html`<li class="reason">${inLang(one)} <span class="soft">${one.path}</span></li>`)}</ul></div>`
    }
    ${failure.value !== null && html`<p class="reason" role="alert">${say.failed(failure.value)}</p>`}
    <div class="buttons">
      ${button(busy.value ? say.saving : say.save, () => void editing.save(), 'main', !dirty.value || busy.value || lost)}
      ${button(say.undo, editing.undo, '', (draft.value?.past.length ?? 0) === 0)}
      ${dirty.value && button(say.discard, () => void editing.discard(), '', busy.value)}
    </div>
  </section>`;
}

function counted(camera: DraftCamera, polygon: DraftCamera['zones'][number]['polygon']): string {
  const { setup: say, name } = words.value;
  const things = insideNow(camera, polygon).map((one) => one.class);
  const kinds = [...new Set(things)].map((kind) => say.of(things.filter((one) => one === kind).length, name(kind)));
  return say.inside(things.length, kinds.join(say.comma));
}

function names(
  id: string,
  path: string,
  now: { zh: string; en: string },
  put: (name: { zh: string; en: string }) => void,
) {
  const { setup: say } = words.value;
  return html`<div class="two">
    ${textField({ id: `${id}-zh`, label: say.nameZh, value: now.zh, max: 200, faults: faultsAt(`${path}.name.zh`), put: (zh) => put({ ...now, zh }) })}
    ${textField({ id: `${id}-en`, label: say.nameEn, value: now.en, max: 200, faults: faultsAt(`${path}.name.en`), put: (en) => put({ ...now, en }) })}
  </div>`;
}

function zonePanel(camera: DraftCamera, index: number): Node {
  const { setup: say, duration } = words.value;
  const zone = camera.zones[index]!;
  const shape: Shape = { kind: 'zone', index, points: zone.polygon };
  const path = `cameras.${drawnAt.value}.zones.${index}`;
  const id = `zone-${index}`;
  const document = editing.draft.value!.now;
  const rules = document.profile.rules.filter((rule) => rule.zones.includes(zone.kind));
  const corner = picked.value?.corner ?? null;
  const put = (about: string, more: Partial<typeof zone>) =>
    editing.changeCamera(`${id} ${about}`, (one) => withZone(one, index, more));
  return html`<section class="panel shape" aria-label=${inLang(zone.name)}>
    <div class="head"><h2>${inLang(zone.name)}</h2>${closer()}</div>
    <p class="strong num" role="status">${counted(camera, zone.polygon)}</p>
    ${selfCrossing(zone.polygon) && html`<p class="reason" role="alert">${say.crossing}</p>`}
    ${wrongs(id, faultsAt(`${path}.polygon`))}
    ${names(id, path, zone.name, (name) => put('name', { name }))}
    ${textField({ id: `${id}-kind`, label: say.kind, value: zone.kind, max: 40, list: kindsOf(document), faults: faultsAt(`${path}.kind`), put: (kind) => put('kind', { kind: kind.toLowerCase() }) })}
    <p class="soft">
      ${
        rules.length === 0
          ? say.unwatched
          : say.watched(
              rules
                .map((rule) =>
                  say.rule(
                    inLang(base.value?.codes[rule.code] ?? { zh: rule.id, en: rule.id }),
                    duration(rule.dwell_s.value),
                  ),
                )
                .join(say.comma),
            )
      }
    </p>
    <div class="buttons">
      ${button(say.addCorner, () => growCorner(shape, corner ?? longest(shape)))}
      ${corner !== null && zone.polygon.length > 3 && button(say.dropCorner, () => dropCorner(shape, corner))}
      ${button(say.deleteZone, () => dropShape(shape), 'bad')}
    </div>
  </section>`;
}

/** The longest edge: where a corner is missed most. */
function longest({ points }: Shape): number {
  const length = (i: number) => {
    const [a, b] = [points[i]!, points[(i + 1) % points.length]!];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  return points.reduce((best, _, i) => (length(i) > length(best) ? i : best), 0);
}

const closer = () =>
  html`<button
    type="button"
    class="plain"
    onClick=${() => {
      picked.value = null;
    }}
  >${words.value.setup.done}</button>`;

function linePanel(camera: DraftCamera, index: number): Node {
  const { setup: say, name: nameOf } = words.value;
  const line = camera.lines[index]!;
  const path = `cameras.${drawnAt.value}.lines.${index}`;
  const id = `line-${index}`;
  const known = base.value?.classes ?? [];
  const all = [...new Set([...COUNTED.filter((one) => known.includes(one)), ...line.classes])];
  const put = (about: string | null, more: Partial<typeof line>) =>
    editing.changeCamera(about && `${id} ${about}`, (one) => withLine(one, index, more));
  return html`<section class="panel shape" aria-label=${inLang(line.name)}>
    <div class="head"><h2>${inLang(line.name)}</h2>${closer()}</div>
    <p class="soft">${say.ways}</p>
    ${wrongs(
      id,
      faultsAt(path).filter((one) => one.path === path),
    )}
    ${names(id, path, line.name, (name) => put('name', { name }))}
    ${checkboxes({
      id: `${id}-classes`,
      legend: say.classes,
      all: all.map((value) => ({ value, text: nameOf(value) })),
      chosen: line.classes,
      least: 1,
      faults: faultsAt(`${path}.classes`),
      put: (classes) => put(null, { classes }),
    })}
    <div class="buttons">${button(say.deleteLine, () => dropShape({ kind: 'line', index, points: [line.from, line.to] }), 'bad')}</div>
  </section>`;
}

function list(camera: DraftCamera): Node {
  const { setup: say } = words.value;
  const item = (kind: Shape['kind'], index: number, name: string, about: string, wrong: boolean) =>
    html`<li key=${`${kind}${index}`}>
      <button
        type="button"
        aria-pressed=${picked.value?.kind === kind && picked.value.index === index}
        onClick=${() => pick(kind, index)}
      >
        <span class="grow"><span class="strong">${name}</span><span class="soft block num">${about}</span></span>
        ${wrong && mark('bad')}
      </button>
    </li>`;
  const at = `cameras.${drawnAt.value}`;
  return html`<section class="panel list">
    <h2>${say.shapes}</h2>
    ${camera.zones.length + camera.lines.length === 0 ? html`<p class="empty">${say.none}</p>` : html`<p class="soft">${say.hint}</p>`}
    <ul>
      ${camera.zones.map((zone, i) => item('zone', i, inLang(zone.name), `${zone.kind} · ${counted(camera, zone.polygon)}`, faultsAt(`${at}.zones.${i}`).length > 0))}
      ${camera.lines.map((line, i) => item('line', i, inLang(line.name), line.classes.map(words.value.name).join(say.comma), faultsAt(`${at}.lines.${i}`).length > 0))}
    </ul>
    <p class="soft keys">${say.keys}</p>
  </section>`;
}

/** Where what is in force comes from, and the way back. */
function Origin() {
  const { origin: say } = words.value.setup;
  const site = state.value?.site ?? null;
  if (site === null) return null;
  const fact = (name: string, value: Node) => html`<div><dt>${name}</dt><dd class="num">${value}</dd></div>`;
  const drop = (text: string) =>
    sure.value
      ? html`<p>${say.sure}</p>
          <div class="buttons">
            ${button(
              say.yes,
              () => {
                sure.value = false;
                void editing.forget();
              },
              'danger',
              editing.busy.value,
            )}
            ${button(say.no, () => (sure.value = false))}
          </div>`
      : html`<div class="buttons">${button(text, () => (sure.value = true))}</div>`;
  return html`<section class="panel origin">
    <div class="row"><h2>${say.title}</h2>${chip(site.from === 'edited' ? 'warn' : 'ok', say[site.from])}</div>
    <dl class="facts wide">
      ${fact(say.version, site.version)} ${site.since !== null && fact(say.since, when(site.since))}
    </dl>
    <p class="soft">${say.rule}</p>
    ${site.fault && html`<p class="reason">${say.fault(site.fault.what)}</p>`}
    ${
      site.aside &&
      html`<p>${say.aside(site.aside.version)}</p>
        ${base.value?.other && html`<div class="buttons">${button(say.again, editing.takeOther)}</div>`} ${drop(say.drop)}`
    }
    ${site.from === 'edited' && drop(say.back)}
  </section>`;
}

function chosen(camera: DraftCamera): Node {
  const now = picked.value;
  if (now?.kind === 'zone' && camera.zones[now.index]) return zonePanel(camera, now.index);
  if (now?.kind === 'line' && camera.lines[now.index]) return linePanel(camera, now.index);
  return null;
}

/** The room. */
export function Setup() {
  const camera = drawn.value;
  const { room, setup: say } = words.value;
  if (!camera) {
    return html`<h1>${room.setup}</h1>
      <div class="panel ghost"><p class="soft">${editing.failure.value ?? say.loading}</p><i></i></div>`;
  }
  return html`<div class="columns setup">
    <h1 class="said">${room.setup}</h1>
    <div class="stand">
      <section class="live" aria-label=${say.sketch}><${Cameras} /><${Sketch} /></section>
      ${tools(camera)}
    </div>
    <div class="side">${chosen(camera)}${list(camera)}<${Rules} /><${Origin} /></div>
    <${DraftBar} />
  </div>`;
}
