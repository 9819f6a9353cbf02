// agent/console page: what the page knows of the vehicle, as signals. In: the stream's words, the trail and the streets
// of the box. Out: what the vehicle's views read. Never: an old place that looks like a new one, an endless trail.
import { batch, computed, signal } from '@preact/signals';
import type { TrailPoint, VehicleState } from '../api.ts';
import { project, type Spot } from './geo.ts';
import { now } from './prefs.ts';
import { contact, route } from './store.ts';
import { readStreets, type Streets, streetAt } from './streets.ts';

/** Points of the trail that are kept. */
const MAX_TRAIL = 30_000;
/** After so long without a point the box is asked for what may have been missed. */
const GAP_MS = 5000;
/** A fix that is older is not of now. */
export const FRESH_MS = 4000;

/** A point of the trail. `gap`: nobody knows the way from the one before. */
export interface Step {
  time: number;
  spot: Spot;
  speed: number | null;
  gap: boolean;
}

/** The newest word; null until the first. */
export const vehicle = signal<VehicleState | null>(null);
/** When it was heard, epoch ms of the box. */
export const heardAt = signal(0);
/** The trail, oldest first; a new array whenever it changes. */
export const trail = signal<readonly Step[]>([]);
/** Null: not known yet; 'none': this box has none. */
export const streets = signal<Streets | 'none' | null>(null);
/** Where the vehicle was last seen, by a fix or by the trail. */
export const place = signal<{ spot: Spot; lon: number; lat: number; track: number | null } | null>(null);

/** How much the place is worth: of now; receiver live without a fix; or why there is none. */
export type Sight = 'fix' | 'weak' | 'lost' | 'starting' | 'none' | 'away';
export const sight = computed<Sight>(() => {
  const known = vehicle.value;
  if (contact.value === 'lost') return 'away';
  if (known === null) return 'starting';
  if (known.receiver.state !== 'live') return known.receiver.state;
  const { mode, lat, age_ms } = known.fix;
  return mode >= 2 && lat !== null && age_ms !== null && age_ms <= FRESH_MS ? 'fix' : 'weak';
});

/** Milliseconds since the newest word, where words should have come. */
export const silence = computed<number>(() => (contact.value === 'lost' ? Math.max(0, now.value - heardAt.value) : 0));

/** Age of the last usable fix in seconds, growing while nothing is heard; null: there was none. */
export const fixAge = computed<number | null>(() => {
  const age = vehicle.value?.fix.age_ms ?? null;
  return age === null ? null : (age + silence.value) / 1000;
});

/** The street that the vehicle is on, by its name. */
export const street = computed<string | null>(() => {
  const map = streets.value;
  return map === null || map === 'none' || place.value === null ? null : streetAt(map, place.value.spot);
});

/** Whether the way between two points was seen: not if they lie far apart in time and in place. */
function gapBetween(before: Step | undefined, time: number, spot: Spot): boolean {
  if (before === undefined || time - before.time <= 6000) return false;
  return Math.hypot(spot[0] - before.spot[0], spot[1] - before.spot[1]) > 40;
}

function join(known: readonly Step[], points: readonly TrailPoint[]): Step[] {
  const all = [...known];
  for (const [time, lon, lat, speed] of points) {
    const before = all.at(-1);
    if (before !== undefined && time <= before.time) continue;
    const spot = project(lon, lat);
    all.push({ time, spot, speed, gap: gapBetween(before, time, spot) });
  }
  return all.length > MAX_TRAIL ? all.slice(all.length - MAX_TRAIL) : all;
}

let asking = false;

async function ask(path: string): Promise<Response | null> {
  try {
    return await fetch(path, { signal: AbortSignal.timeout(8000) });
  } catch {
    // the stream's own watch says that the box is gone
    return null;
  }
}

/** Asks for what is missing of the trail; `anew`: for all of it. What comes by the stream meanwhile stays. */
async function loadTrail(anew: boolean): Promise<void> {
  if (asking) return;
  asking = true;
  const since = anew ? undefined : trail.value.at(-1)?.time;
  const answer = await ask(`/api/vehicle/trail${since === undefined ? '' : `?since=${since}`}`);
  asking = false;
  if (!answer?.ok) return;
  const points = (await answer.json()) as TrailPoint[];
  const end = points.at(-1);
  const before = trail.value.filter((step) => since !== undefined && step.time <= since);
  const later = trail.value.filter((step) => step.time > (end?.[0] ?? since ?? 0));
  batch(() => {
    trail.value = [...join(before, points), ...later];
    if (place.value === null && end)
      place.value = { spot: project(end[1], end[2]), lon: end[1], lat: end[2], track: null };
  });
}

async function loadStreets(): Promise<void> {
  const answer = await ask('/api/vehicle/map.geojson');
  if (answer === null) return;
  streets.value = answer.ok ? readStreets(await answer.json()) : 'none';
}

let loaded = false;

/** Fetches what the room of the vehicle needs, once it is entered. */
export function enterDrive(): void {
  if (loaded || vehicle.value === null) return;
  loaded = true;
  void loadTrail(true);
  void loadStreets();
}

/** Puts the vehicle's place at the end of the trail, if it has moved there. */
function extend(next: VehicleState, lon: number, lat: number): void {
  const last = trail.value.at(-1);
  const [x, y] = project(lon, lat);
  if (last && Math.hypot(x - last.spot[0], y - last.spot[1]) < 0.5) return;
  trail.value = join(trail.value, [[next.time, lon, lat, next.speed.value]]);
}

/** Takes a word of the vehicle; `anew`: the box has been away or has started again. */
export function takeVehicle(next: VehicleState | null, anew = false): void {
  const before = vehicle.value?.time ?? next?.time ?? 0;
  batch(() => {
    vehicle.value = next;
    heardAt.value = now.value;
    if (next === null) return;
    // a clock that was set back makes the whole trail's times wrong; a silence may have hidden points
    const back = next.time < before - GAP_MS;
    const missed = anew || back || next.time > before + GAP_MS;
    if (loaded && missed) void loadTrail(anew || back);
    const { lat, lon, track, mode, age_ms } = next.fix;
    if (lat === null || lon === null) return;
    place.value = { spot: project(lon, lat), lon, lat, track: track ?? place.value?.track ?? null };
    if (loaded && !missed && mode >= 2 && age_ms !== null && age_ms <= FRESH_MS) extend(next, lon, lat);
  });
  if (route.value.room === 'vehicle') enterDrive();
}
