// agent/camera: one camera's judgement. In: what a look found, with the frame's time. Out: tracks, why each is or is not
// an event, stays that begin and end, and an event when a stay lasts longer than its rule allows: once a stay.
// Pure: nothing but time and finds is known here; the same looks give the same events (law 1).
import type { KerbEvent } from '../../contract/index.ts';
import type { Detection } from '../../models/types.ts';
import type { Camera, Profile } from '../config/site.ts';
import { rounded } from './geometry.ts';
import { eventId } from './ids.ts';
import { type Followed, Tracker } from './tracker.ts';
import type { Box, Track, Why } from './types.ts';
import { standsIn, type Watch, watchesOf } from './zones.ts';

export interface JudgeOptions {
  readonly device: string;
  readonly site: string;
  readonly camera: Camera;
  readonly profile: Profile;
}

/** One object in one zone under one rule, from when it was first seen there. */
interface Stay {
  readonly number: number;
  readonly watch: Watch;
  readonly track: number;
  readonly entry: number;
  readonly firstBox: Box;
  last: number;
  scores: number;
  finds: number;
  reported: boolean;
}

/** A stay that has lasted too long. */
export interface Verdict {
  readonly stay: number;
  readonly event: KerbEvent;
  readonly firstBox: Box;
  readonly proofBox: Box;
}

export interface Judgement {
  readonly tracks: readonly Track[];
  readonly why: readonly Why[];
  /** stays that began with this look: its picture may be needed */
  readonly began: readonly number[];
  /** stays whose first picture is not needed after this look */
  readonly ended: readonly number[];
  readonly verdicts: readonly Verdict[];
  /** where followed persons are or should be, found now or not: what a shown picture must hide besides its own finds */
  readonly persons: readonly { readonly score: number; readonly box: Box }[];
}

/** Finds below this score are not even used to keep a track alive. */
export const WEAK_SCORE = 0.2;
/** A track is begun by a find of this score, or of a rule's own lower limit. */
const SURE_SCORE = 0.5;
/** However rarely a camera looks, an object must be missed by two looks to be gone. */
const MISSED_LOOKS = 2.5;
/** What is not found is drawn on where it should be for so long, ms. */
const DRAWN_ON_MS = 1000;

export class CameraJudge {
  readonly #options: JudgeOptions;
  readonly #tracker: Tracker;
  #watches: Watch[] = [];
  #size = { width: 0, height: 0 };
  #stays: Stay[] = [];
  #numbers = 0;
  #time = Number.NEGATIVE_INFINITY;

  constructor(options: JudgeOptions) {
    this.#options = options;
    const { rules } = options.profile;
    this.#tracker = new Tracker({
      sure: Math.min(SURE_SCORE, ...rules.map((rule) => rule.min_score)),
      weak: WEAK_SCORE,
      keep_s: Math.max(...rules.map((rule) => this.#absent_ms(rule.absent_s) / 1000)),
      lasting: rules.flatMap((rule) => rule.classes),
    });
  }

  /**
   * One look.
   * @param time epoch ms of the frame; a step back forgets every stay (a clock that was set tells no durations)
   * @param finds what was found, in pixels of a frame of `size`
   */
  look(time: number, finds: readonly Detection[], size: { width: number; height: number }): Judgement {
    const ended: number[] = [];
    if (time <= this.#time || size.width !== this.#size.width || size.height !== this.#size.height) {
      ended.push(...this.#forget());
      this.#size = { width: size.width, height: size.height };
      this.#watches = watchesOf(this.#options.camera, this.#options.profile, size);
    }
    this.#time = time;
    ended.push(...this.#expire(time));
    const tracks = this.#tracker.update(time, finds);
    const began: number[] = [];
    const verdicts: Verdict[] = [];
    for (const track of tracks) {
      if (track.last !== time) continue;
      for (const watch of this.#watches) {
        const stay = this.#follow(track, watch, began);
        const verdict = stay && this.#verdict(stay, track);
        if (!verdict) continue;
        verdicts.push(verdict);
        ended.push(stay.number);
      }
    }
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
      began,
      ended,
      verdicts,
      persons: tracks.filter((track) => track.class === 'person'),
    };
  }

  #forget(): number[] {
    const numbers = this.#stays.filter((stay) => !stay.reported).map((stay) => stay.number);
    this.#stays = [];
    this.#tracker.reset();
    return numbers;
  }

  #expire(time: number): number[] {
    const gone = this.#stays.filter((stay) => time - stay.last > this.#absent_ms(stay.watch.rule.absent_s));
    this.#stays = this.#stays.filter((stay) => !gone.includes(stay));
    return gone.filter((stay) => !stay.reported).map((stay) => stay.number);
  }

  #absent_ms(absent_s: number): number {
    return Math.max(absent_s, MISSED_LOOKS / this.#options.camera.looks_per_s) * 1000;
  }

  /** Carries on, or begins, the stay of an object that was found now; null if it is not in the zone. */
  #follow(track: Followed, watch: Watch, began: number[]): Stay | null {
    if (!standsIn(watch, track.box)) return null;
    let stay = this.#stays.find((one) => one.track === track.id && one.watch === watch);
    if (!stay) {
      if (!watch.rule.classes.includes(track.class) || track.score < watch.rule.min_score) return null;
      this.#numbers += 1;
      const entry = track.last;
      const start = { watch, track: track.id, entry, firstBox: track.box, last: entry };
      stay = { number: this.#numbers, ...start, scores: 0, finds: 0, reported: false };
      this.#stays.push(stay);
      began.push(stay.number);
    }
    stay.last = track.last;
    stay.scores += track.score;
    stay.finds += 1;
    return stay;
  }

  #verdict(stay: Stay, track: Followed): Verdict | null {
    const { rule, zone } = stay.watch;
    const limit_s = rule.dwell_s.value;
    const dwell_s = (stay.last - stay.entry) / 1000;
    if (stay.reported || dwell_s <= limit_s) return null;
    if (track.score < rule.min_score || !rule.classes.includes(track.class)) return null;
    stay.reported = true;
    const { device, site, camera } = this.#options;
    const name = {
      device,
      site,
      camera: camera.id,
      rule: rule.id,
      zone: zone.id,
      entry: stay.entry,
      track: stay.track,
    };
    const event: KerbEvent = {
      v: 1,
      kind: 'event',
      id: eventId(name),
      device,
      site,
      camera: camera.id,
      at: stay.entry,
      until: stay.last,
      code: rule.code,
      rule: rule.id,
      zone: zone.id,
      class: track.class,
      track: track.id,
      box: rounded(track.box),
      certainty: Math.round((stay.scores / stay.finds) * 1e4) / 1e4,
      dwell_s,
      limit_s,
    };
    return { stay: stay.number, event, firstBox: rounded(stay.firstBox), proofBox: rounded(track.box) };
  }

  /** What the debug view says of a track: of all rules over all zones, the one that came nearest to an event. */
  #why(track: Followed): Why {
    let best: Why | null = null;
    for (const watch of this.#watches) {
      const why = this.#whyUnder(track, watch);
      if (!best || rank(why) > rank(best)) best = why;
    }
    const { id, class: name, score } = track;
    const nothing = { zone: null, rule: null, dwell_s: 0, limit_s: 0, reason: 'class' } as const;
    return best ?? { track: id, class: name, score, ...nothing };
  }

  #whyUnder(track: Followed, watch: Watch): Why {
    const { id, class: name, score } = track;
    const about = { track: id, class: name, score };
    const limit_s = watch.rule.dwell_s.value;
    const stay = this.#stays.find((one) => one.track === id && one.watch === watch);
    const here = standsIn(watch, track.box) || (stay !== undefined && stay.last === track.last);
    if (!watch.rule.classes.includes(name)) {
      return { ...about, zone: here ? watch.zone.id : null, rule: null, dwell_s: 0, limit_s: 0, reason: 'class' };
    }
    const rule = watch.rule.id;
    if (!stay) {
      const reason = here ? 'score' : 'outside';
      return { ...about, zone: here ? watch.zone.id : null, rule, dwell_s: 0, limit_s, reason };
    }
    const dwell_s = (stay.last - stay.entry) / 1000;
    const late = dwell_s > limit_s;
    const reason = stay.reported ? 'reported' : late ? 'score' : 'timing';
    return { ...about, zone: watch.zone.id, rule, dwell_s, limit_s, reason };
  }
}

const RANKS: readonly Why['reason'][] = ['class', 'outside', 'score', 'timing', 'reported'];

/** Later reasons come nearer to an event; of equal ones the longer stay. */
function rank(why: Why): number {
  return RANKS.indexOf(why.reason) + Math.min(0.9, why.dwell_s / 1e6) + (why.zone === null ? 0 : 0.05);
}

/** Found now; or lately; or a thing that stood still and is hidden for the moment. A single weak sight is not drawn on. */
function isDrawn(track: Followed, time: number): boolean {
  if (track.last === time) return true;
  return track.finds > 1 && (track.standing || time - track.last <= DRAWN_ON_MS);
}
