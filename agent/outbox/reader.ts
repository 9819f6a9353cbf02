// agent/outbox: reads one lane as a stream, from the disk, a frame at a time. In: a place to begin. Out: whole records
// in order; what is not whole, or too old for anybody, is noted as a gap and
// skipped. Never: the whole log in memory; a record that is not yet
// on disk; a wrong record from a file that was given to another segment meanwhile.
import { closeRead, openToRead } from './disk.ts';
import { storedRecord } from './frame.ts';
import type { RecordHead } from './record.ts';
import { FrameScanner, type ScannedFrame } from './scan.ts';
import type { Segment } from './segment.ts';
import { BLOCK, type StoredRecord } from './types.ts';

/** Records handed out together: a frame may hold ten thousand. */
const AT_A_TIME = 512;

/** What a reader needs to know of its lane. */
export interface ReadableLane {
  readonly segments: readonly Segment[];
  readonly nextSeq: number;
  readonly low: number;
  /** These are gone for good, and why. */
  note(first: number, last: number, reason: 'corrupt' | 'expired'): void;
  /** Whether nobody wants a record of this moment any more. */
  isPast(boot: string, mono: number, expires: number): boolean;
}

export class LaneReader {
  readonly #lane: ReadableLane;
  /** behind what was read */
  #seq: number;
  #frame: ScannedFrame | null = null;
  /** of that frame, what was not handed out yet */
  #rest: RecordHead[] = [];
  #open: { segment: Segment; fd: number; scanner: FrameScanner } | null = null;

  /** @param from the first seq wanted; what is no longer held is passed over */
  constructor(lane: ReadableLane, from: number) {
    this.#lane = lane;
    this.#seq = Math.max(from, lane.low);
  }

  /** The next seq it would give. */
  get seq(): number {
    return this.#rest[0]?.seq ?? this.#seq;
  }

  /** The next records, so many at most, of one group commit; null where there is nothing more at the moment. */
  async next(): Promise<StoredRecord[] | null> {
    while (this.#rest.length === 0 && this.#seq < this.#lane.nextSeq) {
      const open = await this.#locate();
      if (!open) continue;
      const { segment, scanner } = open;
      // Both grow while we read: the bounds of now are the ones that hold for this frame.
      const { next, end } = segment;
      const frame = await scanner.next(end, this.#seq);
      if (frame) {
        this.#take(frame, next);
      } else {
        if (!segment.freed) this.#skip(this.#seq, next - 1);
        this.#seq = Math.max(this.#seq, next);
      }
    }
    const some = this.#rest.splice(0, AT_A_TIME);
    return some.length > 0 ? some.map((head) => storedRecord(this.#frame!.head, this.#frame!.data, head)) : null;
  }

  /** What of a frame is still wanted, to be handed out a part at a time; the scanner stands still meanwhile. */
  #take(frame: ScannedFrame, next: number): void {
    for (const { first, last } of frame.faults) this.#skip(Math.max(first, this.#seq), Math.min(last, next - 1));
    const { boot, mono } = frame.head;
    for (const head of frame.whole) {
      const { seq, expires, monoDelta } = head;
      if (seq < this.#seq || seq >= next) continue;
      if (expires === null || !this.#lane.isPast(boot, mono + monoDelta, expires)) this.#rest.push(head);
      else this.#lane.note(seq, seq, 'expired');
    }
    this.#frame = frame;
    this.#seq = Math.max(this.#seq, Math.min(frame.head.first + frame.head.count, next));
  }

  #skip(first: number, last: number): void {
    if (first <= last) this.#lane.note(first, last, 'corrupt');
  }

  /** The open segment that holds the next seq; null where it vanished just now, to be asked again. */
  async #locate() {
    const { segments } = this.#lane;
    const current = this.#open?.segment;
    if (this.#open && current && !current.freed && this.#seq < current.next) return this.#open;
    await this.close();
    const segment = segments.find(({ next }) => this.#seq < next);
    if (!segment) throw new RangeError(`no segment holds ${this.#seq}`);
    this.#seq = Math.max(this.#seq, segment.first);
    segment.readers++;
    try {
      const fd = await openToRead(segment.path);
      this.#open = { segment, fd, scanner: new FrameScanner(fd, segment.seed, BLOCK, segment.first) };
      return this.#open;
    } catch (error) {
      segment.readers--;
      if (segment.freed) return null;
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      // Somebody took the file away by hand: what it held is gone, what follows is not.
      this.#skip(this.#seq, segment.next - 1);
      this.#seq = segment.next;
      return null;
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = null;
    if (!open) return;
    open.segment.readers--;
    await closeRead(open.fd);
  }
}
