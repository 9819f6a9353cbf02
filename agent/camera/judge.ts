// agent/camera: one camera's judgement. In: what a look found, with the frame's time. Out: tracks, why each is or is not
// an event, stays that begin and end, and an event when a stay lasts longer than its rule allows: once a stay.
// Pure: nothing but time and finds is known here; the same looks give the same events (law 1).
import type { KerbEvent } from '../../contract/index.ts';
import type { Detection } from '../../models/types.ts';
import { LocalTime } from '../config/hours.ts';
import type { Camera, Profile } from '../config/site.ts';
import { Almost } from './almost.ts';
import { appearanceOf } from './appearance.ts';
import { LineCounter } from './counting.ts';
import { eventOf, type Seen } from './event.ts';
import { classOf, type Group, isGroupRule, neededOf } from './gathering.ts';
import { rounded } from './geometry.ts';
import { GroupJudge } from './groups.ts';
import { type NearMiss, NearMisses } from './near-misses.ts';
import { StayBook } from './stay-book.ts';
import { limitOf, type Stay, type StayMemory } from './stays.ts';
import type { Followed } from './track.ts';
import { Tracker, type TrackerMemory, type TrackerOptions } from './tracker.ts';
import type { Box, GroupWhy, LineCount, Track, Why } from './types.ts';
import { whyOf } from './why.ts';
import { standsIn, type Watch, watchesOf } from './zones.ts';

export interface JudgeOptions {
  readonly device: string;
  readonly site: string;
  readonly camera: Camera;
  readonly profile: Profile;
  /** in which the hours of rules are meant; default UTC */
  readonly timeZone?: string;
}

/** A stay, or a gathering, that has lasted too long. */
export interface Verdict {
  readonly stay: number;
  readonly event: KerbEvent;
  readonly firstBox: Box;
  readonly proofBox: Box;
}

export interface Judgement {
  readonly tracks: readonly Track[];
  readonly why: readonly Why[];
  readonly groups: readonly GroupWhy[];
  /** stays and gatherings that began with this look: its picture may be needed */
  readonly began: readonly number[];
  /** stays whose first picture is not needed after this look */
  readonly ended: readonly number[];
  readonly verdicts: readonly Verdict[];
  /** everything that is followed, found now or not */
  readonly followed: readonly Followed[];
  /** where followed persons are or should be, found now or not: what a shown picture must hide besides its own finds */
  readonly persons: readonly { readonly score: number; readonly box: Box }[];
}

/** Finds below this score are not even used to keep a track alive. */
export const WEAK_SCORE = 0.2;
/** A track is begun by a find of this score, or of a rule's own lower limit. */
const SURE_SCORE = 0.5;
/** However rarely a camera looks, an object must be missed by two looks to be gone. */
const MISSED_LOOKS = 2.5;
/** What moves is waited for so long when it is lost, seconds. */
const KEEP_MOVING_S = 5;
/** What is not found is drawn on where it should be for so long, ms. */
const DRAWN_ON_MS = 300;

/** What was looked at: its size, and its pixels where places are to be known by their looks. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  /** width x height x 3 bytes */
  readonly rgb?: Uint8Array;
}

/** What a judge knows for its next life: it goes on with the same numbers, parked things and their time so far. */
export interface JudgeMemory {
  readonly v: 1;
  readonly width: number;
  readonly height: number;
  /** epoch ms of the last look */
  readonly time: number;
  readonly tracker: TrackerMemory;
  readonly stays: readonly StayMemory[];
}

export class CameraJudge {
  #options: JudgeOptions;
  #hours: LocalTime;
  readonly #tracker: Tracker;
  readonly #almost = new Almost();
  readonly #groups = new GroupJudge(() => ++this.#numbers, this.#almost);
  readonly #misses = new NearMisses();
  readonly #lines = new LineCounter();
  #watches: Watch[] = [];
  #size = { width: 0, height: 0 };
  readonly #stays = new StayBook({
    next: () => ++this.#numbers,
    remembers: (track) => this.#tracker.remembers(track),
    isOpen: (watch, time) => this.#isOpen(watch, time),
    absent_ms: (absent_s) => this.#absent_ms(absent_s),
    misses: this.#misses,
  });
  #memory: JudgeMemory | null = null;
  #numbers = 0;
  /** stays that other rules ended, not told yet */
  #dropped: number[] = [];
  #time = Number.NEGATIVE_INFINITY;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#hours = new LocalTime(options.timeZone ?? 'UTC');
    this.#tracker = new Tracker(this.#limits());
  }

  /**
   * Other zones and rules from the next look on. Tracks go on, and so does each stay whose zone and rule are still there,
   * by their ids: its dwell so far counts under the new limit.
   */
  adopt(camera: Camera, profile: Profile, timeZone = this.#options.timeZone): void {
    if (timeZone !== undefined && timeZone !== this.#options.timeZone) this.#hours = new LocalTime(timeZone);
    this.#options = { ...this.#options, camera, profile, ...(timeZone === undefined ? {} : { timeZone }) };
    this.#almost.clear();
    this.#tracker.tune(this.#limits());
    this.#watches = watchesOf(camera, profile, this.#size);
    this.#dropped.push(...this.#stays.adopt(this.#watches), ...this.#groups.adopt(this.#watches));
    this.#lines.adopt(camera, this.#size);
  }

  /** How often each counting line was crossed since the start. */
  counts(): LineCount[] {
    return this.#lines.counts();
  }

  /** What nearly became an event within the last hour of frame time, longest first. */
  nearMisses(): NearMiss[] {
    return this.#misses.list(this.#time);
  }

  /** For a judge that goes on after a restart. */
  memory(): JudgeMemory {
    return {
      v: 1,
      ...this.#size,
      time: this.#time,
      tracker: this.#tracker.memory(),
      stays: this.#stays.memory(),
    };
  }

  /** Goes on with what an earlier life knew, once a frame of the same size comes. To be told before the first look. */
  recall(memory: JudgeMemory): void {
    this.#memory = memory;
  }

  #remember(): void {
    const memory = this.#memory;
    this.#memory = null;
    if (!memory || memory.width !== this.#size.width || memory.height !== this.#size.height) return;
    // a clock that is not set yet (1970) makes no sense of it
    if (memory.time > this.#time) return;
    this.#tracker.recall(memory.tracker);
    this.#stays.recall(memory.stays, this.#watches);
  }

  #limits(): TrackerOptions {
    const { rules } = this.#options.profile;
    return {
      sure: Math.min(SURE_SCORE, ...rules.map((rule) => rule.min_score)),
      weak: WEAK_SCORE,
      keep_s: Math.max(...rules.map((rule) => this.#absent_ms(rule.absent_s) / 1000)),
      lasting: rules.flatMap((rule) => rule.classes),
      keep_moving_s: this.#absent_ms(KEEP_MOVING_S) / 1000,
    };
  }

  /**
   * One look.
   * @param time epoch ms of the frame; a step back forgets every stay (a clock that was set tells no durations)
   * @param finds what was found, in pixels of `scene`
   */
  look(time: number, finds: readonly Detection[], scene: Scene): Judgement {
    const ended = this.#dropped.splice(0);
    const { width, height, rgb } = scene;
    if (time <= this.#time || width !== this.#size.width || height !== this.#size.height) {
      ended.push(...this.#forget());
      this.#size = { width, height };
      this.#watches = watchesOf(this.#options.camera, this.#options.profile, scene);
      this.#lines.adopt(this.#options.camera, scene);
      this.#time = time;
      this.#remember();
    }
    this.#time = time;
    ended.push(...this.#stays.expire(time));
    const lookAt = (box: Box) => (rgb ? appearanceOf({ width, height, rgb }, box) : null);
    const tracks = this.#tracker.update(time, finds, lookAt);
    this.#stays.see(tracks);
    this.#lines.look(time, tracks);
    const gathered = this.#groups.look(time, tracks, this.#watches, this.#hours, (s) => this.#absent_ms(s));
    const began = [...gathered.began];
    const verdicts = gathered.verdicts.map((group) => this.#groupVerdict(group));
    ended.push(...gathered.ended);
    for (const miss of gathered.misses) this.#misses.add(miss);
    for (const track of tracks) {
      if (track.last !== time) continue;
      for (const watch of this.#watches) {
        const stay = this.#follow(track, watch, began);
        if (stay) this.#almost.drop(unsureKey(track, watch));
        const verdict = stay && this.#verdict(stay, track);
        if (!verdict) continue;
        verdicts.push(verdict);
        ended.push(stay.number);
      }
    }
    this.#missAlmost(time);
    const drawn = tracks.filter((track) => isDrawn(track, time));
    return {
      tracks: drawn.map(({ id, class: name, score, box, first, last }) => ({
        id,
        class: name,
        score,
        box,
        first,
        last,
      })),
      why: drawn.map((track) => this.#why(track)),
      groups: gathered.groups,
      began,
      ended,
      verdicts,
      followed: tracks,
      persons: tracks.filter((track) => track.class === 'person'),
    };
  }

  #forget(): number[] {
    const numbers = this.#stays.forget();
    this.#tracker.reset();
    this.#almost.clear();
    this.#misses.clear();
    this.#lines.forget();
    return [...numbers, ...this.#groups.forget()];
  }

  /** What was never timed and is gone. */
  #missAlmost(time: number): void {
    for (const { watch, at, until, scores, looks, best } of this.#almost.gone(time, ({ rule }) =>
      this.#absent_ms(rule.absent_s),
    )) {
      const { rule, zone } = watch;
      const said = { zone: zone.id, rule: rule.id, class: best.class, at, until, box: best.box };
      const figures = { limit_s: limitOf(rule, best.class), score: scores / looks, min_score: rule.min_score };
      const how = isGroupRule(rule)
        ? ({ kind: 'group', count: best.count ?? 1, needed: neededOf(rule), reason: 'few' } as const)
        : ({ kind: 'object', reason: 'score' } as const);
      this.#misses.add({ ...said, dwell_s: (until - at) / 1000, ...figures, ...how });
    }
  }

  #isOpen(watch: Watch, time: number): boolean {
    return this.#hours.open(watch.rule.when, time);
  }

  #absent_ms(absent_s: number): number {
    return Math.max(absent_s, MISSED_LOOKS / this.#options.camera.looks_per_s) * 1000;
  }

  /** Carries on, or begins, the stay of an object that was found now; null if it is not in the zone. */
  #follow(track: Followed, watch: Watch, began: number[]): Stay | null {
    if (watch.rule.kind !== 'dwell' || !standsIn(watch, track.box) || !this.#isOpen(watch, track.last)) return null;
    let stay = this.#stays.find(track, watch);
    if (!stay) {
      if (!watch.rule.classes.includes(track.class)) return null;
      if (track.score < watch.rule.min_score) {
        this.#almost.see(unsureKey(track, watch), track.last, watch, track);
        return null;
      }
      stay = this.#stays.begin(track, watch);
      began.push(stay.number);
    }
    stay.class = track.class;
    stay.last = track.last;
    stay.present = track.last;
    stay.scores += track.score;
    stay.finds += 1;
    return stay;
  }

  #verdict(stay: Stay, track: Followed): Verdict | null {
    const { rule } = stay.watch;
    const limit_s = limitOf(rule, track.class);
    const dwell_s = (stay.last - stay.entry) / 1000;
    if (stay.reported || dwell_s <= limit_s) return null;
    if (track.score < rule.min_score || !rule.classes.includes(track.class)) return null;
    stay.reported = true;
    const { entry: at, last: until, scores, finds } = stay;
    const what = { at, until, class: track.class, track: stay.track, box: track.box, certainty: scores / finds };
    const event = this.#event(stay.watch, { ...what, dwell_s, limit_s });
    return { stay: stay.number, event, firstBox: rounded(stay.firstBox), proofBox: rounded(track.box) };
  }

  #groupVerdict(group: Group): Verdict {
    const { watch, entry: at, seen: until, lead, box, scores, looks, members } = group;
    const what = { at, until, class: classOf(group), track: lead, box, certainty: scores / looks };
    const times = { dwell_s: (until - at) / 1000, limit_s: watch.rule.dwell_s.value };
    const event = this.#event(watch, { ...what, ...times, count: members.length });
    return { stay: group.number, event, firstBox: rounded(group.firstBox), proofBox: rounded(box) };
  }

  #event(watch: Watch, what: Seen): KerbEvent {
    const { device, site, camera } = this.#options;
    return eventOf({ device, site, camera: camera.id }, watch, what);
  }

  /** What the debug view says of a track: of all rules over all zones, the one that came nearest to an event. */
  #why(track: Followed): Why {
    return whyOf(
      track,
      this.#watches,
      (watch) => this.#isOpen(watch, this.#time),
      (watch) => this.#stays.running(track, watch),
    );
  }
}

const unsureKey = (track: Followed, watch: Watch) => `${track.id} ${watch.zone.id} ${watch.rule.id}`;

/** Found now; or lately; or a thing that stood still and is hidden for the moment. A single weak sight is not drawn on. */
function isDrawn(track: Followed, time: number): boolean {
  if (track.last === time) return true;
  return track.finds > 1 && (track.standing || time - track.last <= DRAWN_ON_MS);
}
