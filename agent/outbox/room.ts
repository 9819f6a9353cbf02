// agent/outbox: room for one lane's next records. In: its segments, its quota, what is acknowledged or too old. Out: a
// segment that takes the frame, or the error its producers are told. What goes first: what is acknowledged, then what
// nobody wants any more, then, in a lane that evicts, the oldest; each loss noted for good before its file goes. On a full
// disk: the lane's reserve, then, for lanes that never evict, the oldest telemetry.
// Never: a record of a lane that does not evict gone; two callers at a time (the lane's turn sees to it).
import { KerbError } from '../../contract/index.ts';
import type { Ages } from './ages.ts';
import { isDiskFull } from './disk.ts';
import type { FrameBuilder } from './frame.ts';
import type { Ledger } from './ledger.ts';
import type { Reserve } from './reserve.ts';
import { framesRoom, type Segment } from './segment.ts';
import type { SegmentStore } from './store.ts';

export interface RoomOptions {
  store: SegmentStore;
  ledger: Ledger;
  reserve: Reserve;
  ages: Ages;
  /** one more than the last seq on disk */
  next: () => number;
  segmentBytes: number;
  quotaBytes: number;
  /** whether the oldest are evicted when the quota is reached; else new ones are refused */
  evicts: boolean;
  /** asks other lanes for room on the disk; true when they gave some */
  beg: () => Promise<boolean>;
}

export class Room {
  readonly #options: RoomOptions;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Writes a group where there is room for it, whatever that takes. */
  async write(builder: FrameBuilder): Promise<void> {
    const ways = [() => this.freeUseless(), () => this.#enterReserve(builder), this.#options.beg];
    for (let way = ways.shift(); ; ) {
      try {
        if (!this.#options.store.hasRoom(builder.bytes)) await this.#roll();
        return await this.#options.store.write(builder);
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        while (way && !(await way())) way = ways.shift();
        if (!way) throw error;
      }
    }
  }

  /** Begins the next segment; where the quota is reached others go first, or the record is refused. */
  async #roll(): Promise<void> {
    const { store, ledger, quotaBytes, segmentBytes, evicts, next } = this.#options;
    const isFull = () => store.segments.length > 1 && store.bytes + segmentBytes > quotaBytes;
    if (isFull()) await this.freeUseless();
    while (isFull()) {
      if (!evicts) {
        const what = `its quota of ${quotaBytes} bytes is full, and nothing of this lane is ever evicted`;
        throw new KerbError('OUTBOX_FULL', what, `lane ${store.lane}`, 'wait for the centre to acknowledge');
      }
      await this.#evict(store.segments[0]!, 'quota');
    }
    await ledger.begin();
    await store.roll(next());
  }

  /**
   * Lets go of what is acknowledged, gone or too old for anybody; true when that freed a file. The cursor is saved first:
   * a segment may go only when the disk says that nothing in it is needed.
   */
  async freeUseless(): Promise<boolean> {
    const { store, ledger, evicts, ages } = this.#options;
    const before = store.segments.length;
    // What is acknowledged while this is saved is not saved yet.
    const low = ledger.low(store.segments[0]?.first ?? 1);
    await ledger.save();
    while (this.hasUseless(low)) await store.drop(store.segments[0]!);
    const overdue = ({ expiry }: Segment) => expiry !== null && ages.isPast(expiry.boot, 0, expiry.last);
    if (evicts)
      for (const segment of store.segments.slice(0, -1).filter(overdue)) await this.#evict(segment, 'expired');
    return store.segments.length < before;
  }

  /** Whether nothing in the oldest segment is waited for any more: all below `low` is acknowledged or gone. */
  hasUseless(low: number): boolean {
    const { segments } = this.#options.store;
    return segments.length > 1 && segments[0]!.next <= low;
  }

  /** Gives room on the disk to other lanes: files kept for later, else the oldest segment where that is `asked` for. */
  async give(asked: 'spare' | 'oldest'): Promise<boolean> {
    const { store, evicts } = this.#options;
    if ((await this.freeUseless()) || store.hasSpares) return store.dropSpares();
    if (asked === 'spare' || !evicts || store.segments.length < 2) return false;
    await this.#evict(store.segments[0]!, 'quota');
    return store.dropSpares();
  }

  async #evict(segment: Segment, reason: 'quota' | 'expired'): Promise<void> {
    const { store, ledger } = this.#options;
    ledger.note(segment.first, segment.next - 1, reason);
    await ledger.save();
    await store.drop(segment);
  }

  async #enterReserve(builder: FrameBuilder): Promise<boolean> {
    const { store, ledger, reserve, next } = this.#options;
    if (builder.bytes > framesRoom(reserve.bytes)) return false;
    const path = reserve.take();
    if (path === null) return false;
    await ledger.begin();
    await store.rollInto({ path, bytes: reserve.bytes }, next());
    return true;
  }
}
