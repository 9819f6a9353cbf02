// drivers/can: messages of more than 8 bytes put together again (SAE J1939-21, transport protocol): broadcast (BAM) and
// addressed (RTS/CTS), listened to from outside. In: frames of PGN 60416 and 60160. Out: whole messages, in strict order.
// Never: a message with a gap, a time from anywhere but the frames, more than a bounded number of open transfers.
import { destinationOf, GLOBAL_ADDRESS, pgnOf, priorityOf, sourceOf } from './j1939-id.ts';
import type { CanFrame } from './types.ts';

export const PGN_TP_CONTROL = 60416;
export const PGN_TP_DATA = 60160;

const BAM = 32;
const RTS = 16;
const CTS = 17;
const END_ACK = 19;
const ABORT = 255;

/** T1 of the standard: the longest pause between packets of a broadcast, ms */
const BAM_TIMEOUT = 750;
/** T2 and T3: the longest pause of an addressed transfer, ms */
const RTS_TIMEOUT = 1250;
/** a step back of more than this is a clock that was set, ms */
const CLOCK_SET = 5000;
const SESSIONS = 64;
const BYTES_LIMIT = 1785;

/** What happened to transfers. Each begun one ends in exactly one of the other counts or is still open. */
export interface TransportCounters {
  bamBegun: number;
  bamComplete: number;
  rtsBegun: number;
  rtsComplete: number;
  /** a packet was missing, doubled or out of order */
  sequence: number;
  /** the next packet came too late or never */
  timeout: number;
  /** the same sender began another transfer to the same receiver before this was complete */
  replaced: number;
  /** one side gave up */
  aborted: number;
  /** pushed out because too many were open */
  evicted: number;
  /** packets of no known transfer */
  stray: number;
  /** control frames that make no sense: lengths, counts, unknown kinds */
  malformed: number;
}

/** A message put together. */
export interface Assembled {
  /** of its last packet */
  readonly time: number;
  readonly pgn: number;
  readonly source: number;
  readonly destination: number;
  readonly priority: number;
  readonly data: Uint8Array;
  readonly kind: 'bam' | 'rts';
}

interface Session {
  readonly pgn: number;
  readonly priority: number;
  readonly data: Uint8Array;
  readonly packets: number;
  readonly broadcast: boolean;
  next: number;
  /** a packet was missing in an addressed transfer: wait whether the receiver asks for it again */
  broken: boolean;
  last: number;
}

export class TransportReassembler {
  readonly counters: TransportCounters = {
    bamBegun: 0,
    bamComplete: 0,
    rtsBegun: 0,
    rtsComplete: 0,
    sequence: 0,
    timeout: 0,
    replaced: 0,
    aborted: 0,
    evicted: 0,
    stray: 0,
    malformed: 0,
  };
  /**
   * the bus's time: the latest seen. A logger whose seconds lag behind its fractions steps back by a second and forth
   * again (the recorded truck does, each second): that is no pause of the bus.
   */
  #now = Number.NEGATIVE_INFINITY;
  /** by source x 256 + destination; in order of their beginning */
  readonly #sessions = new Map<number, Session>();

  /** how many transfers are open */
  get open(): number {
    return this.#sessions.size;
  }

  /** Takes any frame of the bus, for its time; gives the message that it completes, if any. */
  push(frame: CanFrame): Assembled | null {
    const { time } = frame;
    // further back than any such stutter: the clock was set
    if (time > this.#now || time < this.#now - CLOCK_SET) this.#now = time;
    if (!frame.extended) return null;
    const pgn = pgnOf(frame.id);
    if (pgn === PGN_TP_DATA) return this.#packet(frame);
    if (pgn === PGN_TP_CONTROL) this.#control(frame);
    return null;
  }

  #control(frame: CanFrame): void {
    const { data, id } = frame;
    this.#expire();
    if (data.length < 8) {
      this.counters.malformed++;
      return;
    }
    const source = sourceOf(id);
    const destination = destinationOf(id);
    switch (data[0]) {
      case BAM:
      case RTS:
        this.#begin(frame, source, destination);
        return;
      case CTS: {
        // from the receiver: it says which packet it wants next
        const session = this.#sessions.get(destination * 256 + source);
        const next = data[2]!;
        if (session === undefined || session.broadcast) this.counters.stray++;
        else {
          session.last = this.#now;
          if (data[1] !== 0 && next >= 1 && next <= session.next) {
            session.next = next;
            session.broken = false;
          }
        }
        return;
      }
      case END_ACK:
        if (this.#sessions.delete(destination * 256 + source)) this.counters.sequence++;
        return;
      case ABORT:
        // either side may
        for (const key of [source * 256 + destination, destination * 256 + source]) {
          if (this.#sessions.delete(key)) this.counters.aborted++;
        }
        return;
      default:
        this.counters.malformed++;
    }
  }

  #begin({ data, id }: CanFrame, source: number, destination: number): void {
    const counters = this.counters;
    const broadcast = data[0] === BAM;
    const size = data[1]! | (data[2]! << 8);
    const packets = data[3]!;
    if (
      size < 1 ||
      size > BYTES_LIMIT ||
      packets !== Math.ceil(size / 7) ||
      broadcast !== (destination === GLOBAL_ADDRESS)
    ) {
      counters.malformed++;
      return;
    }
    const key = source * 256 + destination;
    if (this.#sessions.delete(key)) counters.replaced++;
    if (this.#sessions.size >= SESSIONS) {
      for (const oldest of this.#sessions.keys()) {
        this.#sessions.delete(oldest);
        counters.evicted++;
        break;
      }
    }
    if (broadcast) counters.bamBegun++;
    else counters.rtsBegun++;
    this.#sessions.set(key, {
      pgn: pgnOf((data[5]! | (data[6]! << 8) | ((data[7]! & 3) << 16)) << 8),
      priority: priorityOf(id),
      data: new Uint8Array(size),
      packets,
      broadcast,
      next: 1,
      broken: false,
      last: this.#now,
    });
  }

  #packet({ data, id, time }: CanFrame): Assembled | null {
    const counters = this.counters;
    const source = sourceOf(id);
    const destination = destinationOf(id);
    const key = source * 256 + destination;
    const session = this.#sessions.get(key);
    if (session === undefined) {
      counters.stray++;
      return null;
    }
    if (this.#late(session)) {
      this.#sessions.delete(key);
      counters.timeout++;
      return null;
    }
    session.last = this.#now;
    if (session.broken) return null;
    const at = (session.next - 1) * 7;
    const length = Math.min(7, session.data.length - at);
    if (data[0] !== session.next || data.length < length + 1) {
      if (session.broadcast) {
        this.#sessions.delete(key);
        counters.sequence++;
      } else session.broken = true;
      return null;
    }
    for (let i = 0; i < length; i++) session.data[at + i] = data[i + 1]!;
    if (session.next++ < session.packets) return null;
    this.#sessions.delete(key);
    if (session.broadcast) counters.bamComplete++;
    else counters.rtsComplete++;
    return {
      time,
      pgn: session.pgn,
      source,
      destination,
      priority: session.priority,
      data: session.data,
      kind: session.broadcast ? 'bam' : 'rts',
    };
  }

  /** A pause too long; a clock that was set counts as one. */
  #late(session: Session): boolean {
    const pause = Math.abs(this.#now - session.last);
    return !(pause <= (session.broadcast ? BAM_TIMEOUT : RTS_TIMEOUT));
  }

  #expire(): void {
    for (const [key, session] of this.#sessions) {
      if (!this.#late(session)) continue;
      this.#sessions.delete(key);
      this.counters.timeout++;
    }
  }
}
