// campaign: what makes life hard between the kills: links that are cut, held up or slowed, a full disk, wrong clocks,
// floods of records. In: a trouble of the plan. Out: that it has begun, and what ends it.
import { setTimeout as wait } from 'node:timers/promises';
import type { Field } from './field.ts';
import type { Trouble } from './plan.ts';

/** After the disk has room again the box has to accept within (ms). */
export const RECOVERS_WITHIN = 60_000;
/** A flood is over, or given up, after (ms). */
const FLOOD_WITHIN = 4000;

type Heal = () => void | Promise<void>;

export class Troubles {
  readonly #field: Field;
  /** how often each was */
  readonly counts = new Map<string, number>();
  /** disks that were full and freed, after which the box did not accept in time */
  unrecovered = 0;
  /** ms */
  longestRecovery = 0;

  constructor(field: Field) {
    this.#field = field;
  }

  /** Begins a trouble; what it gives ends it. */
  async begin(trouble: Trouble): Promise<Heal> {
    const name = 'state' in trouble ? `${trouble.what}_${trouble.state}` : trouble.what;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    switch (trouble.what) {
      case 'link':
      case 'intake_link':
        return this.#link(trouble);
      case 'clock':
        return this.#clock(trouble.skew);
      case 'case_flood':
        await this.#flood('case', trouble.flood);
        return () => undefined;
      case 'disk_full':
        return this.#diskFull(trouble.left, trouble.flood);
    }
  }

  async #link({ what, state, delay, flood }: Extract<Trouble, { state: string }>): Promise<Heal> {
    const { link: boxLink, intakeLink, witness } = this.#field;
    const link = what === 'link' ? boxLink : intakeLink;
    if (state === 'slow') link.set('pass', delay);
    else link.set(state);
    if (flood > 0) await this.#flood('telemetry', flood);
    return () => {
      if (state === 'cut') witness.mark();
      link.set('pass');
    };
  }

  #clock(skew: number): Heal {
    const set = (ms: number) => {
      this.#field.skew = ms;
      this.#field.intakeSkew = -ms;
      this.#field.tell({ do: 'clock', skew: ms });
    };
    set(skew);
    return () => set(0);
  }

  async #diskFull(left: number, flood: number): Promise<Heal> {
    const { stage, link } = this.#field;
    if (!stage.isDisk) return () => undefined;
    // Without a link nothing is acknowledged, so no segment becomes free meanwhile.
    link.set('cut');
    await this.#field.onDisk(() => stage.fill(left));
    await this.#flood('telemetry', flood);
    await this.#flood('case', Math.round(flood / 10));
    return () =>
      this.#field.onDisk(async () => {
        stage.free();
        link.set('pass');
        void this.#recovery();
      });
  }

  /** Has the box write many records at once, and waits until it has taken or refused them, or no longer. */
  async #flood(lane: 'telemetry' | 'case', count: number): Promise<void> {
    const { ledger } = this.#field;
    const until = ledger.settled + count;
    this.#field.tell({ do: 'flood', lane, count });
    const end = performance.now() + FLOOD_WITHIN;
    while (ledger.settled < until && performance.now() < end) await wait(20);
  }

  async #recovery(): Promise<void> {
    const { ledger } = this.#field;
    const freed = performance.now();
    const took = () => performance.now() - freed;
    while (ledger.last <= freed && took() < RECOVERS_WITHIN && !this.#field.closing) await wait(20);
    this.longestRecovery = Math.max(this.longestRecovery, took());
    if (took() >= RECOVERS_WITHIN) this.unrecovered++;
  }
}
