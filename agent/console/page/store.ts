// agent/console page: all that the page knows, as signals. In: what the stream brings. Out: what the views read.
import { computed, signal } from '@preact/signals';
import type { ApiCase, CameraState, FrameData, State } from '../api.ts';

export type Room = 'now' | 'cases' | 'vehicle' | 'health' | 'setup';

/** Newest answer of /api/state; null until the first. */
export const state = signal<State | null>(null);
/** Newest first; null until they are known. */
export const cases = signal<readonly ApiCase[] | null>(null);
/** Whether the box speaks to this page. */
export const contact = signal<'first' | 'up' | 'lost'>('first');
/** The box's clock minus the browser's, ms. */
export const clockOffset = signal(0);

/** A frame that is on the screen: its picture and its data, never of two frames. `data` null: a picture alone. */
export interface Shown {
  picture: ImageBitmap;
  data: FrameData | null;
}
export const shown = signal<Readonly<Record<string, Shown>>>({});

/** The track whose "why" is open. */
export const selected = signal<number | null>(null);
/** Id of the chosen camera; null: the first. */
export const chosenCamera = signal<string | null>(null);

export const camera = computed<CameraState | null>(() => {
  const cameras = state.value?.cameras ?? [];
  return cameras.find((one) => one.id === chosenCamera.value) ?? cameras[0] ?? null;
});
export const current = computed<Shown | null>(() => (camera.value ? (shown.value[camera.value.id] ?? null) : null));

/** Whether what is shown of the camera is not of now. */
export const stale = computed<boolean>(() => camera.value?.state === 'lost' || contact.value === 'lost');

/** The rooms that this box has, by its roles; the first is where a visit begins. In a vehicle without cameras: the vehicle. */
export const rooms = computed<readonly Room[]>(() => {
  const roles = state.value?.roles ?? ['camera'];
  // zones can be drawn where the box tells its site and has a picture
  const setup: Room[] = state.value?.site && state.value.cameras.length > 0 ? ['setup'] : [];
  if (!roles.includes('vehicle')) return ['now', 'cases', 'health', ...setup];
  if (!roles.includes('camera')) return ['vehicle', 'cases', 'health'];
  return ['now', 'cases', 'vehicle', 'health', ...setup];
});

/** #/cases/ID -> { room: 'cases', id: ID }. */
export interface Route {
  room: Room;
  id: string | null;
}

const asked = signal(location.hash);
addEventListener('hashchange', () => {
  asked.value = location.hash;
});

export const route = computed<Route>(() => {
  const [, name, id] = asked.value.split('/');
  const known = name === 'cases' || name === 'health' || name === 'vehicle' || name === 'setup';
  const [first = 'now'] = rooms.value;
  return { room: known ? name : first, id: id === undefined || id === '' ? null : id };
});

/** The shortest time that any zone of this box allows, in seconds. */
export const shortestLimit = computed<number | null>(() => {
  const limits = (state.value?.cameras ?? []).flatMap((one) => one.zones.map((zone) => zone.limit_s));
  return limits.length === 0 ? null : Math.min(...limits);
});

/** Puts a new or changed case in its place. */
export function putCase(changed: ApiCase): void {
  const others = (cases.value ?? []).filter((one) => one.id !== changed.id);
  const at = others.findIndex((one) => one.until <= changed.until);
  cases.value = at < 0 ? [...others, changed] : others.toSpliced(at, 0, changed);
}
