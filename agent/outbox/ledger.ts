// agent/outbox: what a lane knows for good beside its records: how far the centre has acknowledged, and what is gone.
// In: acks, notes of loss. Out: the state file, saved every so often unless somebody must wait for it.

import { addBoot, type Boot } from './ages.ts';
import type { Disk } from './disk.ts';
import { addGap, goneBetween } from './gaps.ts';
import type { Survey } from './recover.ts';
import { type LaneState, StateFile } from './state.ts';
import type { Gap, GapReason } from './types.ts';

/** The state is saved ten times a second at most. */
const LEAST_SAVE_MS = 100;
const NEVER = Number.POSITIVE_INFINITY;

export interface LedgerOptions {
  disk: Disk;
  wall: () => number;
  /** this boot's id */
  boot: string;
  /** one more than the last seq on disk */
  next: () => number;
  /** how long a change of the cursor may wait, ms; a crash in between costs duplicates, no loss */
  lazyMs: number;
  /** runs some time after something has changed; has to call `save` */
  onChange: () => Promise<unknown>;
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #found: Survey;
  readonly #epoch: string;
  #file: StateFile | null = null;
  #timer: NodeJS.Timeout | null = null;
  #timerDue = 0;
  /** when what has changed must be saved, on the clock of `performance` */
  #due = NEVER;
  #saving = false;
  #closed = false;
  acked: number;
  gaps: readonly Gap[];
  readonly torn: number;
  /** earlier boots, oldest first */
  readonly boots: Boot[];
  strayAcks = 0;
  #begun: boolean;

  constructor(found: Survey, epoch: string, options: LedgerOptions) {
    this.#found = found;
    this.#epoch = epoch;
    this.#options = options;
    this.acked = found.acked;
    this.gaps = found.gaps;
    this.torn = found.torn;
    const boots = found.saved?.value.boots ?? [];
    this.boots = found.latest && found.latest.boot !== options.boot ? addBoot(boots, found.latest) : boots;
    this.#begun = found.segments.length > 0;
  }

  /** Opens or makes the state file and saves what the start has found. */
  async start(): Promise<void> {
    const { dir, saved } = this.#found;
    this.#file = await StateFile.open(this.#options.disk, dir, saved, () => this.#value());
    if (saved) await this.#file.save();
  }

  #value(): LaneState {
    const { lane } = this.#found;
    const { acked, gaps, torn } = this;
    const next = this.#options.next();
    return {
      v: 1,
      lane,
      epoch: this.#epoch,
      begun: this.#begun,
      acked,
      next,
      gaps: [...gaps],
      torn,
      boots: this.boots,
    };
  }

  /** Moves the cursor; false for an ack of another epoch or of what was never accepted, which changes nothing. */
  ack(epoch: string, upTo: number): boolean {
    if (epoch !== this.#epoch || !Number.isSafeInteger(upTo) || upTo < 0 || upTo >= this.#options.next()) {
      this.strayAcks++;
      return false;
    }
    if (upTo > this.acked) {
      this.acked = upTo;
      this.saveWithin(this.#options.lazyMs);
    }
    return true;
  }

  /** Notes a loss of what was not acknowledged; it is durable only once `save` has resolved. */
  note(first: number, last: number, reason: GapReason): void {
    const from = Math.max(first, this.acked + 1);
    if (from > last) return;
    const before = goneBetween(this.gaps, from, last);
    const gaps = addGap(this.gaps, from, last, reason, this.#options.wall());
    if (goneBetween(gaps, from, last) === before) return;
    this.gaps = gaps;
    this.saveWithin(0);
  }

  /** The lowest seq not acknowledged and not known to be gone, of those from `first` on. */
  low(first: number): number {
    let low = Math.max(this.acked + 1, first);
    for (const gap of this.gaps) {
      if (gap.reason !== 'several' && gap.first <= low && low <= gap.last) low = gap.last + 1;
    }
    return low;
  }

  /** To be called before the first segment is made. */
  async begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    await this.save();
  }

  /** Resolves once everything up to now is on disk. */
  async save(): Promise<void> {
    await this.#file?.save();
  }

  /** Has what changed saved within so many ms, ten times a second at most. */
  saveWithin(ms: number): void {
    const due = performance.now() + Math.max(ms, LEAST_SAVE_MS);
    this.#due = Math.min(this.#due, due);
    if (this.#closed || this.#saving || (this.#timer && this.#timerDue <= this.#due)) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerDue = this.#due;
    this.#timer = setTimeout(() => this.#saveNow(), this.#due - performance.now());
  }

  async #saveNow(): Promise<void> {
    this.#timer = null;
    this.#due = NEVER;
    this.#saving = true;
    // A failed save is tried again with the next change; the disk holds an older cursor: duplicates, no loss.
    await this.#options.onChange().catch(() => {});
    this.#saving = false;
    const due = this.#due;
    this.#due = NEVER;
    if (due < NEVER) this.saveWithin(due - performance.now());
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#file?.close();
  }
}
