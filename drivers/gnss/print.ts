// drivers/gnss: epochs as lines of JSON. In: epochs, or their records. Out: bytes, figures rounded to what a receiver can
// know. A replay prints millions of lines, so the bytes are written without making strings; what stands where it stood
// in the list of satellites before is not written again.
import { ALL_KEYS, PER_SYSTEM, SYSTEMS } from './numbering.ts';
import { HEAD, MAX_LISTED, MAX_RECORD, PER_SATELLITE, RecordWriter } from './records.ts';
import type { Epoch } from './types.ts';

/** No line is longer. */
export const MAX_LINE = 160 * MAX_LISTED;

const text = (s: string): Uint8Array => Buffer.from(s, 'latin1');
const TIME = text('{"time":');
const MODE = text(',"mode":');
const LAT = text(',"lat":');
const LON = text(',"lon":');
const ALT = text(',"alt":');
const SPEED = text(',"speed":');
const TRACK = text(',"track":');
const HDOP = text(',"hdop":');
const SATELLITES = text(',"satellites":[');
const NULL = text('null');

/** The line of one epoch, without newline: as `replay nmea` prints it. */
export function epochLine(epoch: Epoch): string {
  const record = new Float64Array(MAX_RECORD);
  new RecordWriter().write(record, 0, epoch);
  const line = Buffer.allocUnsafe(MAX_LINE);
  return line.toString('latin1', 0, new LinePrinter().print(record, 0, doubtText(epoch), line, 0));
}

/** What a line says of a doubtful fix, '' for any other. */
export function doubtText(epoch: Epoch): string {
  if (epoch.flags === undefined) return '';
  return `,"flags":${JSON.stringify(epoch.flags)},"why":${JSON.stringify(epoch.why ?? '')}`;
}

/** Prints records in the order in which one RecordWriter wrote them. */
export class LinePrinter {
  /** where the record that was printed last ends */
  end = 0;
  /** by satellite: its figures as printed last, and the bytes */
  readonly #figures = new Float64Array(ALL_KEYS * 4).fill(-1);
  readonly #pieces: Uint8Array[] = new Array(ALL_KEYS).fill(NULL);
  /** the list's bytes, which piece stands at each place of it, and where */
  readonly #list = new Uint8Array(MAX_LINE);
  readonly #placed: Uint8Array[] = new Array(MAX_LISTED).fill(NULL);
  readonly #places = new Int32Array(MAX_LISTED).fill(-1);
  #size = 0;
  #view: Uint8Array = new Uint8Array(0);

  /**
   * Writes the line of the record at `at`, without newline, from `p` on and returns where it ends. Degrees to 1e-9,
   * all others to 1e-3. There must be room for MAX_LINE bytes.
   */
  print(record: Float64Array, at: number, doubt: string, to: Uint8Array, from: number): number {
    const count = record[at + 9]!;
    if (count >= 0) this.#gather(record, at + HEAD, count);
    this.end = at + HEAD + Math.max(0, count) * PER_SATELLITE;
    const time = record[at]!;
    let p = put(to, from, TIME);
    p = Number.isNaN(time) ? put(to, p, NULL) : whole(to, p, time);
    p = put(to, p, MODE);
    to[p++] = 48 + record[at + 1]!;
    p = decimal(to, put(to, p, LAT), record[at + 2]!, 9);
    p = decimal(to, put(to, p, LON), record[at + 3]!, 9);
    p = decimal(to, put(to, p, ALT), record[at + 4]!, 3);
    p = decimal(to, put(to, p, SPEED), record[at + 5]!, 3);
    p = decimal(to, put(to, p, TRACK), record[at + 6]!, 3);
    p = decimal(to, put(to, p, HDOP), record[at + 7]!, 3);
    p = put(to, p, SATELLITES);
    to.set(this.#view, p);
    p += this.#size;
    to[p++] = 93;
    if (doubt !== '') p = put(to, p, text(doubt));
    to[p++] = 125;
    return p;
  }

  #gather(record: Float64Array, from: number, count: number): void {
    let p = 0;
    for (let i = 0; i < count; i++) {
      const piece = this.#piece(record, from + i * PER_SATELLITE);
      if (this.#places[i] !== p || this.#placed[i] !== piece) {
        this.#places[i] = p;
        this.#placed[i] = piece;
        this.#list.set(piece, p);
      }
      p += piece.length;
    }
    // what stood behind may have been written over
    for (let i = count; i < MAX_LISTED && this.#places[i] !== -1; i++) this.#places[i] = -1;
    // each piece begins with a comma: the first is left out
    this.#size = Math.max(0, p - 1);
    this.#view = this.#list.subarray(1, 1 + this.#size);
  }

  #piece(record: Float64Array, at: number): Uint8Array {
    const key = record[at]!;
    const known = key * 4;
    const figures = this.#figures;
    let same = true;
    for (let i = 0; i < 4; i++) {
      if (Object.is(figures[known + i], record[at + 1 + i])) continue;
      figures[known + i] = record[at + 1 + i]!;
      same = false;
    }
    if (same) return this.#pieces[key]!;
    const figure = (i: number): number | null => (Number.isNaN(record[at + i]) ? null : record[at + i]!);
    const piece = text(
      `,{"system":"${SYSTEMS[Math.floor(key / PER_SYSTEM)]}","prn":${key % PER_SYSTEM},"elevation":${figure(1)}` +
        `,"azimuth":${figure(2)},"snr":${figure(3)},"used":${record[at + 4] === 1}}`,
    );
    this.#pieces[key] = piece;
    return piece;
  }
}

function put(to: Uint8Array, at: number, bytes: Uint8Array): number {
  const n = bytes.length;
  for (let i = 0; i < n; i++) to[at + i] = bytes[i]!;
  return at + n;
}

/** A whole number of at most 15 digits. */
function whole(to: Uint8Array, at: number, value: number): number {
  let p = at;
  let rest = value;
  if (rest < 0) {
    to[p++] = 45;
    rest = -rest;
  }
  if (rest < 1e9) return digits(to, p, rest, 0);
  const high = Math.floor(rest / 1e9);
  p = digits(to, p, high, 0);
  return digits(to, p, rest - high * 1e9, 9);
}

/** A number with up to `places` decimals, without noughts at its end; NaN as null. */
function decimal(to: Uint8Array, at: number, value: number, places: 3 | 9): number {
  if (Number.isNaN(value)) return put(to, at, NULL);
  const scale = places === 9 ? 1e9 : 1e3;
  let rest = value < 0 ? -value : value;
  if (rest >= 1e9) return put(to, at, text(String(value)));
  let int = Math.floor(rest);
  let fraction = Math.round((rest - int) * scale);
  if (fraction === scale) {
    int++;
    fraction = 0;
  }
  let p = at;
  if (value < 0 && (int > 0 || fraction > 0)) to[p++] = 45;
  p = digits(to, p, int, 0);
  if (fraction === 0) return p;
  to[p++] = 46;
  let width: number = places;
  while (fraction % 10 === 0) {
    fraction = (fraction / 10) | 0;
    width--;
  }
  rest = fraction;
  return digits(to, p, rest, width);
}

/** Digits of a whole number below 1e9, with noughts in front up to `width`. */
function digits(to: Uint8Array, at: number, value: number, width: number): number {
  let rest = value | 0;
  let n = width;
  if (n === 0) {
    n = 1;
    for (let bound = 10; bound <= rest && n < 10; bound *= 10) n++;
  }
  for (let i = at + n - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    to[i] = 48 + (rest - next * 10);
    rest = next;
  }
  return at + n;
}
