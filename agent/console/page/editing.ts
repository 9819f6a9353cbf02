// agent/console page: the draft that is worked on, between the box and the views. In: GET /api/site, changes, the state's
// word that something else is in force. Out: the draft, what is wrong with it, PUT and DELETE. Never: a draft lost by what
// the box says meanwhile, by another room, or by a page that is loaded anew; one saved over a state that nobody saw.
import { batch, computed, effect, signal } from '@preact/signals';
import type { SiteAnswer, SiteDocument, SiteFault } from '../api-site.ts';
import { begin, changed, type Draft, type DraftCamera, step, undone, withCamera } from './draft.ts';
import type { Picked } from './shapes.ts';
import { route, camera as shownCamera, state } from './store.ts';

const KEY = 'kerbside.draft';
const PATIENCE_MS = 15_000;

/** What was in force when the draft was begun; null until it is known. */
export const base = signal<SiteAnswer | null>(null);
export const draft = signal<Draft | null>(null);
export const picked = signal<Picked | null>(null);
export const faults = signal<readonly SiteFault[]>([]);
/** why the last request failed */
export const failure = signal<string | null>(null);
export const busy = signal(false);
/** when the draft was put in force, until it is changed again */
export const saved = signal<number | null>(null);

export const dirty = computed(
  () => draft.value !== null && base.value !== null && changed(draft.value, base.value.site),
);
/** Something else is in force than what the draft was begun with. */
export const overtaken = computed(() => {
  const now = state.value?.site?.revision;
  return now !== undefined && base.value !== null && now !== base.value.revision;
});
/** The camera that is drawn on, as the draft has it. */
export const drawn = computed<DraftCamera | null>(
  () => draft.value?.now.cameras.find(({ id }) => id === shownCamera.value?.id) ?? null,
);
/** Its place in the document, for the paths of faults. */
export const drawnAt = computed(() => draft.value?.now.cameras.findIndex(({ id }) => id === drawn.value?.id) ?? -1);

/** Faults at a path or below it. */
export const faultsAt = (path: string): SiteFault[] =>
  faults.value.filter((one) => one.path === path || one.path.startsWith(`${path}.`));

function put(next: Draft): void {
  batch(() => {
    draft.value = next;
    saved.value = null;
  });
}

/** A change of the whole document. @param about see `step` */
export function change(about: string | null, make: (document: SiteDocument) => SiteDocument): void {
  if (draft.value) put(step(draft.value, make(draft.value.now), about));
}

/** A change of the camera that is drawn on. */
export function changeCamera(about: string | null, make: (camera: DraftCamera) => DraftCamera): void {
  const id = drawn.value?.id;
  if (id !== undefined) change(about, (document) => withCamera(document, id, make));
}

/** The next change is a step of its own. */
export function settle(): void {
  if (draft.value) draft.value = { ...draft.value, about: null };
}

export function undo(): void {
  if (!draft.value) return;
  put(undone(draft.value));
  const shapes = drawn.value;
  const now = picked.value;
  const there = now && shapes?.[now.kind === 'zone' ? 'zones' : 'lines'][now.index];
  if (!there) picked.value = null;
  else if (now.corner !== null && 'polygon' in there && now.corner >= there.polygon.length) {
    picked.value = { ...now, corner: null };
  }
}

function takeBase(answer: SiteAnswer): void {
  batch(() => {
    base.value = answer;
    draft.value = begin(answer.site);
    faults.value = [];
    failure.value = null;
    picked.value = null;
  });
}

/** Gives the draft up for what is in force. */
export async function discard(): Promise<void> {
  const answer = await ask('GET', '/api/site');
  if (answer) takeBase(answer);
}

/** Keeps the draft, now over what is in force: saving it replaces that. */
export async function keepMine(): Promise<void> {
  const answer = await ask('GET', '/api/site');
  if (answer) base.value = answer;
}

/** Puts the draft in force. */
export async function save(): Promise<void> {
  const now = draft.value?.now;
  if (!now || !base.value) return;
  const answer = await ask('PUT', '/api/site', now, base.value.revision);
  if (!answer) return;
  batch(() => {
    takeBase(answer);
    saved.value = Date.now();
  });
}

/** The edit that was overtaken becomes the draft: to be looked at, and saved. */
export function takeOther(): void {
  const other = base.value?.other;
  if (other) change(null, () => other);
}

/** Back to the file or the publication. */
export async function forget(): Promise<void> {
  const answer = await ask('DELETE', '/api/site/edits');
  if (answer) takeBase(answer);
}

async function ask(method: string, path: string, body?: SiteDocument, revision?: string): Promise<SiteAnswer | null> {
  batch(() => {
    busy.value = true;
    failure.value = null;
    if (method !== 'GET') faults.value = [];
  });
  try {
    const headers = { 'content-type': 'application/json', ...(revision ? { 'if-match': `"${revision}"` } : {}) };
    const more = body && { headers, body: JSON.stringify(body) };
    const answer = await fetch(path, { method, ...more, signal: AbortSignal.timeout(PATIENCE_MS) });
    const said = (await answer.json()) as SiteAnswer & { error?: string; faults?: SiteFault[] };
    if (answer.ok) return said;
    if (said.faults) faults.value = said.faults;
    else failure.value = said.error ?? String(answer.status);
  } catch (error) {
    failure.value = error instanceof Error ? error.message : String(error);
  } finally {
    busy.value = false;
  }
  return null;
}

function remembered(): { revision: string; document: SiteDocument } | null {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
  } catch {
    return null;
  }
}

/** What is not saved is kept through a page that is loaded anew. */
effect(() => {
  if (base.value === null || draft.value === null) return;
  try {
    if (dirty.value) {
      const kept = { revision: base.value.revision, document: draft.value.now };
      sessionStorage.setItem(KEY, JSON.stringify(kept));
    } else sessionStorage.removeItem(KEY);
  } catch {
    // no storage: the draft lives as long as the page
  }
});

let asking = false;
/** Reads what is in force when the room is entered, and again when that changes and nothing is drafted. */
effect(() => {
  const inside = route.value.room === 'setup' && state.value?.site != null;
  const wanted = base.value === null || (overtaken.value && !dirty.value && !busy.value);
  if (!inside || !wanted || asking) return;
  asking = true;
  const first = base.value === null;
  void ask('GET', '/api/site').then((answer) => {
    asking = false;
    if (!answer) return;
    const kept = first ? remembered() : null;
    takeBase(answer);
    if (!kept) return;
    // begun over another state: it is shown as overtaken until somebody decides
    base.value = { ...answer, revision: kept.revision };
    draft.value = step(begin(answer.site), kept.document, null);
  });
});
