// agent/camera: finds of successive frames -> objects with an id of their own. Pure: time comes with the finds.
// Sure finds are matched first; weak ones then keep alive what is known, but begin nothing (the two-stage association of
// ByteTrack, Zhang et al. 2021). A thing that is parked is also known by its look: it is still there while its place looks
// as before, or while something stands in front, and the same one when it is found there again.
// Never: an id used twice, a person that becomes a vehicle, more than MAX_TRACKS objects.
import type { Detection } from '../../models/types.ts';
import { groupOf, match, withoutDoubles } from './match.ts';
import { ParkedMemory, type Remembered } from './parked.ts';
import {
  beginTrack,
  type Followed,
  isSettled,
  type LiveTrack,
  type LookAt,
  learn,
  note,
  rememberedOf,
  snapshot,
  watchOver,
} from './track.ts';

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

/** What a tracker knows for its next life. */
export interface TrackerMemory {
  readonly ids: number;
  readonly parked: readonly Remembered[];
}

/** Objects followed at once; beyond it the longest unseen are given up. */
const MAX_TRACKS = 200;
/** What no rule is about is given up sooner: seconds. */
const KEEP_OTHERS_S = 2.5;

export class Tracker {
  #options: TrackerOptions;
  #lasting: ReadonlySet<string>;
  #tracks: LiveTrack[] = [];
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

  #keep_s(track: LiveTrack): number {
    if (!this.#lasting.has(track.group)) return KEEP_OTHERS_S;
    return isSettled(track) ? this.#options.keep_s : Math.min(this.#options.keep_s, this.#options.keep_moving_s);
  }

  /** Notes what fits; returns what stays alone. */
  #match(time: number, tracks: readonly LiveTrack[], finds: readonly Detection[]) {
    const matched = match(time, tracks, finds);
    for (const { track, find } of matched.pairs) note(track, time, find);
    return matched;
  }

  #begin(time: number, find: Detection, lookAt: LookAt): void {
    const group = groupOf(find.class);
    const before = this.#parked.all.length > 0 ? this.#parked.take(group, find.box, lookAt(find.box)) : null;
    if (!before) this.#ids += 1;
    this.#tracks.push(beginTrack(before?.id ?? this.#ids, group, time, find, before));
  }

  #bound(): void {
    if (this.#tracks.length <= MAX_TRACKS) return;
    const kept = new Set(this.#tracks.toSorted((a, b) => b.last - a.last || a.id - b.id).slice(0, MAX_TRACKS));
    this.#tracks = this.#tracks.filter((track) => kept.has(track));
  }
}
