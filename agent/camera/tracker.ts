// agent/camera: finds of successive frames -> objects with an id of their own. Pure: time comes with the finds.
// Sure finds are matched first; weak ones then keep alive what is known, but begin nothing (the two-stage association of
// ByteTrack, Zhang et al. 2021). A thing that is parked is also known by its look: it is still there while its place looks
// as before, or while something stands in front, and the same one when it is found there again.
// Never: an id used twice, a person that becomes a vehicle, more than MAX_TRACKS objects.
import type { Detection } from '../../models/types.ts';
import { type Appearance, drifted, likeness } from './appearance.ts';
import { centre, common, iou } from './geometry.ts';
import { BoxFilter } from './kalman.ts';
import { Motion } from './motion.ts';
import { ALIKE, ParkedMemory, type Remembered } from './parked.ts';
import type { Box, Track } from './types.ts';

export interface TrackerOptions {
  /** finds from this score on begin a track and are matched first, 0..1 */
  readonly sure: number;
  /** finds from this score on keep a track alive */
  readonly weak: number;
  /** seconds unseen until a track of the classes in `lasting` is given up; others go after KEEP_OTHERS_S */
  readonly keep_s: number;
  readonly lasting: readonly string[];
  /** what moves when it is lost, or was hardly seen, is not waited for longer, however patient `keep_s` is; seconds */
  readonly keep_moving_s: number;
}

/** A track with what tells how far it can be trusted while it is not found. */
export interface Followed extends Track {
  /** looks that found it */
  readonly finds: number;
  readonly standing: boolean;
  /** epoch ms when it was last known to be there: found, or parked and its place looks as before, or it is covered */
  readonly present: number;
}

/** What a box of the frame looks like, if there is a picture. */
export type LookAt = (box: Box) => Appearance | null;

/** What a tracker knows for its next life. */
export interface TrackerMemory {
  readonly ids: number;
  readonly parked: readonly Remembered[];
}

/** Classes that a detector confuses on one and the same object; everything else is a group of its own. */
const GROUPS: Readonly<Record<string, string>> = {
  car: 'vehicle',
  truck: 'vehicle',
  bus: 'vehicle',
  bicycle: 'two-wheeler',
  motorcycle: 'two-wheeler',
};

/** Objects followed at once; beyond it the longest unseen are given up. */
const MAX_TRACKS = 200;
/** Overlap from which a find belongs to a track without further question. */
const OVERLAP = 0.2;
/** Small fast things may not overlap from look to look: distance of centres in units of their sides. */
const NEAR = 0.8;
/** After so many finds a thing that stands is known to stand: then only overlap counts. */
const SETTLED = 4;
/**
 * What was not found for so long (ms) gives way to what was found lately: in a stream of cars the find is the car that
 * comes, not the one that was lost on that place and would seem to stand there for ever.
 */
const LOST_MS = 1000;
const GIVES_WAY = 0.4;
/** What no rule is about is given up sooner: seconds. */
const KEEP_OTHERS_S = 2.5;
/** Standing so long makes a thing parked, ms. */
const PARKED_MS = 3000;
/** Share of a parked thing that must be covered by others to count as hidden, and how long it may be, ms. */
const COVERED = 0.25;
const COVERED_MS = 600_000;
/** How far a look follows the present, each time it is found: the light of an hour, not of a passing lamp. */
const DRIFT = 0.05;

interface Live {
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

/** The group of classes within which an object may change its class. */
export function groupOf(name: string): string {
  return Object.hasOwn(GROUPS, name) ? GROUPS[name]! : name;
}

export class Tracker {
  #options: TrackerOptions;
  #lasting: ReadonlySet<string>;
  #tracks: Live[] = [];
  readonly #parked = new ParkedMemory();
  #ids = 0;

  constructor(options: TrackerOptions) {
    this.#options = options;
    this.#lasting = new Set(options.lasting.map(groupOf));
  }

  /**
   * One look's finds.
   * @param time epoch ms of the frame, later than the last one's
   * @param lookAt looks at a place of the same frame; without it things are known by their boxes alone
   * @returns everything that is followed, by id: found now where `last` is `time`; otherwise where it should be
   */
  update(time: number, finds: readonly Detection[], lookAt: LookAt = () => null): Followed[] {
    this.#giveUp(time);
    const single = withoutDoubles(finds.filter((find) => find.score >= this.#options.weak));
    const sure = single.filter((find) => find.score >= this.#options.sure);
    const weak = single.filter((find) => find.score < this.#options.sure);
    const left = this.#match(time, this.#tracks, sure);
    this.#match(time, left.tracks, weak);
    for (const find of left.finds) this.#begin(time, find, lookAt);
    for (const track of this.#tracks) {
      if (track.last === time) learn(track, time, lookAt);
      else if (track.look) watchOver(track, time, single, lookAt);
    }
    this.#bound();
    return this.#tracks.map((track) => snapshot(track, time));
  }

  /** Other limits from the next look on; what is followed stays. */
  tune(options: TrackerOptions): void {
    this.#options = options;
    this.#lasting = new Set(options.lasting.map(groupOf));
  }

  /** Forgets every object; ids go on counting. */
  reset(): void {
    this.#tracks = [];
    this.#parked.clear();
  }

  /** Is it parked, or was it: would it be the same one if it were found there again? */
  remembers(id: number): boolean {
    return this.#tracks.some((track) => track.id === id && track.look) || this.#parked.all.some((one) => one.id === id);
  }

  /** What is parked now or was, for a tracker that goes on after a restart. */
  memory(): TrackerMemory {
    return {
      ids: this.#ids,
      parked: [...this.#parked.all, ...this.#tracks.flatMap((track) => rememberedOf(track) ?? [])],
    };
  }

  /** Begins with what another life knew. */
  recall({ ids, parked }: TrackerMemory): void {
    this.#ids = Math.max(this.#ids, ids, ...parked.map(({ id }) => id));
    for (const thing of parked) this.#parked.add(thing);
  }

  /** Gives up what was not there for too long; what was parked is remembered. */
  #giveUp(time: number): void {
    this.#parked.expire(time);
    this.#tracks = this.#tracks.filter((track) => {
      if (time - track.present <= this.#keep_s(track) * 1000) return true;
      const thing = rememberedOf(track);
      if (thing) this.#parked.add(thing);
      return false;
    });
  }

  #keep_s(track: Live): number {
    if (!this.#lasting.has(track.group)) return KEEP_OTHERS_S;
    const isSettled = track.finds >= SETTLED && isStanding(track);
    return isSettled ? this.#options.keep_s : Math.min(this.#options.keep_s, this.#options.keep_moving_s);
  }

  /** Gives each find to the track that it fits best, best pairs first; returns what stays alone. */
  #match(time: number, tracks: readonly Live[], finds: readonly Detection[]) {
    const pairs: { track: Live; find: Detection; fit: number; order: number }[] = [];
    for (const track of tracks) {
      for (const find of finds) {
        const fit = groupOf(find.class) === track.group ? fitOf(track, find.box, time) : 0;
        if (fit > 0) pairs.push({ track, find, fit, order: pairs.length });
      }
    }
    pairs.sort((a, b) => b.fit - a.fit || a.order - b.order);
    const taken = new Set<Live | Detection>();
    for (const { track, find } of pairs) {
      if (taken.has(track) || taken.has(find)) continue;
      taken.add(track).add(find);
      note(track, time, find);
    }
    return {
      tracks: tracks.filter((track) => !taken.has(track)),
      finds: finds.filter((find) => !taken.has(find)),
    };
  }

  #begin(time: number, find: Detection, lookAt: LookAt): void {
    const group = groupOf(find.class);
    const before = this.#parked.all.length > 0 ? this.#parked.take(group, find.box, lookAt(find.box)) : null;
    if (!before) this.#ids += 1;
    const track: Live = {
      id: before?.id ?? this.#ids,
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
    this.#tracks.push(track);
  }

  #bound(): void {
    if (this.#tracks.length <= MAX_TRACKS) return;
    const kept = new Set(this.#tracks.toSorted((a, b) => b.last - a.last || a.id - b.id).slice(0, MAX_TRACKS));
    this.#tracks = this.#tracks.filter((track) => kept.has(track));
  }
}

function note(track: Live, time: number, find: Detection): void {
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
function learn(track: Live, time: number, lookAt: LookAt): void {
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
function watchOver(track: Live, time: number, finds: readonly Detection[], lookAt: LookAt): void {
  const now = lookAt(track.box);
  const area = track.box[2] * track.box[3];
  const isAlike = now !== null && likeness(track.look!, now) >= ALIKE;
  const isCovered = time - track.last < COVERED_MS && finds.some(({ box }) => common(box, track.box) >= COVERED * area);
  if (isAlike || isCovered) track.present = time;
}

function rememberedOf({ id, group, votes, box, look, first, last, finds }: Live): Remembered | null {
  return look ? { id, group, votes: [...votes], box, look, first, last, finds } : null;
}

/** Where it should be now: what stands is where it was found. */
function expectedBox(track: Live, time: number): Box {
  return time === track.last || isStanding(track) ? track.box : track.filter.at(time);
}

function isStanding(track: Live): boolean {
  const [vx, vy] = track.motion.velocity();
  return vx === 0 && vy === 0;
}

/** How well a find fits a track, 0 not at all: overlap with where it should be or last was; else nearness. */
function fitOf(track: Live, box: Box, time: number): number {
  const expected = expectedBox(track, time);
  const overlap = Math.max(iou(expected, box), iou(track.box, box) - 0.05);
  if (overlap >= OVERLAP) return track.look || time - track.last <= LOST_MS ? overlap : GIVES_WAY * overlap;
  if (track.finds >= SETTLED && isStanding(track)) return 0;
  const larger = Math.max(box[2], expected[2]) / Math.min(box[2], expected[2]);
  const taller = Math.max(box[3], expected[3]) / Math.min(box[3], expected[3]);
  if (larger > 2 || taller > 2) return 0;
  const [ax, ay] = centre(expected);
  const [bx, by] = centre(box);
  // In units of the mean of all four sides: a walking person is narrow, and crosses its own width from look to look.
  const distance = (4 * Math.hypot(ax - bx, ay - by)) / (box[2] + box[3] + expected[2] + expected[3]);
  return distance < NEAR ? OVERLAP * (1 - distance / NEAR) : 0;
}

/** One find an object: of two of one group on the same place the surer one. */
function withoutDoubles(finds: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const find of finds.toSorted((a, b) => b.score - a.score)) {
    const double = kept.some((other) => groupOf(other.class) === groupOf(find.class) && covers(other.box, find.box));
    if (!double) kept.push(find);
  }
  return kept;
}

/** The same object: nearly the same box, or a box inside a not much larger one. */
function covers(a: Box, b: Box): boolean {
  if (iou(a, b) > 0.55) return true;
  const [small, large] = [a[2] * a[3], b[2] * b[3]].sort((p, q) => p - q) as [number, number];
  return small > 0.4 * large && common(a, b) > 0.9 * small;
}

function snapshot(track: Live, time: number): Followed {
  const box = expectedBox(track, time);
  let best = '';
  let most = -1;
  for (const [name, votes] of track.votes) {
    if (votes > most) [best, most] = [name, votes];
  }
  const { id, score, first, last, finds, present } = track;
  return { id, class: best, score, box, first, last, finds, present, standing: isStanding(track) };
}
