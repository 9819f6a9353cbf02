// agent/health: a time for judging that is never set. In: the box's clock. Out: epoch ms on a scale that began when this
// was made and runs with the time since boot, and what a time on that scale is on the clock as it is known now. So a
// clock that is set by decades makes no stay, trip or silence of decades.
import type { Clock } from './clock.ts';

/** A clock that was set by less than this is followed by nobody: it would only blur what is known. */
const SET_MS = 60_000;

export class SteadyTime {
  readonly #clock: Pick<Clock, 'wall' | 'mono'>;
  readonly #offset: number;

  constructor(clock: Pick<Clock, 'wall' | 'mono'>) {
    this.#clock = clock;
    this.#offset = clock.wall() - clock.mono();
  }

  /** epoch ms on this scale */
  readonly now = (): number => this.#offset + this.#clock.mono();

  /** A recent time as UTC. One that is nearer to the clock than to this scale came from elsewhere: it stays. */
  told(time: number): number {
    const [now, wall] = [this.now(), this.#clock.wall()];
    const set = wall - now;
    if (Math.abs(set) <= SET_MS || Math.abs(time - wall) <= Math.abs(time - now)) return time;
    return Math.max(0, Math.round(time + set));
  }
}
