// agent/main/updates: the box's looker, which can be exchanged while cameras look. In: looks. Out: looks of whichever model
// is on now, and how the newest one does. Never: a look lost in an exchange: those under way end where they began.
import type { Look, Looker, LookOptions, Picture } from '../../../models/types.ts';

/** How the looker that is on has done since then. */
export interface LookStats {
  readonly looks: number;
  readonly failed: number;
  /** the first few failures' words */
  readonly faults: readonly unknown[];
  /** milliseconds of an inference of each look, with the first size */
  readonly ms: readonly number[];
  /** most finds of one look from the score 0.5 on */
  readonly most: number;
}

const KEPT = 200;
const SURE = 0.5;

export class SwitchLooker implements Looker {
  #current: Looker;
  #stats = fresh();

  constructor(first: Looker) {
    this.#current = first;
  }

  get workers(): number {
    return this.#current.workers;
  }

  get busy(): number {
    return this.#current.busy;
  }

  get use(): Looker['use'] {
    return this.#current.use;
  }

  get stats(): LookStats {
    return this.#stats;
  }

  /** The next look is this one's. @returns the former, which may still be looking: it is the caller's to close */
  swap(next: Looker): Looker {
    const former = this.#current;
    this.#current = next;
    this.#stats = fresh();
    return former;
  }

  async look(picture: Picture, options: LookOptions): Promise<Look> {
    const stats = this.#stats;
    try {
      const look = await this.#current.look(picture, options);
      stats.looks += 1;
      stats.most = Math.max(stats.most, look.objects.filter(({ score }) => score >= SURE).length);
      if (stats.ms.length < KEPT) stats.ms.push(look.run_ms);
      return look;
    } catch (error) {
      stats.failed += 1;
      if (stats.faults.length < 3) stats.faults.push(error);
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#current.close();
  }
}

const fresh = () => ({ looks: 0, failed: 0, faults: [] as unknown[], ms: [] as number[], most: 0 });
