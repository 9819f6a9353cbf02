// agent/outbox: walks the frames of one segment file, a window at a time, and tells whole records from damage.
// In: an open file and what its name and epoch say. Out: frames with their whole records, and the faults between them.
// Never: a record whose checksums do not match, more than one window and one frame in memory, an end of the walk
// because of damage while anything whole lies behind it.
import { readAt } from './disk.ts';
import { FRAME_HEAD, type FrameHead, readFrameHead } from './frame.ts';
import { bodyIsWhole, peekSeq, type RecordHead, readHead } from './record.ts';
import { BLOCK } from './types.ts';

const WINDOW = 64 * BLOCK;

/** Records `first` to `last` are not whole; `at` is an offset in the segment. */
export interface Fault {
  at: number;
  first: number;
  last: number;
  what: string;
}

export interface ScannedFrame {
  head: FrameHead;
  /** holds the frame from `base` on; only until the next call */
  data: Buffer;
  whole: RecordHead[];
  /** damage inside this frame, and records missing before it */
  faults: Fault[];
  /** its last 64 bytes are there, so it once was written to its end */
  complete: boolean;
}

export class FrameScanner {
  readonly #fd: number;
  readonly #seed: number;
  #window: Buffer = Buffer.alloc(0);
  #base = 0;
  #filled = 0;
  /** offset of the next frame */
  at: number;
  /** seq that it should begin with */
  expected: number;

  constructor(fd: number, seed: number, at: number, expected: number) {
    this.#fd = fd;
    this.#seed = seed;
    this.at = at;
    this.expected = expected;
  }

  /**
   * The next frame before `limit` (an offset in the segment), or null where there is none. Frames that end before
   * `from` (a seq) come without their records and unchecked.
   */
  async next(limit: number, from = 0): Promise<ScannedFrame | null> {
    const head = await this.#find(limit);
    if (!head) return null;
    const base = await this.#load(head.start, head.bytes, limit);
    const end = base + head.bytes;
    const data = this.#window;
    const tail = readFrameHead(data, end - FRAME_HEAD, this.#seed);
    const complete = tail !== null && tail.crc === head.crc;
    const faults: Fault[] = [];
    if (head.first > this.expected) {
      faults.push({ at: this.at, first: this.expected, last: head.first - 1, what: 'missing or unreadable' });
    }
    const next = head.first + head.count;
    const whole = next <= from ? [] : parse(data, base, end, head, faults);
    this.at = head.start + head.bytes;
    this.expected = next;
    return { head, data, whole, faults, complete };
  }

  /** Passes over the next frame before `limit` by its head alone; null where there is none. */
  async skip(limit: number): Promise<FrameHead | null> {
    const head = await this.#find(limit);
    if (head) this.goTo(head.start + head.bytes, head.first + head.count);
    return head;
  }

  /** Goes on at another place, where number `expected` should come next. */
  goTo(at: number, expected: number): void {
    this.at = at;
    this.expected = expected;
  }

  /** The frame at `this.at`, by its head or its copy; behind damage the first one that can be made out. */
  async #find(limit: number): Promise<FrameHead | null> {
    for (let at = this.at; at + BLOCK <= limit; at += BLOCK) {
      const o = await this.#load(at, BLOCK, limit);
      const head = readFrameHead(this.#window, o, this.#seed);
      if (head && head.start === at && this.#fits(head, limit)) return head;
      const tail = readFrameHead(this.#window, o + BLOCK - FRAME_HEAD, this.#seed);
      if (tail && tail.start + tail.bytes === at + BLOCK && this.#fits(tail, limit)) return tail;
    }
    return null;
  }

  #fits(head: FrameHead, limit: number): boolean {
    return head.start >= this.at && head.start + head.bytes <= limit && head.first >= this.expected && head.count > 0;
  }

  /** Sees to it that `length` bytes from `at` are in the window; gives where. Past the file's end it holds zeros. */
  async #load(at: number, length: number, limit: number): Promise<number> {
    if (at >= this.#base && at + length <= this.#base + this.#filled) return at - this.#base;
    const wanted = Math.max(length, Math.min(WINDOW, limit - at));
    if (this.#window.length < wanted || this.#window.length > 4 * Math.max(wanted, WINDOW)) {
      this.#window = Buffer.allocUnsafeSlow(wanted);
    }
    const got = await readAt(this.#fd, this.#window, 0, wanted, at);
    this.#window.fill(0, got, wanted);
    this.#base = at;
    this.#filled = wanted;
    return 0;
  }
}

/** The whole records between `base` and `end`; what is not whole goes into `faults`. */
function parse(data: Buffer, base: number, end: number, frame: FrameHead, faults: Fault[]): RecordHead[] {
  const whole: RecordHead[] = [];
  const limit = end - FRAME_HEAD;
  const last = frame.first + frame.count - 1;
  const fault = (at: number, from: number, to: number, what: string) =>
    faults.push({ at: frame.start + at - base, first: from, last: to, what });
  let at = base + FRAME_HEAD;
  for (let seq = frame.first; seq <= last; ) {
    const head = readHead(data, at, limit, frame.crc, seq) ?? resync(data, at + 1, limit, frame.crc, seq + 1, last);
    if (!head) {
      fault(at, seq, last, 'unreadable to the end of its group');
      break;
    }
    if (head.seq > seq) fault(at, seq, head.seq - 1, 'its head is damaged');
    if (bodyIsWhole(data, head)) whole.push(head);
    else fault(head.at, head.seq, head.seq, 'its body does not match its checksum');
    seq = head.seq + 1;
    at = head.end;
  }
  return whole;
}

/** The next record that can be made out between `from` and `limit`, with a number from `seq` to `last`. */
function resync(data: Buffer, from: number, limit: number, crc: number, seq: number, last: number): RecordHead | null {
  if (seq > last) return null;
  const low = seq % 2 ** 32;
  for (let at = from; at + 24 <= limit; at++) {
    const ahead = (peekSeq(data, at) - low + 2 ** 32) % 2 ** 32;
    if (ahead > last - seq) continue;
    const head = readHead(data, at, limit, crc, seq + ahead);
    if (head) return head;
  }
  return null;
}
