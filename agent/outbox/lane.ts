// agent/outbox: the log of one lane: group commit in, stream out, cursor, quota. In: records of producers, acks of the
// centre. Out: receipts once a record is on disk, and never before. Never: a record of a lane that does not evict lost
// to the quota; a loss without a durable gap.
import { KerbError, type Lane } from '../../contract/index.ts';
import { Ages } from './ages.ts';
import { bootText } from './boot.ts';
import type { LaneBounds } from './bounds.ts';
import { checkRecord } from './check.ts';
import { GroupCommit } from './commit.ts';
import { type Disk, diskError } from './disk.ts';
import { Followers } from './followers.ts';
import type { FrameBuilder } from './frame.ts';
import { goneBetween, goneByReason } from './gaps.ts';
import { Ledger } from './ledger.ts';
import { LaneReader } from './reader.ts';
import type { Survey } from './recover.ts';
import { Reserve } from './reserve.ts';
import { Room } from './room.ts';
import { framesRoom, type Segment } from './segment.ts';
import { SegmentStore } from './store.ts';
import type {
  BatchReceipt,
  Gap,
  LaneStats,
  NewRecord,
  OutboxClock,
  OutboxLane,
  ReadOptions,
  Receipt,
  StoredRecord,
} from './types.ts';

const MAX_FRAME = 2 * 1024 * 1024;
/** How many commit delays the cursor may wait to be saved: it wears the flash as much as records do. */
const LAZY = 10;

export interface LaneSettings extends LaneBounds {
  disk: Disk;
  clock: OutboxClock;
  /** 16 bytes */
  boot: Buffer;
  /** how long a record may wait for others before they are synced together */
  delayMs: number;
  /** freed segment files kept for later */
  spares: number;
  /** whether the oldest are evicted when the quota is reached; else new ones are refused */
  evicts: boolean;
  /** how long after a failed try the reserve is tried again, ms */
  retryMs?: number | undefined;
  /** asks other lanes for room on the disk */
  beg: () => Promise<boolean>;
}

export class LaneLog implements OutboxLane {
  readonly lane: Lane;
  readonly epoch: string;
  readonly #settings: LaneSettings;
  readonly #store: SegmentStore;
  readonly #ledger: Ledger;
  readonly #reserve: Reserve;
  readonly #ages: Ages;
  readonly #room: Room;
  readonly #commit: GroupCommit;
  readonly #followers = new Followers(() => this.nextSeq);
  #closed = false;
  /** everything that changes the segment files takes its turn here */
  #turn: Promise<unknown> = Promise.resolve();
  #oldest: { low: number; at: number } | null = null;

  private constructor(found: Survey, epoch: string, settings: LaneSettings) {
    const { clock, disk, delayMs } = settings;
    this.lane = found.lane;
    this.epoch = epoch;
    this.#settings = settings;
    const boot = bootText(settings.boot);
    this.#store = new SegmentStore(found, epoch, settings);
    this.#ledger = new Ledger(found, epoch, {
      disk,
      wall: () => clock.wall(),
      boot,
      lazyMs: LAZY * delayMs,
      next: () => this.nextSeq,
      onChange: () => this.#exclusive(() => this.#room.freeUseless()),
    });
    this.#reserve = new Reserve(disk, found.dir, settings.reserveBytes, settings.retryMs);
    this.#ages = new Ages(boot, () => clock.mono(), this.#ledger.boots);
    const { segmentBytes, quotaBytes, evicts, beg } = settings;
    const bounds = { segmentBytes, quotaBytes, evicts, beg, next: () => this.nextSeq };
    const parts = { store: this.#store, ledger: this.#ledger, reserve: this.#reserve, ages: this.#ages };
    this.#room = new Room({ ...parts, ...bounds });
    this.#commit = new GroupCommit({
      lane: found.lane,
      epoch,
      clock,
      delayMs,
      // An eighth of a segment: what is left over at its end stays small.
      target: Math.min(MAX_FRAME, Math.floor(framesRoom(segmentBytes) / 8)),
      next: found.next,
      write: (builder) => this.#exclusive(() => this.#write(builder)),
      onDurable: () => this.#followers.wake(),
    });
  }

  /** Goes on with what a survey found. `newEpoch` is asked where the lane has to begin anew. */
  static async open(found: Survey, newEpoch: () => string, settings: LaneSettings): Promise<LaneLog> {
    const anew = { ...found, acked: 0, next: 1, gaps: [], segments: [], sealed: false };
    const log = new LaneLog(found.epoch ? found : anew, found.epoch ?? newEpoch(), settings);
    try {
      await log.#ledger.start();
      await log.#store.start(found.epoch !== null);
      await log.#reserve.start();
      await log.#exclusive(() => log.#room.freeUseless());
    } catch (error) {
      await log.#reserve.close();
      await log.#store.close();
      await log.#ledger.close();
      throw diskError(error, found.lane, found.dir);
    }
    return log;
  }

  get nextSeq(): number {
    return this.#commit.next;
  }

  get acked(): number {
    return this.#ledger.acked;
  }

  get gaps(): readonly Gap[] {
    return this.#ledger.gaps;
  }

  get low(): number {
    return this.#ledger.low(this.segments[0]?.first ?? 1);
  }

  get segments(): readonly Segment[] {
    return this.#store.segments;
  }

  /**
   * Takes a record; resolves once it is on disk.
   * @throws KerbError OUTBOX_NOT_JSON, OUTBOX_TOO_LARGE, OUTBOX_BUSY, OUTBOX_FULL, OUTBOX_DISK_FULL, OUTBOX_DISK_FAULT,
   * OUTBOX_CLOSED
   */
  append(record: NewRecord): Promise<Receipt> {
    try {
      return this.#commit.add(record, this.#check(record));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Takes many at the price of a few; tells how many are on disk, and why no more. Never rejects. */
  appendMany(records: readonly NewRecord[]): Promise<BatchReceipt> {
    return this.#commit.addMany(records, (record) => this.#check(record));
  }

  #check(record: NewRecord): number {
    if (this.#closed) {
      throw new KerbError('OUTBOX_CLOSED', 'the outbox is closed', `lane ${this.lane}`, 'open it again');
    }
    return checkRecord(record, this.lane, this.#settings.segmentBytes);
  }

  flush(): Promise<void> {
    return this.#commit.flush();
  }

  async #write(builder: FrameBuilder): Promise<void> {
    try {
      await this.#room.write(builder);
    } catch (error) {
      throw diskError(error, this.lane, this.#store.dir);
    }
  }

  /** Gives room on the disk to other lanes; false where there is none to give. */
  give(asked: 'spare' | 'oldest'): Promise<boolean> {
    return this.#exclusive(() => this.#room.give(asked));
  }

  ack(epoch: string, upTo: number): boolean {
    const took = this.#ledger.ack(epoch, upTo);
    // Room on the disk is worth a write.
    if (took && this.#room.hasUseless(this.low)) this.#ledger.saveWithin(0);
    return took;
  }

  /** A reader has found that these are gone. */
  note(first: number, last: number, reason: 'corrupt' | 'expired'): void {
    this.#ledger.note(first, last, reason);
  }

  isPast(boot: string, mono: number, expires: number): boolean {
    return this.#settings.evicts && this.#ages.isPast(boot, mono, expires);
  }

  async *read(from: number, options: ReadOptions = {}): AsyncGenerator<StoredRecord> {
    for await (const batch of this.batches(from, options)) yield* batch;
  }

  async *batches(from: number, { follow = false, signal }: ReadOptions = {}): AsyncGenerator<StoredRecord[]> {
    const reader = new LaneReader(this, from);
    try {
      while (!signal?.aborted) {
        const batch = await reader.next();
        if (batch) yield batch;
        else if (!follow || !(await this.waitForMore(reader.seq, signal))) return;
      }
    } finally {
      await reader.close();
    }
  }

  waitForMore(from: number, signal?: AbortSignal): Promise<boolean> {
    return this.#followers.wait(from, signal);
  }

  async stats(): Promise<LaneStats> {
    const { low, nextSeq } = this;
    const waiting = nextSeq - low - goneBetween(this.gaps, low, nextSeq - 1);
    const bytes = this.segments.reduce((sum, { end }) => sum + end, 0);
    if (waiting > 0 && this.#oldest?.low !== low) {
      for await (const [first] of this.batches(low)) {
        this.#oldest = { low, at: first!.at };
        break;
      }
    }
    const oldest = waiting > 0 ? (this.#oldest?.at ?? null) : null;
    const { torn, strayAcks } = this.#ledger;
    return { waiting, bytes, oldest, gaps: this.gaps.length, gone: goneByReason(this.gaps), torn, strayAcks };
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** Writes what waits, saves the cursor, lets go of the files. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    this.#followers.end();
    await this.#exclusive(() => this.#room.freeUseless()).catch(() => {});
    await this.#reserve.close();
    await this.#exclusive(() => this.#store.close());
    await this.#ledger.close();
  }
}
