// drivers/can: the text of can-utils' candump into frames, both its log form `(1436509052.249713) can0 18FEF100#DATA`
// and its screen form ` (time)  can0  18FEF100   [8]  00 11 ..`. In: bytes. Out: frames, and counts of all else.
// Never: an exception, a line kept beyond its limit, a time from anywhere but the line.
import { HEX } from './hex.ts';
import { LineCutter } from './lines.ts';
import { Slab } from './slab.ts';
import { type CanCounters, type CanFrame, newCounters } from './types.ts';

/** the longest line candump writes (CAN FD, 64 bytes, with time, direction and ASCII column) is under 400 bytes */
const LINE_LIMIT = 1024;
const ERROR_FLAG = 0x20000000;
const BLANK = 32;
const TAB = 9;
const OPEN = 40;
const CLOSE = 41;
const DOT = 46;
const HASH = 35;
const BRACKET = 91;
const BRACKET_END = 93;
const CAPITAL_R = 82;
const UNDERSCORE = 95;

/** A parser of one recording or pipe. Give it bytes with `push`, and call `end` when there are no more. */
export class CandumpParser {
  readonly counters: CanCounters = newCounters();
  readonly #frame: (frame: CanFrame) => void;
  readonly #cutter: LineCutter;
  readonly #slab = new Slab();
  /** scratch of one frame's bytes */
  readonly #data = new Uint8Array(64);
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #to = 0;
  /** the time of the line before: lines without one (plain candump) happened no earlier */
  #time = 0;
  #channel = '';
  #channelCodes: Uint8Array = new Uint8Array(0);

  constructor(frame: (frame: CanFrame) => void) {
    this.#frame = frame;
    this.#cutter = new LineCutter(
      10,
      LINE_LIMIT,
      (bytes, from, to) => this.#line(bytes, from, to),
      () => this.counters.bad.long++,
    );
  }

  push(chunk: Uint8Array): void {
    this.#cutter.push(chunk);
  }

  end(): void {
    this.#cutter.end();
  }

  #line(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#at = from;
    this.#to = to > from && bytes[to - 1] === 13 ? to - 1 : to;
    this.#blanks();
    if (this.#at >= this.#to) return;
    if (bytes[this.#at] === OPEN && !this.#readTime()) {
      this.counters.bad.time++;
      return;
    }
    if (!this.#readChannel()) {
      this.counters.bad.format++;
      return;
    }
    this.#readFrame();
  }

  #blanks(): void {
    while (this.#at < this.#to && (this.#bytes[this.#at] === BLANK || this.#bytes[this.#at] === TAB)) this.#at++;
  }

  /** `(seconds.fraction)` or, of candump -tA, `(2026-01-31 23:59:59.123456)` which is taken as UTC. */
  #readTime(): boolean {
    const bytes = this.#bytes;
    const start = ++this.#at;
    let whole = 0;
    let at = start;
    for (; at < this.#to; at++) {
      const digit = bytes[at]! - 48;
      if (digit < 0 || digit > 9) break;
      whole = whole * 10 + digit;
    }
    if (at === start || at - start > 12) return false;
    let part = 0;
    let scale = 1;
    if (bytes[at] === DOT) {
      for (at++; at < this.#to; at++) {
        const digit = bytes[at]! - 48;
        if (digit < 0 || digit > 9) break;
        if (scale < 1e9) {
          part = part * 10 + digit;
          scale *= 10;
        }
      }
    } else if (bytes[at] === 45) return this.#readDate(start);
    if (at >= this.#to || bytes[at] !== CLOSE) return false;
    this.#at = at + 1;
    this.#time = whole * 1000 + (part * 1000) / scale;
    this.#blanks();
    return true;
  }

  #readDate(start: number): boolean {
    const close = this.#bytes.indexOf(CLOSE, start);
    if (close < 0 || close >= this.#to || close - start > 40) return false;
    const text = String.fromCharCode(...this.#bytes.subarray(start, close));
    const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?$/.exec(text);
    if (match === null) return false;
    const time = Date.parse(`${match[1]}T${match[2]}Z`);
    if (Number.isNaN(time)) return false;
    this.#time = time + Number(`0${match[3] ?? ''}`) * 1000;
    this.#at = close + 1;
    this.#blanks();
    return true;
  }

  /** The interface's name, and behind it candump -x's direction and flags, which are passed over. */
  #readChannel(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    while (this.#at < this.#to && bytes[this.#at]! > BLANK) this.#at++;
    const length = this.#at - start;
    if (length === 0 || length > 16 || this.#at >= this.#to) return false;
    let same = length === this.#channelCodes.length;
    for (let i = 0; same && i < length; i++) same = bytes[start + i] === this.#channelCodes[i];
    if (!same) {
      this.#channelCodes = bytes.slice(start, this.#at);
      this.#channel = String.fromCharCode(...this.#channelCodes);
    }
    this.#blanks();
    const first = bytes[this.#at];
    if ((first === CAPITAL_R || first === 84) && bytes[this.#at + 1] === 88 && bytes[this.#at + 2] === BLANK) {
      this.#at += 2;
      for (let flag = 0; flag < 2; flag++) {
        this.#blanks();
        this.#at++;
      }
      this.#blanks();
    }
    return true;
  }

  #readFrame(): void {
    const bytes = this.#bytes;
    const start = this.#at;
    let id = 0;
    let at = start;
    for (; at < this.#to; at++) {
      const digit = HEX[bytes[at]!]!;
      if (digit < 0) break;
      id = id * 16 + digit;
      if (at - start > 8) break;
    }
    const digits = at - start;
    const next = bytes[at];
    if (at >= this.#to || (next !== HASH && next !== BLANK && next !== TAB)) {
      this.counters.bad.format++;
      return;
    }
    const extended = digits === 8;
    if (extended ? id > 0x3fffffff : digits !== 3 || id > 0x7ff) {
      this.counters.bad.id++;
      return;
    }
    if (extended && id >= ERROR_FLAG) {
      this.counters.error++;
      return;
    }
    this.#at = at;
    if (next === HASH) this.#readLogData(id, extended);
    else this.#readScreenData(id, extended);
  }

  /** `#` data, `##` flags data, `#R` or `#R4` */
  #readLogData(id: number, extended: boolean): void {
    const bytes = this.#bytes;
    let at = this.#at + 1;
    const fd = bytes[at] === HASH && at < this.#to;
    if (fd) {
      at++;
      if (at >= this.#to || HEX[bytes[at]!]! < 0) {
        this.counters.bad.format++;
        return;
      }
      at++;
    } else if (at < this.#to && bytes[at] === CAPITAL_R) {
      this.counters.remote++;
      return;
    }
    const limit = fd ? 64 : 8;
    let length = 0;
    while (at < this.#to) {
      const code = bytes[at]!;
      if (code === DOT && length > 0) {
        at++;
        continue;
      }
      if (code <= BLANK || code === UNDERSCORE) break;
      const high = HEX[code]!;
      const low = at + 1 < this.#to ? HEX[bytes[at + 1]!]! : -1;
      if (high < 0 || low < 0) {
        this.counters.bad.data++;
        return;
      }
      if (length === limit) {
        this.counters.bad.length++;
        return;
      }
      this.#data[length++] = high * 16 + low;
      at += 2;
    }
    this.#give(id, extended, length, fd);
  }

  /** `  [8]  00 11 22`, `  [4]  remote request` */
  #readScreenData(id: number, extended: boolean): void {
    const bytes = this.#bytes;
    this.#blanks();
    let at = this.#at;
    if (bytes[at++] !== BRACKET) {
      this.counters.bad.format++;
      return;
    }
    let want = 0;
    const start = at;
    for (; at < this.#to && bytes[at] !== BRACKET_END; at++) want = want * 10 + (bytes[at]! - 48);
    const fd = at - start === 2;
    if (at >= this.#to || at === start || at - start > 2 || !(want >= 0 && want <= (fd ? 64 : 8))) {
      this.counters.bad.length++;
      return;
    }
    this.#at = at + 1;
    this.#blanks();
    if (bytes[this.#at] === 114 && this.#at < this.#to) {
      this.counters.remote++;
      return;
    }
    for (let length = 0; length < want; length++) {
      at = this.#at;
      const high = at + 1 < this.#to ? HEX[bytes[at]!]! : -1;
      const low = high >= 0 ? HEX[bytes[at + 1]!]! : -1;
      if (low < 0) {
        if (at >= this.#to) this.counters.bad.length++;
        else this.counters.bad.data++;
        return;
      }
      this.#data[length] = high * 16 + low;
      this.#at = at + 2;
      this.#blanks();
    }
    this.#give(id, extended, want, fd);
  }

  #give(id: number, extended: boolean, length: number, fd: boolean): void {
    const counters = this.counters;
    counters.frames++;
    if (extended) counters.extended++;
    else counters.standard++;
    if (fd) counters.fd++;
    const data = this.#slab.take(length);
    for (let i = 0; i < length; i++) data[i] = this.#data[i]!;
    this.#frame({ time: this.#time, id, extended, data, channel: this.#channel });
  }
}
