// agent/main/drive: passes over the lines of a candump log that hold nothing for a vehicle's state, before they are parsed:
// on a full bus that is nine of ten. In: bytes, the PGNs that count. Out: the other lines' bytes, in order, untouched.
// Never: a line dropped that is not plainly `(time) interface ID#...` of another PGN.
import { pgnOf } from '../../../drivers/can/index.ts';

const NEWLINE = 10;
const OPEN = 40;
const HASH = 35;
const BLANK = 32;
/** `(time) interface ` and eight digits: `#` stands within so many bytes */
const LONGEST_HEAD = 64;

/** Value of a hexadecimal digit, -1 for any other code. */
const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  HEX[i.toString(16).charCodeAt(0)] = i;
  HEX[i.toString(16).toUpperCase().charCodeAt(0)] = i;
}

export class CandumpSieve {
  readonly #wanted: (pgn: number) => boolean;
  readonly #pass: (bytes: Uint8Array) => void;
  /** a line was begun in an earlier chunk and goes on in the next */
  #within = false;
  /** where `#` stood in the line before: lines of one log are much alike */
  #hash = 0;
  /** lines passed over: frames of no meaning here */
  skipped = 0;

  constructor(wanted: (pgn: number) => boolean, pass: (bytes: Uint8Array) => void) {
    this.#wanted = wanted;
    this.#pass = pass;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    if (this.#within) {
      const end = chunk.indexOf(NEWLINE);
      this.#within = end < 0;
      from = end < 0 ? chunk.length : end + 1;
      this.#pass(chunk.subarray(0, from));
    }
    // A line without a time is of the time of the line before, so that one must not be missed: the line before one
    // that is not plain, and the last of a chunk, are passed whatever they mean.
    let held = -1;
    const release = (to: number) => {
      if (held < 0) return;
      this.skipped--;
      this.#pass(chunk.subarray(held, to));
      held = -1;
    };
    while (from < chunk.length) {
      const end = chunk.indexOf(NEWLINE, from);
      if (end < 0) {
        this.#within = true;
        break;
      }
      const pgn = this.#pgn(chunk, from, end);
      if (pgn >= 0 && !this.#wanted(pgn)) {
        this.skipped++;
        held = from;
      } else {
        if (pgn < 0) release(from);
        held = -1;
        this.#pass(chunk.subarray(from, end + 1));
      }
      from = end + 1;
    }
    release(from);
    if (from < chunk.length) this.#pass(chunk.subarray(from));
  }

  /** The PGN of a plain line; -1 where only the parser can tell what it is. */
  #pgn(bytes: Uint8Array, from: number, end: number): number {
    if (bytes[from] !== OPEN) return -1;
    let hash = from + this.#hash;
    if (this.#hash === 0 || hash >= end || bytes[hash] !== HASH || bytes[hash - 9] !== BLANK) {
      const limit = Math.min(end, from + LONGEST_HEAD);
      for (hash = from; hash < limit && bytes[hash] !== HASH; hash++);
      if (hash >= limit || hash - from < 10 || bytes[hash - 9] !== BLANK) return -1;
      this.#hash = hash - from;
    }
    let id = 0;
    for (let at = hash - 8; at < hash; at++) {
      const digit = HEX[bytes[at]!]!;
      if (digit < 0) return -1;
      id = id * 16 + digit;
    }
    // 29 bits; more are an error frame's flag, for the parser to count
    return id > 0x1fffffff ? -1 : pgnOf(id);
  }
}
