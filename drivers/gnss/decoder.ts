// drivers/gnss: a receiver's bytes -> epochs. In: chunks with their arrival. Out: an epoch per cycle of the receiver.
// A pure function of the bytes and the arrival times. Never: a throw, a clock, more memory than one packet and one sky.
import { ReceiverClock } from './clock.ts';
import type { Fields } from './fields.ts';
import { Fix } from './fix.ts';
import { Plausibility } from './flags.ts';
import { Lexer, type LexerListener } from './lexer.ts';
import { Sentences } from './sentences.ts';
import { Sirf } from './sirf.ts';
import { Sky } from './sky.ts';
import { type Epoch, type GnssChunk, type GnssCounters, noCounts } from './types.ts';

/** times of day that differ by less are one instant, in ms */
const SAME_INSTANT = 10;
/** a cycle has a few dozen sentences at most; more kinds of them are not told apart */
const MAX_KINDS = 64;
const GSV = (71 << 16) | (83 << 8) | 86;
const ZDA = (90 << 16) | (68 << 8) | 65;

/**
 * Tells cycles apart by what the receiver itself does: a new time of day begins one, and so does a fix sentence of a
 * kind that this cycle had already (receivers without time). What ends a cycle is learnt: once two cycles in a row
 * ended with the same sentence, an epoch is told as soon as that one is seen, without waiting for the next cycle.
 */
export class GnssDecoder {
  readonly counters: GnssCounters = noCounts();

  readonly #clock = new ReceiverClock(this.counters);
  readonly #sky = new Sky();
  readonly #fix = new Fix();
  readonly #sentences = new Sentences(this.#fix, this.#sky, this.#clock);
  readonly #sirf = new Sirf();
  readonly #plausible = new Plausibility();
  readonly #lexer: Lexer;
  #out: Epoch[] = [];
  #wall: number | null = null;

  /** kinds of sentences of this cycle and how often each, by talker and name */
  readonly #kinds = new Float64Array(MAX_KINDS);
  readonly #counts = new Int32Array(MAX_KINDS);
  #kindsSize = 0;
  /** the cycle's time of day, -1 while it has none */
  #tod = -1;
  #hasFix = false;
  #told = false;
  #repeated = false;
  /** mode and time as the last sentence with a time of day left them; -1: there was none in this cycle */
  #timedMode = -1;
  #timedTime: number | null = null;
  /** this cycle's last sentence so far, and the one that ended the cycle before */
  #last = 0;
  #ender = 0;
  #trusted = false;
  /** a cycle of this receiver was seen to end by a change of time */
  #reliable = false;
  #lastTod = -1;

  constructor() {
    const listener: LexerListener = {
      sentence: (fields) => this.#sentence(fields),
      sirf: (bytes, from, to) => this.#packet(bytes, from, to),
    };
    this.#lexer = new Lexer(this.counters, listener);
  }

  /** Bytes kept back until their sentence or packet is whole. */
  get held(): number {
    return this.#lexer.held;
  }

  /** Takes what arrived and gives the epochs that it completed. */
  push(chunk: GnssChunk): Epoch[] {
    this.#wall = chunk.wall;
    this.#lexer.push(chunk.bytes);
    return this.#take();
  }

  /** The stream has ended (or the receiver was lost): gives the epoch that was still open. */
  flush(): Epoch[] {
    this.#lexer.flush();
    this.#tell();
    this.#begin();
    return this.#take();
  }

  #take(): Epoch[] {
    if (this.#out.length === 0) return [];
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #sentence(f: Fields): void {
    const part = this.#sentences.read(f, this.#wall);
    if (part === 'ignored') this.counters.ignored++;
    else if (part === 'short') this.counters.short++;
    else {
      this.counters.sentences++;
      this.#fit(f, part === 'fix');
    }
  }

  /** Fits a sentence into the cycle, or begins a new one with it. */
  #fit(f: Fields, isFix: boolean): void {
    const { said, tod, timeless } = this.#sentences;
    const at = f.start(0);
    const name = (f.bytes[at + 2]! << 16) | (f.bytes[at + 3]! << 8) | f.bytes[at + 4]!;
    const kind = name * 65536 + ((f.bytes[at]! << 8) | f.bytes[at + 1]!);
    const moved = tod >= 0 && this.#tod >= 0 && Math.abs(tod - this.#tod) >= SAME_INSTANT;
    const again = isFix && this.#countOf(kind) > 0;
    if (moved || again) {
      const sameTime = !moved && tod >= 0 && this.#tod >= 0;
      this.#tell();
      this.#trusted = this.#last !== 0 && this.#last === this.#ender;
      this.#ender = this.#last;
      if (moved) this.#reliable = true;
      this.#begin();
      this.#repeated = sameTime;
      if (tod < 0) this.#fix.time = null;
    } else if (this.#told && tod >= 0) this.counters.late++;
    const fresh = tod >= 0 && Math.abs(tod - this.#lastTod) >= SAME_INSTANT;
    if (tod >= 0) {
      this.#tod = tod;
      this.#lastTod = tod;
    }
    if (timeless) {
      this.#reliable = false;
      this.#fix.time = null;
    }
    // a ZDA may open the next cycle: then its time is not that of the fix at hand
    if (name === ZDA && this.#tod >= 0 && Math.abs(this.#clock.tod - this.#tod) >= SAME_INSTANT) said.timed = false;
    this.#fix.take(said, fresh, this.#clock.time);
    if (isFix) this.#hasFix = true;
    if (tod >= 0) {
      this.#timedMode = this.#fix.mode;
      this.#timedTime = this.#fix.time;
    }
    const count = this.#note(kind);
    if (name === GSV && f.whole(1) !== f.whole(2)) return;
    this.#last = kind * 16 + Math.min(count, 15);
    if (this.#trusted && this.#last === this.#ender) this.#tell();
  }

  /** How often this cycle had that kind of sentence. */
  #countOf(kind: number): number {
    for (let i = 0; i < this.#kindsSize; i++) if (this.#kinds[i] === kind) return this.#counts[i]!;
    return 0;
  }

  /** Notes one more of a kind: how many there are now. */
  #note(kind: number): number {
    for (let i = 0; i < this.#kindsSize; i++) {
      if (this.#kinds[i] !== kind) continue;
      this.#counts[i]!++;
      return this.#counts[i]!;
    }
    if (this.#kindsSize < MAX_KINDS) {
      this.#kinds[this.#kindsSize] = kind;
      this.#counts[this.#kindsSize] = 1;
      this.#kindsSize++;
    }
    return 1;
  }

  #begin(): void {
    this.#kindsSize = 0;
    this.#tod = -1;
    this.#hasFix = false;
    this.#told = false;
    this.#repeated = false;
    this.#timedMode = -1;
    this.#timedTime = null;
    this.#last = 0;
  }

  /** Tells the epoch of the cycle at hand, once, if anything in it spoke of a fix. */
  #tell(): void {
    if (!this.#hasFix || this.#told) return;
    this.#told = true;
    const fix = this.#fix;
    const timed = this.#reliable && this.#timedMode >= 0;
    const mode = timed ? this.#timedMode : fix.mode;
    const has = mode >= 2;
    this.#epoch(timed ? this.#timedTime : fix.time, mode, {
      lat: has ? fix.lat : NaN,
      lon: has ? fix.lon : NaN,
      alt: mode === 3 ? fix.alt : NaN,
      speed: has ? fix.speed : NaN,
      track: has ? fix.track : NaN,
      hdop: fix.hdop,
    });
  }

  #epoch(time: number | null, mode: number, figures: Figures): void {
    const doubt = this.#plausible.judge(time, figures.lat, figures.lon, figures.speed, this.#repeated);
    const epoch: Epoch = {
      time,
      mode: mode as Epoch['mode'],
      lat: orNull(figures.lat),
      lon: orNull(figures.lon),
      alt: orNull(figures.alt),
      speed: orNull(figures.speed),
      track: orNull(figures.track),
      hdop: orNull(figures.hdop),
      satellites: this.#sky.atEpoch(),
      arrived: this.#wall,
    };
    this.#out.push(doubt === null ? epoch : { ...epoch, flags: doubt.flags, why: doubt.why });
    this.counters.epochs++;
  }

  /** A SiRF packet: a whole fix at once, or the satellites of the next. */
  #packet(bytes: Uint8Array, from: number, to: number): void {
    const told = this.#sirf.read(bytes, from, to);
    if (told === null) return;
    if (Array.isArray(told)) {
      this.#sky.replace(told);
      return;
    }
    this.#tell();
    this.#begin();
    const alt = this.#sirf.seaLevel(told.height);
    const time = told.time === null ? null : this.#clock.unrollTime(told.time, this.#wall);
    this.#epoch(time, told.mode, { ...told, alt: told.mode === 3 ? alt : NaN });
  }
}

interface Figures {
  readonly lat: number;
  readonly lon: number;
  readonly alt: number;
  readonly speed: number;
  readonly track: number;
  readonly hdop: number;
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
