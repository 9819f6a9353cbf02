// agent/health: the boots of this box and what became known of their clocks. In: what was kept, this boot's clock now and
// then. Out: an anchor per boot, from which times that were written in ignorance are put right. Pure.
import { type Anchor, type Boot, type ClockQuality, knowsBetter } from '../../contract/index.ts';

/** Boots that are remembered: records of more than that do not wait, and their last ones are told at each birth. */
const MOST = 64;
const TOLD = 4;
/** A clock that runs apart from the anchor by more than this was set, ms. Less is drift, and not worth a write. */
const SET_MS = 1_000;

export class Boots {
  readonly #boots: Boot[];

  /** @param kept as `all` gave them in an earlier run */
  constructor(kept: readonly Boot[], current: string) {
    this.#boots = [...kept].slice(-MOST);
    if (this.#boots.at(-1)?.boot === current) return;
    const nr = (this.#boots.at(-1)?.nr ?? 0) + 1;
    this.#boots.push({ boot: current, nr, anchor: null });
    if (this.#boots.length > MOST) this.#boots.shift();
  }

  /** Looks at the clock; true: something is known that was not, and should be kept and told. */
  observe(wall: number, mono: number, clock: ClockQuality): boolean {
    const now = this.#boots.at(-1)!;
    if (clock === 'unknown') return false;
    const anchor: Anchor = { offset: Math.round(wall - mono), clock };
    const known = now.anchor;
    const set = known !== null && known.clock === clock && Math.abs(known.offset - anchor.offset) > SET_MS;
    if (known !== null && !knowsBetter(anchor, known.clock) && !set) return false;
    this.#boots[this.#boots.length - 1] = { ...now, anchor };
    return true;
  }

  /** Null: nothing is known of this boot's clock. */
  anchorOf(boot: string): Anchor | null {
    return this.#boots.findLast((one) => one.boot === boot)?.anchor ?? null;
  }

  get current(): Boot {
    return this.#boots.at(-1)!;
  }

  /** To be kept. */
  get all(): readonly Boot[] {
    return this.#boots;
  }

  /** The last ones, for the birth. */
  get told(): Boot[] {
    return this.#boots.slice(-TOLD);
  }
}
