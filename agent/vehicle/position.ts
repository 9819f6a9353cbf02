// agent/vehicle: what the receiver's epochs say of where the vehicle is, and how far that is to be believed. Pure.
import type { FLAGS } from '../../contract/index.ts';
import type { Epoch } from '../../drivers/gnss/types.ts';

export type PointFlag = (typeof FLAGS)[number];

/** A place told for another instant than its own says so from this age on, ms. */
const STALE_MS = 1000;

/** The newest epoch, the newest fix that can be used, and since when there is one or none. */
export class Position {
  readonly #freshMs: number;
  #epoch: { time: number; epoch: Epoch } | null = null;
  #fix: { time: number; epoch: Epoch } | null = null;
  #has = false;

  constructor(freshMs: number) {
    this.#freshMs = freshMs;
  }

  /** Takes an epoch at its running time; gives whether it can be used as a fix. */
  push(time: number, epoch: Epoch): boolean {
    this.#epoch = { time, epoch };
    if (!usable(epoch)) return false;
    this.#fix = { time, epoch };
    return true;
  }

  /** Whether the receiver speaks, with or without a fix. */
  speaks(time: number): boolean {
    return this.#epoch !== null && time - this.#epoch.time <= this.#freshMs;
  }

  /** The newest epoch while it counts. */
  epoch(time: number): Epoch | null {
    return this.speaks(time) ? this.#epoch!.epoch : null;
  }

  /** The fix that counts now: not too old, and not taken back by the receiver itself. */
  fix(time: number): Epoch | null {
    if (this.#fix === null || time - this.#fix.time > this.#freshMs) return null;
    return (this.#epoch?.epoch.mode ?? 0) < 2 ? null : this.#fix.epoch;
  }

  /** ms since the last usable fix; null: never */
  age(time: number): number | null {
    return this.#fix && time - this.#fix.time;
  }

  /** Gives whether the fix was found or lost since the last call; a gap shorter than a fix stays fresh is none. */
  change(time: number): 'found' | 'lost' | null {
    const age = this.age(time);
    const has = age !== null && age <= this.#freshMs;
    if (has === this.#has) return null;
    this.#has = has;
    return has ? 'found' : 'lost';
  }

  /** Doubts about the place. */
  doubts(time: number): PointFlag[] {
    const flags: PointFlag[] = [...(this.epoch(time)?.flags ?? [])];
    const age = this.age(time);
    if (age !== null && (age > STALE_MS || this.fix(time) === null)) flags.push('stale-fix');
    return flags;
  }
}

/** Whether a fix says where the vehicle is: not what the receiver repeats, and not what jumped. */
function usable(epoch: Epoch): boolean {
  const doubtful = epoch.flags?.some((flag) => flag === 'jump' || flag === 'repeat' || flag === 'time-back') ?? false;
  return epoch.mode >= 2 && epoch.lat !== null && epoch.lon !== null && !doubtful;
}
