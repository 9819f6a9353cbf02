// agent/uplink: one reader of a lane: what is packed next, what is in flight, what waits for the centre's word.
// In: a LaneSource and the part of it that is this reader's, PUBACKs, acknowledgements. Out: messages, one packed ahead.
// Telemetry waits a little for company: a message that is not full goes once its oldest record has waited for `gather`,
// and not before the broker has confirmed the one before, so that a thin link gets few large messages. May never happen:
// a record that the centre holds is sent on purpose, or more than one packed message is held.
import { oneLine } from '../../contract/index.ts';
import type { Buffers } from './buffers.ts';
import type { Held } from './held.ts';
import { type Message, Packer } from './pack.ts';
import type { AnchorOf, LaneCounters, LaneSource, UplinkLimits, WaitingRecord } from './types.ts';

interface Sent {
  readonly first: number;
  readonly last: number;
  readonly records: number;
  /** the life of the lane it was sent in */
  readonly life: number;
  /** when the broker took it, on the clock of `mono`; null: not yet */
  confirmed: number | null;
}

/** So many records are company enough. */
const COMPANY = 200;

export interface SenderOptions {
  readonly source: LaneSource;
  readonly from: { city: string; device: string; anchorOf: AnchorOf };
  readonly limits: UplinkLimits;
  /** bytes that the link carries in a moment: a message of lines is not longer */
  readonly messageBytes: () => number;
  readonly buffers: Buffers;
  readonly mono: () => number;
  readonly onReady: () => void;
  readonly onFault: (text: string) => void;
  /** of the lane, shared with its other reader */
  readonly counters: LaneCounters;
  readonly held: Held;
  readonly lowSaid: { value: number };
  /** the first number that is this reader's, and the first beyond it that is not; Infinity: all that comes */
  readonly first: () => number;
  readonly end: () => number;
}

export class LaneSender {
  readonly #options: SenderOptions;
  readonly #limits: UplinkLimits;
  readonly #mono: () => number;

  #unacked: Sent[] = [];
  #ready: Message | null = null;
  #reader: AsyncIterator<readonly WaitingRecord[]> | null = null;
  /** what comes after `#batch`: the disk is read while that is packed */
  #ahead: Promise<IteratorResult<readonly WaitingRecord[]>> | null = null;
  /** read, but not packed yet: from `#at` on */
  #batch: readonly WaitingRecord[] = [];
  #at = 0;
  /** the next number to read */
  #next: number;
  /** highest number ever sent: below it a record is sent once more */
  #highest = 0;
  /** counts re-readings, so that a read begun before one is thrown away after it */
  #reading = 0;
  #filling = false;
  /** asked to fill while a read was under way */
  #again = false;
  #inFlight = 0;
  /** when the centre last took the oldest message under way, or a life began */
  #progress: number;
  /** counts rewinds of all that was sent */
  #life = 0;
  #timeout: number;
  #running = false;
  /** from when on a message that is not full may go (clock of `mono`); null: nothing waits that is not packed */
  #due: number | null = null;
  readonly #gather: number;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#limits = options.limits;
    this.#mono = options.mono;
    this.#next = options.source.low;
    this.#progress = options.mono();
    this.#timeout = options.limits.ackTimeout;
    this.#gather = options.source.lane === 'telemetry' ? options.limits.gather : 0;
  }

  /** The next number it would read. */
  get next(): number {
    return this.#next;
  }

  /** the number after the last one that is there now and this reader's */
  get #end(): number {
    return Math.min(this.#options.end(), this.#options.source.nextSeq);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** A message is packed and the lane may send it. */
  get ready(): boolean {
    return this.#ready !== null && this.#unacked.length < this.#limits.unacked;
  }

  /** A message is being packed, and the lane may send it once it is. */
  get packing(): boolean {
    return this.#filling && this.#ready === null && this.#unacked.length < this.#limits.unacked;
  }

  /** Records were accepted. */
  more(): void {
    this.#due ??= this.#mono() + this.#gather;
    this.fill();
  }

  /** A new session: all without acknowledgement is sent again. */
  start(): void {
    this.#running = true;
    this.#timeout = this.#limits.ackTimeout;
    this.#rewind();
    this.fill();
  }

  stop(): void {
    this.#running = false;
    this.#rewind();
  }

  /** Hands out the packed message. Its PUBACK is told by calling `puback` with what is given here. */
  take(): { message: Message; sent: Sent } | null {
    const message = this.#ready;
    if (!message) return null;
    this.#ready = null;
    const { counters } = this.#options;
    const { first, last, records } = message;
    const sent = { first, last, records, life: this.#life, confirmed: null };
    this.#unacked.push(sent);
    this.#inFlight++;
    if (last <= this.#highest) counters.resent += records;
    this.#highest = Math.max(this.#highest, last);
    counters.messages++;
    counters.records += records;
    counters.bytes += message.payload.length;
    this.fill();
    return { message, sent };
  }

  puback(sent: Sent): void {
    if (sent.life !== this.#life) return;
    sent.confirmed = this.#mono();
    this.#inFlight--;
    this.fill();
  }

  /** The centre holds more than before. */
  acknowledged(): void {
    const { held } = this.#options;
    const oldest = this.#unacked[0];
    this.#unacked = this.#unacked.filter(({ first, last }) => !held.covers(first, last));
    // Only the oldest one's is progress: newer ones that arrive say that it is lost, not that it is still on its way.
    if (this.#unacked[0] !== oldest) {
      this.#progress = this.#mono();
      this.#timeout = this.#limits.ackTimeout;
    }
    if (held.next(this.#next) !== this.#next) this.#reread();
    this.fill();
  }

  /** Once a second or so: a lane whose broker took a message and whose centre says nothing of it is sent again. */
  tick(): void {
    const { source, held, lowSaid } = this.#options;
    const confirmed = this.#unacked[0]?.confirmed ?? null;
    if (confirmed !== null) {
      // What lies before the oldest unacknowledged record is gone for good, and the centre waits to be told.
      const toTell = source.low > Math.max(held.upTo + 1, lowSaid.value);
      if (toTell || this.#mono() - Math.max(confirmed, this.#progress) >= this.#timeout) {
        if (!toTell) this.#timeout = Math.min(this.#timeout * 2, this.#limits.ackTimeoutMax);
        this.#rewind();
      }
    }
    this.fill();
  }

  /** Packs the next message, if there is none and there is something to pack. */
  fill(): void {
    if (!this.#running || this.#ready || this.#unacked.length >= this.#limits.unacked) return;
    if (this.#filling) {
      this.#again = true;
      return;
    }
    if (this.#next >= this.#end || this.#waitsForCompany()) return;
    this.#filling = true;
    this.#again = false;
    const reading = this.#reading;
    this.#pack()
      .then((message) => {
        if (reading !== this.#reading) return;
        this.#ready = message;
        if (this.#next >= this.#end) this.#due = null;
        if (message) this.#options.onReady();
      })
      .catch((error: unknown) => {
        // The cursor is where it was; the next tick or record tries again.
        if (reading === this.#reading) this.#reread();
        this.#options.onFault(`lane ${this.#options.source.lane} cannot be read: ${oneLine(error)}`);
      })
      .finally(() => {
        this.#filling = false;
        if (this.#again || reading !== this.#reading) this.fill();
        // Others may have waited for this one.
        if (!this.#ready) this.#options.onReady();
      });
  }

  #waitsForCompany(): boolean {
    if (this.#gather === 0 || this.#end - this.#next >= COMPANY) return false;
    return this.#inFlight > 0 || this.#mono() < (this.#due ?? 0);
  }

  async #pack(): Promise<Message | null> {
    const reading = this.#reading;
    const { source, from, lowSaid, held, end, buffers } = this.#options;
    const { lane, epoch, low } = source;
    const { messageBytes: most, messageBytesMin: least } = this.#limits;
    const messageBytes = Math.min(most, Math.max(least, this.#options.messageBytes()));
    const packer = new Packer({ ...from, lane, epoch }, low, { ...this.#limits, messageBytes }, buffers);
    lowSaid.value = Math.max(lowSaid.value, low);
    // What the centre holds already above its watermark is passed over, and not even read where it is long.
    const border = Math.min(end(), held.knownAfter(this.#next));
    this.#reader ??= source.batches(this.#next)[Symbol.asyncIterator]();
    const reader = this.#reader;
    for (;;) {
      for (; this.#at < this.#batch.length; this.#at++) {
        const record = this.#batch[this.#at]!;
        if (record.seq >= border) {
          this.#next = held.next(Math.max(this.#next, border));
          this.#endReading();
          return packer.finish();
        }
        if (!packer.take(record)) return packer.finish();
        this.#next = record.seq + 1;
      }
      const { done, value } = await (this.#ahead ?? reader.next());
      if (reading !== this.#reading) return null;
      if (done) break;
      this.#ahead = reader.next();
      // Its fault is met where it is awaited, if it ever is.
      this.#ahead.catch(() => undefined);
      this.#batch = value;
      this.#at = 0;
    }
    this.#endReading();
    return packer.finish();
  }

  #endReading(): void {
    this.#batch = [];
    this.#at = 0;
    this.#ahead = null;
    const reader = this.#reader;
    this.#reader = null;
    reader?.return?.()?.catch(() => undefined);
  }

  #rewind(): void {
    this.#life++;
    this.#unacked = [];
    this.#inFlight = 0;
    this.#progress = this.#mono();
    this.#reread();
  }

  /** Reads on from the first record that is neither acknowledged nor under way. */
  #reread(): void {
    this.#reading++;
    this.#ready = null;
    this.#endReading();
    this.#due = this.#mono();
    this.#next = this.#from();
  }

  #from(): number {
    const { source, held, first } = this.#options;
    return held.next(Math.max(first(), source.low, (this.#unacked.at(-1)?.last ?? 0) + 1));
  }
}
