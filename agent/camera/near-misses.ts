// agent/camera: what nearly became an event: stays and gatherings that ended too soon, and things that never began to be
// timed. In: each as it ends, by frame time. Out: those of the last hour, longest first. Pure; never more than MAX_KEPT.
import type { Box } from './types.ts';

/** What ended without becoming an event. */
export interface NearMiss {
  readonly kind: 'object' | 'group';
  readonly zone: string;
  readonly rule: string;
  /** the object's class, or the one that most of a gathering have */
  readonly class: string;
  /** epoch ms: first and last seen there */
  readonly at: number;
  readonly until: number;
  readonly dwell_s: number;
  readonly limit_s: number;
  /** mean score, 0..1, and the least that the rule takes */
  readonly score: number;
  readonly min_score: number;
  /** of a gathering: members at its largest, and how many make a matter */
  readonly count?: number;
  readonly needed?: number;
  /** where it was first seen, pixels; of a gathering, where it was last */
  readonly box: Box;
  /**
   * left: it went before its time; score: not sure enough; few: too few together; unattended: goods without anybody
   * beside them; hours: the rule's hours ended
   */
  readonly reason: 'left' | 'score' | 'few' | 'unattended' | 'hours';
}

/** So long they are told, ms of frame time. */
const KEPT_MS = 3600_000;
const MAX_KEPT = 50;
/** What lasted for a smaller share of its limit was not near. */
const NEAR = 0.2;

export class NearMisses {
  /** with the number of the stay it was, where it may still go on */
  #kept: { readonly number: number | null; readonly miss: NearMiss }[] = [];

  /** @param number of a stay that may go on: `withdraw` takes it back then */
  add(miss: NearMiss, number: number | null = null): void {
    if (miss.dwell_s < NEAR * miss.limit_s || (miss.dwell_s === 0 && miss.limit_s > 0)) return;
    this.#expire(miss.until);
    this.#kept.push({ number, miss });
    if (this.#kept.length <= MAX_KEPT) return;
    const least = this.#kept.reduce((a, b) => (share(b.miss) < share(a.miss) ? b : a));
    this.#kept = this.#kept.filter((one) => one !== least);
  }

  /** That stay goes on: it did not end. */
  withdraw(number: number): void {
    this.#kept = this.#kept.filter((one) => one.number !== number);
  }

  /** Those that ended within the hour before `time` (epoch ms of a frame), longest first. */
  list(time: number): NearMiss[] {
    this.#expire(time);
    return this.#kept.map(({ miss }) => miss).sort((a, b) => b.dwell_s - a.dwell_s || b.until - a.until);
  }

  clear(): void {
    this.#kept = [];
  }

  #expire(time: number): void {
    this.#kept = this.#kept.filter(({ miss }) => time - miss.until <= KEPT_MS);
  }
}

const share = ({ dwell_s, limit_s }: NearMiss) => dwell_s / Math.max(limit_s, 1);
