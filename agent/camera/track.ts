// agent/camera: one object that is followed. In: its finds, and looks at its place. Out: where it is or should be, what
// it most likely is, whether it stands, until when it was there. A thing that is parked is known by its look too. Pure.
import type { Detection } from '../../models/types.ts';
import { type Appearance, drifted, likeness } from './appearance.ts';
import { common } from './geometry.ts';
import { BoxFilter } from './kalman.ts';
import { Motion } from './motion.ts';
import { ALIKE, type Remembered } from './parked.ts';
import type { Box, Track } from './types.ts';

/** A track with what tells how far it can be trusted while it is not found. */
export interface Followed extends Track {
  /** looks that found it */
  readonly finds: number;
  readonly standing: boolean;
  /** pixels a second */
  readonly velocity: readonly [number, number];
  /** epoch ms when it was last known to be there: found, or parked and its place looks as before, or it is covered */
  readonly present: number;
}

/** What a box of the frame looks like, if there is a picture. */
export type LookAt = (box: Box) => Appearance | null;

/** After so many finds a thing that stands is known to stand. */
const SETTLED = 4;
/** Standing so long makes a thing parked, ms. */
const PARKED_MS = 3000;
/** Share of a parked thing that must be covered by others to count as hidden, and how long it may be, ms. */
const COVERED = 0.25;
const COVERED_MS = 600_000;
/** How far a look follows the present, each time it is found: the light of an hour, not of a passing lamp. */
const DRIFT = 0.05;

/** An object as its tracker has it. */
export interface LiveTrack {
  readonly id: number;
  readonly group: string;
  readonly votes: Map<string, number>;
  readonly motion: Motion;
  readonly filter: BoxFilter;
  readonly first: number;
  /** since when it stands; null while it moves */
  stands: number | null;
  /** of a parked thing */
  look: Appearance | null;
  last: number;
  present: number;
  finds: number;
  score: number;
  box: Box;
}

/** One that begins with this find. @param before what it was when it was parked there */
export function beginTrack(
  id: number,
  group: string,
  time: number,
  find: Detection,
  before: Remembered | null,
): LiveTrack {
  const track: LiveTrack = {
    id,
    group,
    votes: new Map(before?.votes),
    motion: new Motion(),
    filter: new BoxFilter(time, find.box),
    first: before?.first ?? time,
    stands: before ? time : null,
    look: before?.look ?? null,
    last: time,
    present: time,
    finds: before?.finds ?? 0,
    score: find.score,
    box: find.box,
  };
  note(track, time, find);
  return track;
}

/** A find of it. */
export function note(track: LiveTrack, time: number, find: Detection): void {
  track.votes.set(find.class, (track.votes.get(find.class) ?? 0) + find.score);
  track.motion.add(time, find.box);
  if (time > track.last) track.filter.add(time, find.box);
  track.last = time;
  track.present = time;
  track.finds += 1;
  track.score = find.score;
  track.box = find.box;
}

/** A thing that has stood for a while is known by its look from now on; one that moves is not. */
export function learn(track: LiveTrack, time: number, lookAt: LookAt): void {
  if (!isStanding(track)) {
    track.stands = null;
    track.look = null;
    return;
  }
  track.stands ??= time;
  if (track.finds < SETTLED || time - track.stands < PARKED_MS) return;
  const now = lookAt(track.box);
  if (now === null) return;
  track.look = track.look ? drifted(track.look, now, DRIFT) : now;
}

/** A parked thing that is not found: it is there while its place looks as before, or while others cover it. */
export function watchOver(track: LiveTrack, time: number, finds: readonly Detection[], lookAt: LookAt): void {
  const now = lookAt(track.box);
  const area = track.box[2] * track.box[3];
  const isAlike = now !== null && likeness(track.look!, now) >= ALIKE;
  const isCovered = time - track.last < COVERED_MS && finds.some(({ box }) => common(box, track.box) >= COVERED * area);
  if (isAlike || isCovered) track.present = time;
}

/** What is remembered of a parked thing; null: it is none. */
export function rememberedOf({ id, group, votes, box, look, first, last, finds }: LiveTrack): Remembered | null {
  return look ? { id, group, votes: [...votes], box, look, first, last, finds } : null;
}

/** Where it should be now: what stands is where it was found. */
export function expectedBox(track: LiveTrack, time: number): Box {
  return time === track.last || isStanding(track) ? track.box : track.filter.at(time);
}

/** It has stood for some looks: then only overlap counts, and it is waited for. */
export const isSettled = (track: LiveTrack): boolean => track.finds >= SETTLED && isStanding(track);

function isStanding(track: LiveTrack): boolean {
  const [vx, vy] = track.motion.velocity();
  return vx === 0 && vy === 0;
}

/** How it is told. */
export function snapshot(track: LiveTrack, time: number): Followed {
  const box = expectedBox(track, time);
  let best = '';
  let most = -1;
  for (const [name, votes] of track.votes) {
    if (votes > most) [best, most] = [name, votes];
  }
  const { id, score, first, last, finds, present } = track;
  const velocity = track.motion.velocity();
  return { id, class: best, score, box, first, last, finds, present, standing: isStanding(track), velocity };
}
