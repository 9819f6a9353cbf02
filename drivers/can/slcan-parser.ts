// drivers/can: the lines of a serial CAN adapter (slcan, "LAWICEL") into frames. In: bytes with the time they arrived.
// Out: frames, and counts of all else. Never: an exception, a line kept beyond its limit, a command to the adapter.
//
// A line ends with CR: `t` 3 hex digits of id, one of length, data; `T` the same with 8 digits; `r`, `R` remote;
// `d`, `D`, `b`, `B` CAN FD. An adapter may add its own 16-bit millisecond clock behind the data; it wraps every minute
// and starts anywhere, so it is passed over and a frame's time is when its bytes arrived.
import { HEX } from './hex.ts';
import { LineCutter } from './lines.ts';
import { Slab } from './slab.ts';
import { type CanCounters, type CanFrame, newCounters } from './types.ts';

/** CAN FD: 1 + 8 + 1 + 128 + 4 characters */
const LINE_LIMIT = 256;
const BELL = 7;
/** bytes of a CAN FD frame by its length code */
const FD_LENGTH = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64];

/** A parser of what one adapter says. */
export class SlcanParser {
  readonly counters: CanCounters = newCounters();
  /** the adapter said no to a command (BEL) */
  refusals = 0;
  readonly #frame: (frame: CanFrame) => void;
  readonly #channel: string | undefined;
  readonly #cutter: LineCutter;
  readonly #slab = new Slab();
  #time = 0;

  constructor(frame: (frame: CanFrame) => void, channel?: string) {
    this.#frame = frame;
    this.#channel = channel;
    this.#cutter = new LineCutter(
      13,
      LINE_LIMIT,
      (bytes, from, to) => this.#line(bytes, from, to),
      () => this.counters.bad.long++,
    );
  }

  /** @param time epoch ms when the bytes arrived */
  push(chunk: Uint8Array, time: number): void {
    this.#time = time;
    this.#cutter.push(chunk);
  }

  /** The port was lost: half a line of before is no part of what comes after. */
  reset(): void {
    this.#cutter.reset();
  }

  #line(bytes: Uint8Array, start: number, to: number): void {
    let from = start;
    // BEL is an answer of its own without CR; LF is no part of the protocol, yet some adapters send it
    while (from < to && (bytes[from] === BELL || bytes[from] === 10)) {
      if (bytes[from] === BELL) this.refusals++;
      from++;
    }
    if (from === to) return;
    switch (bytes[from]) {
      case 116: // t
        this.#data(bytes, from, to, 3, false);
        return;
      case 84: // T
        this.#data(bytes, from, to, 8, false);
        return;
      case 100: // d, CAN FD
      case 98: // b, CAN FD with the faster data phase
        this.#data(bytes, from, to, 3, true);
        return;
      case 68:
      case 66:
        this.#data(bytes, from, to, 8, true);
        return;
      case 114: // r
      case 82: {
        const digits = bytes[from] === 114 ? 3 : 8;
        if (to - from < 1 + digits + 1) this.counters.bad.length++;
        else this.counters.remote++;
        return;
      }
      case 122: // answers: z Z after sending, V v version, N serial number, F status
      case 90:
      case 86:
      case 118:
      case 78:
      case 70:
        return;
      default:
        this.counters.bad.format++;
    }
  }

  #data(bytes: Uint8Array, from: number, to: number, digits: number, fd: boolean): void {
    const bad = this.counters.bad;
    let at = from + 1;
    if (to - at < digits + 1) {
      bad.length++;
      return;
    }
    let id = 0;
    for (const end = at + digits; at < end; at++) {
      const digit = HEX[bytes[at]!]!;
      if (digit < 0) {
        bad.id++;
        return;
      }
      id = id * 16 + digit;
    }
    const extended = digits === 8;
    if (id > (extended ? 0x1fffffff : 0x7ff)) {
      bad.id++;
      return;
    }
    const code = HEX[bytes[at++]!]!;
    if (code < 0 || (!fd && code > 8)) {
      bad.length++;
      return;
    }
    const length = fd ? FD_LENGTH[code]! : code;
    const rest = to - at - length * 2;
    // behind the data: nothing, or the adapter's clock of 4 digits
    if (rest !== 0 && rest !== 4) {
      bad.length++;
      return;
    }
    for (let i = at; i < to; i++) {
      if (HEX[bytes[i]!]! < 0) {
        bad.data++;
        return;
      }
    }
    const data = this.#slab.take(length);
    for (let i = 0; i < length; i++, at += 2) data[i] = HEX[bytes[at]!]! * 16 + HEX[bytes[at + 1]!]!;
    this.counters.frames++;
    if (extended) this.counters.extended++;
    else this.counters.standard++;
    if (fd) this.counters.fd++;
    this.#frame({ time: this.#time, id, extended, data, channel: this.#channel });
  }
}
