// agent/camera: the stays of one camera. In: what is followed, look by look. Out: stays that begin, go on and end; near
// misses. A parked thing's stay that is out of sight is suspended, and goes on when the thing is found again. Pure.
import type { NearMisses } from './near-misses.ts';
import { missOf, type Stay, type StayMemory } from './stays.ts';
import type { Followed } from './track.ts';
import type { Watch } from './zones.ts';

/** A parked thing that was lost from sight is the same stay when it is found again within so long, ms. */
const REJOIN_MS = 600_000;

export interface StayBookOptions {
  /** gives the number of a new stay; gatherings share the series */
  readonly next: () => number;
  /** would this track be the same one if it were found there again? */
  readonly remembers: (track: number) => boolean;
  /** does the rule hold at this time? */
  readonly isOpen: (watch: Watch, time: number) => boolean;
  /** how long a rule bears that its object is not seen */
  readonly absent_ms: (absent_s: number) => number;
  readonly misses: NearMisses;
}

export class StayBook {
  readonly #options: StayBookOptions;
  #stays: Stay[] = [];
  /** of parked things that are out of sight */
  #suspended: Stay[] = [];

  constructor(options: StayBookOptions) {
    this.#options = options;
  }

  /** Other zones and rules: what still has both, by their ids, goes on. Gives the numbers of what ended. */
  adopt(watches: readonly Watch[]): number[] {
    const before = this.#all;
    const isKnown = (stay: Stay) => {
      const { zone, rule } = stay.watch;
      const watch = watches.find((one) => one.zone.id === zone.id && one.rule.id === rule.id);
      if (watch) stay.watch = watch;
      return watch !== undefined;
    };
    this.#stays = this.#stays.filter(isKnown);
    this.#suspended = this.#suspended.filter(isKnown);
    const kept = new Set(this.#all);
    return unreported(before.filter((stay) => !kept.has(stay)));
  }

  /** Of things that would be known again. */
  memory(): StayMemory[] {
    return this.#all
      .filter(({ track }) => this.#options.remembers(track))
      .map(({ number: _, watch, ...stay }) => ({ ...stay, rule: watch.rule.id, zone: watch.zone.id }));
  }

  /** What an earlier life knew goes on once its thing is found again. */
  recall(stays: readonly StayMemory[], watches: readonly Watch[]): void {
    for (const { rule, zone, ...stay } of stays) {
      const watch = watches.find((one) => one.zone.id === zone && one.rule.id === rule);
      const name = stay.class || watch?.rule.classes[0] || '';
      if (watch) this.#suspended.push({ ...stay, class: name, number: this.#options.next(), watch });
    }
  }

  /** Forgets all; gives the numbers of what was not reported. */
  forget(): number[] {
    const numbers = unreported(this.#all);
    this.#stays = [];
    this.#suspended = [];
    return numbers;
  }

  /** Ends what was not there for too long, and what a rule's hours are over for. Gives the numbers of what ended. */
  expire(time: number): number[] {
    const { isOpen, absent_ms, remembers, misses } = this.#options;
    // A rule whose hours are over forgets what it timed: the next ones begin anew.
    const isOver = (stay: Stay) => !isOpen(stay.watch, time);
    const isAbsent = (stay: Stay) => time - stay.present > absent_ms(stay.watch.rule.absent_s);
    const absent = this.#stays.filter((stay) => !isOver(stay) && isAbsent(stay));
    const gone = [
      ...this.#stays.filter(isOver),
      ...this.#suspended.filter((stay) => isOver(stay) || time - stay.last > REJOIN_MS),
      ...absent.filter((stay) => !remembers(stay.track)),
    ];
    for (const stay of this.#stays) {
      if (!stay.reported && (absent.includes(stay) || gone.includes(stay))) {
        misses.add(missOf(stay, isOver(stay)), stay.number);
      }
    }
    this.#stays = this.#stays.filter((stay) => !gone.includes(stay) && !absent.includes(stay));
    this.#suspended = [...this.#suspended, ...absent].filter((stay) => !gone.includes(stay));
    return unreported(gone);
  }

  /** Things that are still there, found or not. */
  see(tracks: readonly Followed[]): void {
    const present = new Map(tracks.map((track) => [track.id, track.present]));
    for (const stay of this.#stays) stay.present = Math.max(stay.present, present.get(stay.track) ?? 0);
  }

  /** The stay of this object under this watch that goes on now; a suspended one is resumed. */
  find(track: Followed, watch: Watch): Stay | undefined {
    const isIts = (one: Stay) => one.track === track.id && one.watch === watch;
    const running = this.#stays.find(isIts);
    if (running) return running;
    const stay = this.#suspended.find(isIts);
    if (!stay) return undefined;
    this.#suspended = this.#suspended.filter((one) => one !== stay);
    this.#options.misses.withdraw(stay.number);
    this.#stays.push(stay);
    return stay;
  }

  /** The same without resuming one. */
  running(track: Followed, watch: Watch): Stay | undefined {
    return this.#stays.find((one) => one.track === track.id && one.watch === watch);
  }

  /** An object that was found in the zone just now begins its stay. */
  begin(track: Followed, watch: Watch): Stay {
    const { id, class: name, last: entry, box: firstBox } = track;
    const start = { watch, track: id, class: name, entry, firstBox, last: entry, present: entry };
    const stay = { number: this.#options.next(), ...start, scores: 0, finds: 0, reported: false };
    this.#stays.push(stay);
    return stay;
  }

  get #all(): Stay[] {
    return [...this.#stays, ...this.#suspended];
  }
}

const unreported = (stays: readonly Stay[]) => stays.filter((stay) => !stay.reported).map(({ number }) => number);
