// agent/uplink: one lane on its way: what is packed next, what is in flight, what waits for the centre's word.
// In: a LaneSource, PUBACKs, acknowledgements. Out: messages, one packed ahead. Telemetry waits a little for company: a
// message that is not full goes once its oldest record has waited for `gather`, and not before the broker has confirmed
// the one before, so that a thin link gets few large messages. May never happen: the cursor passes a record that the
// centre has not acknowledged, or more than one packed message is held.
import { oneLine } from '../../contract/index.ts';
import { type Message, Packer } from './pack.ts';
import type { LaneCounters, LaneSource, UplinkLimits, WaitingRecord } from './types.ts';

interface Sent {
  readonly last: number;
  readonly records: number;
  /** the life of the lane it was sent in */
  readonly life: number;
  /** when the broker took it, on the clock of `mono`; null: not yet */
  confirmed: number | null;
}

export class LaneSender {
  readonly source: LaneSource;
  readonly counters: LaneCounters;
  readonly #from: { city: string; device: string };
  readonly #limits: UplinkLimits;
  readonly #mono: () => number;
  readonly #onReady: () => void;
  readonly #onFault: (text: string) => void;

  #unacked: Sent[] = [];
  #ready: Message | null = null;
  #reader: AsyncIterator<readonly WaitingRecord[]> | null = null;
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
  /** when the centre's word last moved the cursor, or a life began */
  #progress: number;
  /** counts rewinds of all that was sent */
  #life = 0;
  #timeout: number;
  #running = false;
  /** from when on a message that is not full may go (clock of `mono`); null: nothing waits that is not packed */
  #due: number | null = null;
  readonly #gather: number;
  /** `low` as the last message said it */
  #lowSaid = 0;

  constructor(
    source: LaneSource,
    from: { city: string; device: string },
    limits: UplinkLimits,
    mono: () => number,
    onReady: () => void,
    onFault: (text: string) => void,
  ) {
    this.source = source;
    this.#from = from;
    this.#limits = limits;
    this.#mono = mono;
    this.#onReady = onReady;
    this.#onFault = onFault;
    this.#next = source.low;
    this.#progress = mono();
    this.#timeout = limits.ackTimeout;
    this.#gather = source.lane === 'telemetry' ? limits.gather : 0;
    this.counters = { messages: 0, records: 0, bytes: 0, resent: 0, acked: source.low - 1 };
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** A message is packed and the lane may send it. */
  get ready(): boolean {
    return this.#ready !== null && this.#unacked.length < this.#limits.unacked;
  }

  /** The centre has acknowledged all that was accepted. */
  get empty(): boolean {
    return Math.max(this.counters.acked, this.source.low - 1) >= this.source.nextSeq - 1;
  }

  /** Looks for more as long as the lane is open and `signal` is not aborted. */
  async watch(signal: AbortSignal): Promise<void> {
    for (let next = this.source.nextSeq; await this.source.waitForMore(next, signal); next = this.source.nextSeq) {
      this.#due ??= this.#mono() + this.#gather;
      this.fill();
    }
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
    const sent = { last: message.last, records: message.records, life: this.#life, confirmed: null };
    this.#unacked.push(sent);
    this.#inFlight++;
    if (message.last <= this.#highest) this.counters.resent += message.records;
    this.#highest = Math.max(this.#highest, message.last);
    this.counters.messages++;
    this.counters.records += message.records;
    this.counters.bytes += message.payload.length;
    this.fill();
    return { message, sent };
  }

  puback(sent: Sent): void {
    if (sent.life !== this.#life) return;
    sent.confirmed = this.#mono();
    this.#inFlight--;
    this.fill();
  }

  /** The centre's word. False: it speaks of another life of this lane, or of records that never were. */
  ack(epoch: string, upTo: number): boolean {
    if (epoch !== this.source.epoch || upTo >= this.source.nextSeq) return false;
    if (upTo <= this.counters.acked) return true;
    this.counters.acked = upTo;
    this.source.ack(epoch, upTo);
    while (this.#unacked[0] && this.#unacked[0].last <= upTo) this.#unacked.shift();
    this.#progress = this.#mono();
    this.#timeout = this.#limits.ackTimeout;
    if (this.#next <= upTo) this.#reread();
    this.fill();
    return true;
  }

  /** Once a second or so: a lane whose broker took a message and whose centre says nothing of it is sent again. */
  tick(): void {
    const confirmed = this.#unacked[0]?.confirmed ?? null;
    if (confirmed === null) return;
    // What lies before the oldest unacknowledged record is gone for good, and the centre waits to be told.
    const toTell = this.source.low > Math.max(this.counters.acked + 1, this.#lowSaid);
    if (!toTell && this.#mono() - Math.max(confirmed, this.#progress) < this.#timeout) return;
    if (!toTell) this.#timeout = Math.min(this.#timeout * 2, this.#limits.ackTimeoutMax);
    this.#rewind();
    this.fill();
  }

  /** Packs the next message, if there is none and there is something to pack. */
  fill(): void {
    if (!this.#running || this.#ready || this.#unacked.length >= this.#limits.unacked) return;
    if (this.#filling) {
      this.#again = true;
      return;
    }
    if (this.#next >= this.source.nextSeq || this.#waitsForCompany()) return;
    this.#filling = true;
    this.#again = false;
    const reading = this.#reading;
    this.#pack()
      .then((message) => {
        if (reading !== this.#reading) return;
        this.#ready = message;
        if (this.#next >= this.source.nextSeq) this.#due = null;
        if (message) this.#onReady();
      })
      .catch((error: unknown) => {
        // The cursor is where it was; the next tick or record tries again.
        if (reading === this.#reading) this.#reread();
        this.#onFault(`lane ${this.source.lane} cannot be read: ${oneLine(error)}`);
      })
      .finally(() => {
        this.#filling = false;
        if (this.#again || reading !== this.#reading) this.fill();
      });
  }

  #waitsForCompany(): boolean {
    const { messageRecords, packedRecords } = this.#limits;
    if (this.#gather === 0 || this.source.nextSeq - this.#next >= Math.min(messageRecords, packedRecords)) return false;
    return this.#inFlight > 0 || this.#mono() < (this.#due ?? 0);
  }

  async #pack(): Promise<Message | null> {
    const reading = this.#reading;
    const { lane, epoch, low } = this.source;
    const packer = new Packer({ ...this.#from, lane, epoch }, low, this.#limits);
    this.#lowSaid = low;
    this.#reader ??= this.source.batches(this.#next)[Symbol.asyncIterator]();
    const reader = this.#reader;
    for (;;) {
      for (; this.#at < this.#batch.length; this.#at++) {
        const record = this.#batch[this.#at]!;
        if (!packer.take(record)) return packer.finish();
        this.#next = record.seq + 1;
      }
      const { done, value } = await reader.next();
      if (reading !== this.#reading) return null;
      if (done) break;
      this.#batch = value;
      this.#at = 0;
    }
    this.#reader = null;
    this.#batch = [];
    this.#at = 0;
    return packer.finish();
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
    this.#batch = [];
    this.#at = 0;
    this.#due = this.#mono();
    const reader = this.#reader;
    this.#reader = null;
    reader?.return?.()?.catch(() => undefined);
    this.#next = Math.max(this.counters.acked + 1, this.source.low, (this.#unacked.at(-1)?.last ?? 0) + 1);
  }
}
