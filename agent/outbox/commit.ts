// agent/outbox: group commit. Records are put together as bytes at once, written and synced together a little later.
// In: records that were checked. Out: a receipt for each, after `write` has returned for its group. Never: a receipt
// before that; a hole in the numbers when a write fails; more than MAX_PENDING bytes in memory.
import { KerbError, type Lane } from '../../contract/index.ts';
import { FrameBuilder } from './frame.ts';
import { type BatchReceipt, MAX_PENDING, type NewRecord, type OutboxClock, type Receipt } from './types.ts';

/** Emptied builders kept for the next groups. */
const IDLE = 2;

/** Who waits for some records of a group, and is told once. */
interface Waiter {
  /** that many, following one another */
  records: number;
  accept: (first: number) => void;
  refuse: (error: Error) => void;
}

interface Group {
  builder: FrameBuilder;
  waiters: Waiter[];
  /** of its records */
  bytes: number;
  /** resolves once all its waiters were told */
  settled: PromiseWithResolvers<void>;
}

export interface CommitOptions {
  lane: Lane;
  epoch: string;
  clock: OutboxClock;
  /** how long a record may wait for others */
  delayMs: number;
  /** bytes of a full group */
  target: number;
  /** the first number to give */
  next: number;
  /** puts a group on disk for good; the error it throws is what its producers are told */
  write: (builder: FrameBuilder) => Promise<void>;
  /** called after the receipts of a group were given */
  onDurable: () => void;
}

export class GroupCommit {
  readonly #options: CommitOptions;
  #queue: Group[] = [];
  #current: Group | null = null;
  #idle: FrameBuilder[] = [];
  #pending = 0;
  #assigned: number;
  /** one more than the last on disk */
  next: number;
  #timer: NodeJS.Timeout | null = null;
  #running = false;
  #flushing = false;

  constructor(options: CommitOptions) {
    this.#options = options;
    this.next = options.next;
    this.#assigned = options.next;
  }

  /** Takes a record, of `most` bytes at most. @throws KerbError OUTBOX_BUSY beyond what may wait */
  add(record: NewRecord, most: number): Promise<Receipt> {
    const { lane, epoch, clock } = this.#options;
    const group = this.#put(record, most, clock.wall(), clock.mono());
    const accepted = new Promise<Receipt>((resolve, refuse) => {
      group.waiters.push({ records: 1, accept: (seq) => resolve({ lane, epoch, seq }), refuse });
    });
    this.#go();
    return accepted;
  }

  /**
   * Takes as many of these, in order, as there is room for. `check` gives the most bytes one takes, or throws; what it
   * throws ends the batch before that record. Resolves when all that were taken are on disk or refused.
   */
  addMany(records: readonly NewRecord[], check: (record: NewRecord) => number): Promise<BatchReceipt> {
    const { lane, epoch, clock } = this.#options;
    const wall = clock.wall();
    const mono = clock.mono();
    const result: BatchReceipt = { lane, epoch, first: this.#assigned, count: 0, refused: null };
    const { promise, resolve } = Promise.withResolvers<BatchReceipt>();
    let open = 1;
    const close = () => {
      if (--open === 0) resolve(result);
    };
    const accept = (first: number, count: number) => {
      if (result.count === 0) result.first = first;
      result.count += count;
      close();
    };
    // Groups fail in order and with all that follow them, so the first refusal is the one that counts.
    const refuse = (error: Error) => {
      result.refused = error;
      close();
    };
    let group: Group | null = null;
    let waiter: Waiter | null = null;
    try {
      for (const record of records) {
        const into = this.#put(record, check(record), wall, mono);
        if (into !== group || waiter === null) {
          const fresh: Waiter = { records: 0, accept: (first) => accept(first, fresh.records), refuse };
          into.waiters.push(fresh);
          group = into;
          waiter = fresh;
          open++;
        }
        waiter.records++;
      }
    } catch (error) {
      result.refused = error as Error;
    }
    if (group) this.#go();
    close();
    return promise;
  }

  #put(record: NewRecord, most: number, wall: number, mono: number): Group {
    if (this.#pending + most > MAX_PENDING) {
      const what = `${MAX_PENDING} bytes wait to be written already`;
      throw new KerbError('OUTBOX_BUSY', what, `lane ${this.#options.lane}`, 'wait for earlier records to be accepted');
    }
    let group = this.#queue.at(-1);
    let size = group?.builder.add(this.#assigned, wall, mono, record) ?? 0;
    if (group === undefined || size === 0) {
      group = this.#begin(wall, mono);
      size = group.builder.add(this.#assigned, wall, mono, record);
    }
    group.bytes += size;
    this.#pending += size;
    this.#assigned++;
    return group;
  }

  #go(): void {
    if (this.#queue.length > 1) this.#run();
    else this.#arm(this.#options.delayMs);
  }

  #begin(wall: number, mono: number): Group {
    const { lane, target, clock } = this.#options;
    const builder = this.#idle.pop() ?? new FrameBuilder(lane, target);
    builder.begin(this.#assigned, wall, mono, clock.quality());
    const group: Group = { builder, waiters: [], bytes: 0, settled: Promise.withResolvers() };
    this.#queue.push(group);
    return group;
  }

  /** Resolves once everything handed in so far is on disk or was refused, without waiting for more to come. */
  async flush(): Promise<void> {
    const last = this.#queue.at(-1) ?? this.#current;
    this.#flushing = this.#queue.length > 0;
    this.#run();
    await last?.settled.promise;
  }

  #arm(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#flushing = true;
      this.#run();
    }, delayMs);
  }

  #isDue(): boolean {
    return this.#queue.length > 1 || (this.#flushing && this.#queue.length > 0);
  }

  /** Writes what is due, one group after the other. Starts at once and runs on by itself. */
  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#isDue()) {
      const group = this.#queue.shift()!;
      if (this.#queue.length === 0) {
        this.#flushing = false;
        if (this.#timer) clearTimeout(this.#timer);
        this.#timer = null;
      }
      this.#current = group;
      try {
        await this.#options.write(group.builder);
        this.#accept(group);
      } catch (error) {
        this.#refuse(group, error as Error);
      }
      this.#current = null;
      if (this.#idle.length < IDLE) this.#idle.push(group.builder);
    }
    this.#running = false;
    if (this.#queue.length > 0) this.#arm(this.#options.delayMs);
  }

  #accept({ builder, waiters, bytes, settled }: Group): void {
    this.#pending -= bytes;
    this.next = builder.first + builder.count;
    let seq = builder.first;
    for (const { records, accept } of waiters) {
      accept(seq);
      seq += records;
    }
    settled.resolve();
    this.#options.onDurable();
  }

  /** What came after a failed group was numbered after it: all of it is refused, and the numbers are used again. */
  #refuse(failed: Group, error: Error): void {
    const groups = [failed, ...this.#queue];
    this.#queue = [];
    this.#assigned = this.next;
    for (const { bytes, waiters, settled } of groups) {
      this.#pending -= bytes;
      for (const { refuse } of waiters) refuse(error);
      settled.resolve();
    }
  }
}
