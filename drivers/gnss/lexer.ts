// drivers/gnss: bytes -> sentences and binary packets. In: chunks cut anywhere. Out: each whole sentence with a right
// checksum, as fields, and each whole SiRF packet. Never kept: more than one packet's worth of bytes.
import { Fields } from './fields.ts';
import { crc24q, sirfSum, ubxSum } from './packets.ts';
import type { GnssCounters } from './types.ts';

/** NMEA 0183 says 82; receivers with long proprietary or GSA sentences go further. */
const MAX_SENTENCE = 255;
/** the longest binary packet waited for; a longer length field is taken as chance */
const MAX_PACKET = 2048;
const DOLLAR = 36;
const STAR = 42;
const COMMA = 44;
const NEWLINE = 10;
const WAIT = -1;

/** What the lexer tells its owner. The fields and bytes are lent for the call only. */
export interface LexerListener {
  sentence(fields: Fields): void;
  /** payload of a SiRF packet: bytes[from, to) */
  sirf(bytes: Uint8Array, from: number, to: number): void;
}

export class Lexer {
  readonly #counters: GnssCounters;
  readonly #listener: LexerListener;
  readonly #fields: Fields;
  #carry: Uint8Array = new Uint8Array(0);
  #lineStart = true;
  #inComment = false;
  #checksums = false;

  constructor(counters: GnssCounters, listener: LexerListener) {
    this.#counters = counters;
    this.#listener = listener;
    this.#fields = new Fields(counters);
  }

  /** Bytes kept for the next chunk: never more than one packet. */
  get held(): number {
    return this.#carry.length;
  }

  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#carry.length > 0) {
      bytes = new Uint8Array(this.#carry.length + chunk.length);
      bytes.set(this.#carry);
      bytes.set(chunk, this.#carry.length);
    }
    const used = this.#run(bytes, false);
    this.#carry = used < bytes.length ? bytes.slice(used) : new Uint8Array(0);
  }

  /** The stream has ended: what is left is read as far as it goes. */
  flush(): void {
    const bytes = this.#carry;
    this.#carry = new Uint8Array(0);
    this.#run(bytes, true);
  }

  /** Reads on from 0 and returns how far it came; `final`: there is no more to wait for. */
  #run(bytes: Uint8Array, final: boolean): number {
    const n = bytes.length;
    let at = 0;
    while (at < n) {
      if (this.#inComment) {
        const end = bytes.indexOf(NEWLINE, at);
        if (end < 0) return n;
        this.#inComment = false;
        this.#lineStart = true;
        at = end + 1;
        continue;
      }
      const c = bytes[at]!;
      if (c === DOLLAR) {
        const next = this.#sentence(bytes, at, final);
        if (next === WAIT) return at;
        this.#lineStart = false;
        at = next;
      } else if (c === NEWLINE || c === 13) {
        this.#lineStart = true;
        at++;
      } else if (c === 35 && this.#lineStart) {
        this.#inComment = true;
        this.#counters.commentLines++;
        at++;
      } else {
        this.#lineStart = false;
        const next = c >= 0xa0 ? this.#packet(bytes, at, final) : 0;
        if (next === WAIT) return at;
        if (next > 0) at = next;
        else {
          this.#counters.junkBytes++;
          at++;
        }
      }
    }
    return n;
  }

  /** The sentence that begins at `at`: returns where to read on, or WAIT. */
  #sentence(bytes: Uint8Array, at: number, final: boolean): number {
    const fields = this.#fields;
    const counters = this.#counters;
    const limit = Math.min(bytes.length, at + MAX_SENTENCE);
    fields.open(bytes, at + 1);
    let sum = 0;
    for (let q = at + 1; q < limit; q++) {
      // most bytes are digits, letters and dots: they are only summed up
      const from = q;
      let c = bytes[q]!;
      let all = 0;
      while (c > COMMA) {
        sum ^= c;
        all |= c;
        if (++q === limit) break;
        c = bytes[q]!;
      }
      if (all > 127) {
        counters.torn++;
        for (q = from; bytes[q]! < 128; q++);
        return q;
      }
      if (q === limit) break;
      if (c === STAR) {
        if (q + 2 >= bytes.length) {
          if (!final) return WAIT;
          counters.torn++;
          return bytes.length;
        }
        const told = (hex(bytes[q + 1]!) << 4) | hex(bytes[q + 2]!);
        if (told !== sum) {
          counters.badChecksum++;
          return q + 1;
        }
        fields.close(q);
        this.#checksums = true;
        this.#listener.sentence(fields);
        return q + 3;
      }
      if (c === COMMA) fields.close(q);
      else if (c === NEWLINE || c === 13) {
        if (this.#checksums) counters.missingChecksum++;
        else {
          fields.close(q);
          counters.unchecked++;
          this.#listener.sentence(fields);
        }
        return q;
      } else if (c < 32 || c === DOLLAR) {
        counters.torn++;
        return q;
      }
      sum ^= c;
    }
    if (limit === at + MAX_SENTENCE) {
      counters.overlong++;
      counters.junkBytes += MAX_SENTENCE;
      return limit;
    }
    if (!final) return WAIT;
    counters.torn++;
    return bytes.length;
  }

  /** A binary packet at `at`: where to read on behind it, 0 if it is none, or WAIT. */
  #packet(bytes: Uint8Array, at: number, final: boolean): number {
    const n = bytes.length;
    const c = bytes[at]!;
    if (c !== 0xa0 && c !== 0xb5 && c !== 0xd3) return 0;
    const wait = final ? 0 : WAIT;
    if (at + 1 >= n) return wait;
    const second = bytes[at + 1]!;
    if (c === 0xa0 ? second !== 0xa2 : c === 0xb5 ? second !== 0x62 : (second & 0xfc) !== 0) return 0;
    const head = c === 0xb5 ? 6 : c === 0xa0 ? 4 : 3;
    if (at + head > n) return wait;
    const length =
      c === 0xb5
        ? bytes[at + 4]! | (bytes[at + 5]! << 8)
        : c === 0xa0
          ? ((bytes[at + 2]! & 0x7f) << 8) | bytes[at + 3]!
          : ((second & 3) << 8) | bytes[at + 2]!;
    if (length > MAX_PACKET) return 0;
    const body = at + head;
    const end = body + length;
    const whole = end + (c === 0xa0 ? 4 : c === 0xb5 ? 2 : 3);
    if (whole > n) return wait;
    if (c === 0xa0) {
      if (bytes[end + 2] !== 0xb0 || bytes[end + 3] !== 0xb3 || sirfSum(bytes, body, end) !== be16(bytes, end))
        return 0;
      this.#counters.sirf++;
      this.#listener.sirf(bytes, body, end);
    } else if (c === 0xb5) {
      if (ubxSum(bytes, at + 2, end) !== be16(bytes, end)) return 0;
      this.#counters.ubx++;
    } else {
      if (crc24q(bytes, at, end) !== ((bytes[end]! << 16) | be16(bytes, end + 1))) return 0;
      this.#counters.rtcm3++;
    }
    return whole;
  }
}

function be16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The value of a hexadecimal digit, 512 (which no checksum equals) for anything else. */
function hex(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  if (c >= 65 && c <= 70) return c - 55;
  if (c >= 97 && c <= 102) return c - 87;
  return 512;
}
