// agent/uplink: one lane on its way: what is packed next, what is in flight, what waits for the centre's word.
// In: a LaneSource, PUBACKs, acknowledgements. Out: messages, one packed ahead. May never happen: the cursor passes a
// record that the centre has not acknowledged, or more than one packed message is held.
import { oneLine } from '../../contract/index.ts';
import { type Message, Packer } from './pack.ts';
import type { LaneCounters, LaneSource, UplinkLimits, WaitingRecord } from './types.ts';

interface Sent {
  readonly last: number;
  readonly records: number;
  puback: boolean;
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
  /** counts rewinds, so that a read begun before one is thrown away after it */
  #life = 0;
  #filling = false;
  /** asked to fill while a read was under way */
  #again = false;
  #inFlight = 0;
  #progress: number;
  #timeout: number;
  #running = false;
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
    const sent = { last: message.last, records: message.records, puback: false };
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
    sent.puback = true;
    this.#inFlight--;
    this.#progress = this.#mono();
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

  /** Once a second or so: a lane whose broker took all and whose centre says nothing is sent again. */
  tick(): void {
    if (this.#inFlight > 0 || this.#unacked.length === 0) return;
    // What lies before the oldest unacknowledged record is gone for good, and the centre waits to be told.
    const toTell = this.source.low > Math.max(this.counters.acked + 1, this.#lowSaid);
    if (!toTell && this.#mono() - this.#progress < this.#timeout) return;
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
    if (this.#next >= this.source.nextSeq) return;
    this.#filling = true;
    this.#again = false;
    const life = this.#life;
    this.#pack()
      .then((message) => {
        if (life !== this.#life) return;
        this.#ready = message;
        if (message) this.#onReady();
      })
      .catch((error: unknown) => {
        // The cursor is where it was; the next tick or record tries again.
        if (life === this.#life) this.#reread();
        this.#onFault(`lane ${this.source.lane} cannot be read: ${oneLine(error)}`);
      })
      .finally(() => {
        this.#filling = false;
        if (this.#again || life !== this.#life) this.fill();
      });
  }

  async #pack(): Promise<Message | null> {
    const life = this.#life;
    const { messageBytes, messageRecords } = this.#limits;
    const { lane, epoch, low } = this.source;
    const packer = new Packer({ ...this.#from, lane, epoch }, low, messageBytes, messageRecords);
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
      if (life !== this.#life) return null;
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
    this.#unacked = [];
    this.#inFlight = 0;
    this.#progress = this.#mono();
    this.#reread();
  }

  /** Reads on from the first record that is neither acknowledged nor under way. */
  #reread(): void {
    this.#life++;
    this.#ready = null;
    this.#batch = [];
    this.#at = 0;
    const reader = this.#reader;
    this.#reader = null;
    reader?.return?.()?.catch(() => undefined);
    this.#next = Math.max(this.counters.acked + 1, this.source.low, (this.#unacked.at(-1)?.last ?? 0) + 1);
  }
}
