// agent/camera: what stands in a zone and is not even timed: an object of which the box is not sure enough, or fewer
// things together than make a matter. In: each at every look. Out: what is gone or was hidden for too long, with how long
// it was there. Pure: time is the frame's own. Never more than MAX_FOLLOWED at once.
import type { Box } from './types.ts';
import type { Watch } from './zones.ts';

/** One sight of it. */
export interface Sight {
  readonly class: string;
  readonly box: Box;
  readonly score: number;
  /** of things together: how many */
  readonly count?: number;
}

export interface AlmostStay {
  readonly watch: Watch;
  readonly at: number;
  until: number;
  scores: number;
  looks: number;
  /** the sight with most things together, else the last one */
  best: Sight;
}

const MAX_FOLLOWED = 200;

export class Almost {
  readonly #followed = new Map<string, AlmostStay>();

  /** @param key names it among all: the same one at each look */
  see(key: string, time: number, watch: Watch, sight: Sight): void {
    const known = this.#followed.get(key);
    if (!known) {
      if (this.#followed.size >= MAX_FOLLOWED) return;
      this.#followed.set(key, { watch, at: time, until: time, scores: sight.score, looks: 1, best: sight });
      return;
    }
    known.until = time;
    known.scores += sight.score;
    known.looks += 1;
    if ((sight.count ?? 0) >= (known.best.count ?? 0)) known.best = sight;
  }

  /** It is timed now, or nothing is known of it any more. */
  drop(key: string): void {
    this.#followed.delete(key);
  }

  clear(): void {
    this.#followed.clear();
  }

  /** Gives what was not seen for longer than its rule bears. */
  gone(time: number, absent_ms: (watch: Watch) => number): AlmostStay[] {
    const gone = [...this.#followed].filter(([, one]) => time - one.until > absent_ms(one.watch));
    for (const [key] of gone) this.#followed.delete(key);
    return gone.map(([, one]) => one);
  }
}
