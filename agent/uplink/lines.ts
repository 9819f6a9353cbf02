// agent/uplink: records -> envelope lines of one message, written straight into its bytes: this is where a backlog of
// hundreds of thousands is made. Gives what `encodeEnvelope` gives, to the byte. Pure but for its buffer.
import type { EnvelopeHead } from '../../contract/index.ts';
import type { Buffers } from './buffers.ts';
import { anchorFor } from './packed-points.ts';
import type { AnchorOf, WaitingRecord } from './types.ts';

export interface LinesFrom {
  readonly device: string;
  readonly lane: EnvelopeHead['lane'];
  readonly epoch: string;
  readonly anchorOf: AnchorOf;
}

/** UTF-8 takes at most so many bytes for a unit of a JavaScript string. */
const MOST_PER_UNIT = 3;
const BRACE = 0x7d;

export class Lines {
  readonly #from: LinesFrom;
  readonly #low: number;
  readonly #most: number;
  readonly #start: string;
  /** what stands before `at`, and after `mono`, for records of this kind, boot and clock */
  #kind = '';
  #boot = '';
  #clock = '';
  #beforeAt = '';
  #afterAt = '';
  /** records that were accepted together have one time, which is spelled out once */
  #at = Number.NaN;
  #spelled = '';
  #afterMono = '';
  readonly #buffers: Buffers;
  #buffer: Buffer | null = null;
  /** the buffer is one of `buffers` */
  #large = false;
  #used = 0;
  #count = 0;

  /** @param most bytes of the message; a single line may be longer */
  constructor(from: LinesFrom, low: number, most: number, buffers: Buffers) {
    this.#from = from;
    this.#buffers = buffers;
    this.#low = low;
    this.#most = most;
    const { device, lane, epoch } = from;
    this.#start = `${JSON.stringify({ v: 1, device, lane, epoch }).slice(0, -1)},"seq":`;
  }

  get count(): number {
    return this.#count;
  }

  /** Writes the record's line; false, and nothing written, where the message is full. */
  add(record: WaitingRecord): boolean {
    if (record.kind !== this.#kind || record.boot !== this.#boot || record.clock !== this.#clock) this.#turn(record);
    const { seq, at, mono, text } = record;
    if (at !== this.#at) {
      this.#at = at;
      this.#spelled = `${this.#beforeAt}${at}${this.#afterAt}`;
    }
    const head = `${this.#count > 0 ? '\n' : ''}${this.#start}${seq}${this.#spelled}${mono}${this.#afterMono}`;
    const buffer = this.#room(head.length, text);
    if (!buffer) return false;
    // The head is ASCII: ids, numbers, and a boot whose other letters are spelled out.
    this.#used += buffer.write(head, this.#used, 'latin1');
    this.#used += buffer.write(text, this.#used, 'utf8');
    buffer[this.#used++] = BRACE;
    this.#count++;
    return true;
  }

  /** The message so far, and what is to follow it. */
  payload(tail: Uint8Array | null = null): Buffer {
    const lines = (this.#buffer ?? Buffer.alloc(0)).subarray(0, this.#used);
    return tail ? Buffer.concat([lines, tail]) : lines;
  }

  /** To be given back once the message is confirmed. */
  get reuse(): Buffer | null {
    return this.#large ? this.#buffer : null;
  }

  #turn(record: WaitingRecord): void {
    const { kind, boot, clock } = record;
    [this.#kind, this.#boot, this.#clock] = [kind, boot, clock];
    this.#at = Number.NaN;
    const { anchor } = anchorFor(record, this.#from.anchorOf);
    const known = anchor ? `,"anchor":${JSON.stringify(anchor)}` : '';
    this.#beforeAt = `,"low":${this.#low},"kind":"${kind}","at":`;
    this.#afterAt = `,"boot":${ascii(JSON.stringify(boot))},"mono":`;
    this.#afterMono = `,"clock":"${clock}"${known},"record":`;
  }

  /** The buffer, with room for the line behind what is used; null where the message would become too long. */
  #room(head: number, text: string): Buffer | null {
    let bytes = head + text.length * MOST_PER_UNIT + 1;
    // Nearly all lines are ASCII: their bytes are counted only where it matters.
    if (this.#used + bytes > (this.#buffer?.length ?? 0) || this.#used + bytes > this.#most) {
      bytes = head + Buffer.byteLength(text) + 1;
      if (this.#count > 0 && this.#used + bytes > this.#most) return null;
    }
    const buffer = this.#buffer;
    if (buffer && this.#used + bytes <= buffer.length) return buffer;
    // One record alone gets what it needs; the second one makes it a message of many.
    this.#large = this.#count > 0 && this.#used + bytes <= this.#most;
    const larger = this.#large ? this.#buffers.take(this.#most) : Buffer.allocUnsafeSlow(this.#used + bytes);
    buffer?.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
    return larger;
  }
}

/** JSON with every letter beyond ASCII spelled out. */
function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
