// agent/outbox: what a lane knows for good beside its records: how far the centre has acknowledged, and what is gone.
// In: acks, notes of loss. Out: the state file, saved at most ten times a second unless somebody must wait for it.

import type { Disk } from './disk.ts';
import { addGap, goneBetween } from './gaps.ts';
import type { Survey } from './recover.ts';
import { type LaneState, StateFile } from './state.ts';
import type { Gap, GapReason } from './types.ts';

/** How often at most the cursor is saved by itself. A crash in between costs duplicates, no loss. */
const SAVE_MS = 100;

export interface LedgerOptions {
  disk: Disk;
  wall: () => number;
  /** one more than the last seq on disk */
  next: () => number;
  /** runs ten times a second at most while something has changed; has to call `save` */
  onChange: () => Promise<void>;
}

export class Ledger {
  readonly #options: LedgerOptions;
  readonly #found: Survey;
  readonly #epoch: string;
  #file: StateFile | null = null;
  #timer: NodeJS.Timeout | null = null;
  #changed = false;
  #closed = false;
  acked: number;
  gaps: readonly Gap[];
  readonly torn: number;
  strayAcks = 0;
  #begun: boolean;

  constructor(found: Survey, epoch: string, options: LedgerOptions) {
    this.#found = found;
    this.#epoch = epoch;
    this.#options = options;
    this.acked = found.acked;
    this.gaps = found.gaps;
    this.torn = found.torn;
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
    return { v: 1, lane, epoch: this.#epoch, begun: this.#begun, acked, next, gaps: [...gaps], torn };
  }

  /** Moves the cursor; false for an ack of another epoch or of what was never accepted, which changes nothing. */
  ack(epoch: string, upTo: number): boolean {
    if (epoch !== this.#epoch || !Number.isSafeInteger(upTo) || upTo < 0 || upTo >= this.#options.next()) {
      this.strayAcks++;
      return false;
    }
    if (upTo > this.acked) {
      this.acked = upTo;
      this.#saveSoon();
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
    this.#saveSoon();
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

  #saveSoon(): void {
    this.#changed = true;
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#changed = false;
      // A failed save is tried again with the next change; the disk holds an older cursor: duplicates, no loss.
      this.#options
        .onChange()
        .catch(() => {})
        .finally(() => {
          this.#timer = null;
          if (this.#changed) this.#saveSoon();
        });
    }, SAVE_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#file?.close();
  }
}
