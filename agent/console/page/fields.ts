// agent/console page: the few kinds of field of a form. In: a name, a value, what is wrong with it. Out: a labelled control
// large enough for a thumb, whose faults stand below it and are told to a screen reader.
import type { SiteFault } from '../api-site.ts';
import { html, type Node } from './html.ts';
import { inLang } from './prefs.ts';

interface Field {
  /** of the page: unique */
  id: string;
  label: string;
  faults?: readonly SiteFault[];
}

/** What is wrong, below the field. */
export const wrongs = (id: string, faults: readonly SiteFault[]): Node =>
  faults.length > 0 && html`<p class="reason" id=${`${id}-wrong`}>${faults.map((one) => inLang(one)).join(' ')}</p>`;

const described = ({ id, faults = [] }: Field) => (faults.length > 0 ? `${id}-wrong` : undefined);

interface TextField extends Field {
  value: string;
  max: number;
  /** other values to choose from */
  list?: readonly string[];
  put(value: string): void;
}

export function textField(field: TextField): Node {
  const { id, label, value, max, list, put, faults = [] } = field;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type="text"
      maxlength=${max}
      value=${value}
      list=${list && `${id}-list`}
      autocomplete="off"
      aria-invalid=${faults.length > 0}
      aria-describedby=${described(field)}
      onInput=${(event: Event) => put((event.currentTarget as HTMLInputElement).value)}
    />
    ${list && html`<datalist id=${`${id}-list`}>${list.map((one) => html`<option value=${one}></option>`)}</datalist>`}
    ${wrongs(id, faults)}
  </div>`;
}

interface NumberField extends Field {
  value: number;
  min: number;
  max: number;
  whole?: boolean;
  put(value: number): void;
}

/** A number; while it is none (an empty field) nothing is changed. */
export function numberField(field: NumberField): Node {
  const { id, label, value, min, max, whole = false, put, faults = [] } = field;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type="number"
      class="num"
      inputmode=${whole ? 'numeric' : 'decimal'}
      min=${min}
      max=${max}
      step=${whole ? 1 : 'any'}
      value=${value}
      aria-invalid=${faults.length > 0}
      aria-describedby=${described(field)}
      onInput=${(event: Event) => {
        const { valueAsNumber } = event.currentTarget as HTMLInputElement;
        if (Number.isFinite(valueAsNumber)) put(valueAsNumber);
      }}
    />
    ${wrongs(id, faults)}
  </div>`;
}

interface Choices {
  id: string;
  legend: string;
  all: readonly { value: string; text: string }[];
  chosen: readonly string[];
  /** the last one cannot be taken away */
  least?: number;
  faults?: readonly SiteFault[];
  put(chosen: string[]): void;
}

/** Any of several. */
export function checkboxes({ id, legend, all, chosen, least = 0, faults = [], put }: Choices): Node {
  return html`<fieldset class="ticks">
    <legend>${legend}</legend>
    ${all.map(({ value, text }) => {
      const on = chosen.includes(value);
      return html`<label key=${value} class="tick">
        <input
          type="checkbox"
          checked=${on}
          disabled=${on && chosen.length <= least}
          onChange=${() => put(on ? chosen.filter((one) => one !== value) : [...chosen, value])}
        />
        <span>${text}</span>
      </label>`;
    })}
    ${wrongs(id, faults)}
  </fieldset>`;
}

export function timeField(id: string, label: string, value: string, put: (value: string) => void): Node {
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type="time"
      class="num"
      value=${value}
      onInput=${(event: Event) => {
        const next = (event.currentTarget as HTMLInputElement).value;
        if (/^\d\d:\d\d$/.test(next)) put(next);
      }}
    />
  </div>`;
}
