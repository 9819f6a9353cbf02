// agent/console page: the rules beside the zones. In: the draft. Out: which kinds each watches, how long, how many, when,
// and where each number comes from. Never: a number changed without a place to say why.
import type { Hours, Rule } from './draft.ts';
import { copiedRule, kindsOf, withoutRule, withRule } from './draft.ts';
import { base, change, draft, faultsAt } from './editing.ts';
import { checkboxes, numberField, textField, timeField } from './fields.ts';
import { html, type Node } from './html.ts';
import { inLang, words } from './prefs.ts';

/** The end of a day, as the file writes it and as a clock field can show it. */
const DAY_END = '24:00';
const DAY_START = '00:00';
const MAX_WINDOWS = 32;
const MAX_RULES = 64;

type Put = (about: string | null, more: object) => void;

function hours(windows: readonly Hours[], at: string, put: Put): Node {
  const { rules: say } = words.value.setup;
  const all = (next: readonly Hours[], about: string | null) =>
    put(about, { when: next.length > 0 ? next : undefined });
  const one = (i: number, more: Partial<Hours>, about: string | null) =>
    all(
      windows.map((window, j) => (i === j ? { ...window, ...more } : window)),
      about,
    );
  return html`<fieldset class="hours">
    <legend>${say.hours}</legend>
    ${windows.length === 0 && html`<p>${say.always}</p>`}
    ${windows.map((window, i) => {
      const days = window.days ?? [1, 2, 3, 4, 5, 6, 7];
      const toggle = (day: number) => {
        const next = days.includes(day) ? days.filter((other) => other !== day) : [...days, day].sort();
        if (next.length > 0) one(i, { days: next }, null);
      };
      return html`<div class="window" key=${i}>
        <div class="days" role="group" aria-label=${say.hours}>
          ${say.days.map(
            (name, day) => html`<button
              type="button"
              aria-pressed=${days.includes(day + 1)}
              onClick=${() => toggle(day + 1)}
            >${name}</button>`,
          )}
        </div>
        <div class="two">
          ${timeField(`${at}-from-${i}`, say.from, window.from, (from) => one(i, { from }, `${at} from ${i}`))}
          ${timeField(`${at}-to-${i}`, say.to, window.to === DAY_END ? DAY_START : window.to, (to) =>
            one(i, { to: to === DAY_START ? DAY_END : to }, `${at} to ${i}`),
          )}
        </div>
        <button
          type="button"
          class="plain"
          onClick=${() =>
            all(
              windows.filter((_, j) => j !== i),
              null,
            )}
        >${say.dropHours}</button>
      </div>`;
    })}
    ${
      windows.length < MAX_WINDOWS &&
      html`<button type="button" class="button" onClick=${() => all([...windows, { from: '08:00', to: '20:00' }], null)}>
        ${say.addHours}
      </button>`
    }
  </fieldset>`;
}

/** A number and where it comes from; says so when the number was changed and its source was not. */
function cited(
  at: string,
  path: string,
  label: string,
  now: { value: number; source: string },
  before: { value: number; source: string } | undefined,
  bounds: { min: number; max: number; whole?: boolean },
  put: (about: string, next: { value: number; source: string }) => void,
): Node {
  const { rules: say } = words.value.setup;
  const left = before && now.value !== before.value && now.source === before.source;
  return html`<div class="cited">
    ${numberField({ id: `${at}-value`, label, value: now.value, ...bounds, faults: faultsAt(`${path}.value`), put: (value) => put(`${at} value`, { ...now, value }) })}
    ${textField({ id: `${at}-source`, label: say.source, value: now.source, max: 300, faults: faultsAt(`${path}.source`), put: (source) => put(`${at} source`, { ...now, source }) })}
    ${left && html`<p class="soft note">${say.note}</p>`}
  </div>`;
}

function rule(one: Rule, index: number, before: Rule | undefined): Node {
  const { setup, name, duration } = words.value;
  const { rules: say } = setup;
  const at = `rule-${index}`;
  const path = `profile.rules.${index}`;
  const put: Put = (about, more) => change(about && `${at} ${about}`, (document) => withRule(document, index, more));
  const code = base.value?.codes[one.code];
  const { now } = draft.value!;
  const kinds = kindsOf(now);
  const all = now.profile.rules.length;
  const own = faultsAt(path);
  return html`<details class="rule" key=${one.id} data-rule=${one.id} open=${own.length > 0 || undefined}>
    <summary>
      <span class="grow">
        <span class="strong block">${code ? inLang(code) : one.code}</span>
        <span class="soft block num">${say.form[one.kind]} · ${duration(one.dwell_s.value)} · ${one.id}</span>
      </span>
    </summary>
    <p class="soft">${say.about(one.classes.map(name).join(setup.comma))}</p>
    ${checkboxes({
      id: `${at}-kinds`,
      legend: say.kinds,
      all: kinds.map((value) => ({ value, text: value })),
      chosen: one.zones,
      least: 1,
      faults: faultsAt(`${path}.zones`),
      put: (zones) => put(null, { zones }),
    })}
    ${cited(`${at}-dwell`, `${path}.dwell_s`, say.dwell, one.dwell_s, before?.dwell_s, { min: 0, max: 86400 }, (about, dwell_s) => put(about, { dwell_s }))}
    ${
      one.kind === 'dwell' &&
      Object.entries(one.dwell_s_of ?? {}).map(([thing, value]) =>
        numberField({
          id: `${at}-of-${thing}`,
          label: say.dwellOf(name(thing)),
          value,
          min: 0,
          max: 86400,
          faults: faultsAt(`${path}.dwell_s_of.${thing}`),
          put: (next) => put(`of ${thing}`, { dwell_s_of: { ...one.dwell_s_of, [thing]: next } }),
        }),
      )
    }
    ${
      one.kind === 'count' &&
      cited(
        `${at}-count`,
        `${path}.min_count`,
        say.count,
        one.min_count,
        before?.kind === 'count' ? before.min_count : undefined,
        { min: 1, max: 100, whole: true },
        (about, min_count) => put(about, { min_count }),
      )
    }
    ${hours(one.when ?? [], at, put)}
    <div class="buttons">
      ${
        all < MAX_RULES &&
        html`<button type="button" class="button" onClick=${() => change(null, (document) => copiedRule(document, index))}>
          ${say.copy}
        </button>`
      }
      ${
        all > 1 &&
        html`<button type="button" class="button bad" onClick=${() => change(null, (document) => withoutRule(document, index))}>
          ${say.drop}
        </button>`
      }
    </div>
    ${own.filter((fault) => fault.path === path || fault.path.startsWith(`${path}.when`)).map((fault) => html`<p class="reason">${inLang(fault)}</p>`)}
  </details>`;
}

/** Every rule of the site. */
export function Rules() {
  const now = draft.value?.now;
  if (!now) return null;
  const before = base.value?.site.profile.rules ?? [];
  return html`<section class="panel rules">
    <h2>${words.value.setup.rules.title}</h2>
    ${now.profile.rules.map((one, i) =>
      rule(
        one,
        i,
        before.find(({ id }) => id === one.id),
      ),
    )}
  </section>`;
}
