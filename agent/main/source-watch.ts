// agent/main: is a stream of readings alive? What was heard and lost comes in with the box's clock; a state goes out.
import type { SourceState } from '../console/api.ts';

/** Silence after which a source counts as lost: a receiver speaks every second, a running bus a hundred times. */
const PATIENCE_MS = 3500;

export class SourceWatch {
  readonly #wall: () => number;
  readonly #changed: () => void;
  #state: SourceState;
  #heard: number;

  /** @param there false: the box has no such source */
  constructor(there: boolean, wall: () => number, changed: () => void) {
    this.#wall = wall;
    this.#changed = changed;
    this.#heard = wall();
    this.#state = { state: there ? 'starting' : 'none', since: Math.round(wall()) };
  }

  heard(): void {
    this.#heard = this.#wall();
    if (this.#state.state !== 'live') this.#become({ state: 'live', since: Math.round(this.#heard) });
  }

  lost(reason: string): void {
    if (this.#state.state === 'lost' && this.#state.reason === reason) return;
    const since = this.#state.state === 'lost' ? this.#state.since : Math.round(this.#wall());
    this.#become({ state: 'lost', since, reason });
  }

  /** Called every second: silence is a loss too. */
  check(): void {
    const { state } = this.#state;
    if ((state === 'live' || state === 'starting') && this.#wall() - this.#heard > PATIENCE_MS) {
      this.lost('is open, but sends nothing');
    }
  }

  #become(state: SourceState): void {
    this.#state = state;
    this.#changed();
  }

  state(): SourceState {
    return this.#state;
  }
}
