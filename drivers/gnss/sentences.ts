// drivers/gnss: what each kind of sentence says. In: its fields, the fix so far, the sky. Out: what is said and the time
// of day it is said of. Never: a throw; a field that is wrong counts and stands for an empty one.
import { dayOf, type ReceiverClock } from './clock.ts';
import type { Fields } from './fields.ts';
import { type Fix, Said } from './fix.ts';
import type { Sky } from './sky.ts';

const KNOT = 0.514444444444444;
const FOOT = 0.3048;
const A = 65;
const D = 68;
const V = 86;
const N = 78;
const E = 69;

const code = (text: string): number => (text.charCodeAt(0) << 16) | (text.charCodeAt(1) << 8) | text.charCodeAt(2);
const RMC = code('RMC');
const GGA = code('GGA');
const GLL = code('GLL');
const GNS = code('GNS');
const GSA = code('GSA');
const GSV = code('GSV');
const VTG = code('VTG');
const ZDA = code('ZDA');
const GBS = code('GBS');
const GST = code('GST');
const HDT = code('HDT');

/** What a sentence was to the cycle: nothing, a part of it, or one that carries a fix (or says there is none). */
export type Part = 'ignored' | 'short' | 'detail' | 'fix';

export class Sentences {
  /** what the last sentence said */
  readonly said = new Said();
  /** its time of day in ms where it takes part in telling cycles apart, else -1 */
  tod = -1;
  /** it is about a fix and says that the receiver has no time */
  timeless = false;

  readonly #fix: Fix;
  readonly #sky: Sky;
  readonly #clock: ReceiverClock;
  #ggaTime = -2;
  #ggaTalker = 0;
  #latched = false;
  #otherGsa = false;

  constructor(fix: Fix, sky: Sky, clock: ReceiverClock) {
    this.#fix = fix;
    this.#sky = sky;
    this.#clock = clock;
  }

  /** Reads one sentence that arrived at `wall` (epoch ms, null: not known). */
  read(f: Fields, wall: number | null): Part {
    this.said.clear();
    this.tod = -1;
    this.timeless = false;
    const from = f.start(0);
    if (f.length(0) !== 5) return this.#proprietary(f, wall);
    const kind = (f.bytes[from + 2]! << 16) | (f.bytes[from + 3]! << 8) | f.bytes[from + 4]!;
    if (kind !== GSA) {
      this.#sky.other();
    }
    switch (kind) {
      case RMC:
        return f.count < 8 ? 'short' : this.#rmc(f, wall);
      case GGA:
        return f.count < 13 ? 'short' : this.#gga(f);
      case GLL:
        return f.count < 7 ? 'short' : this.#gll(f);
      case GNS:
        return f.count < 13 ? 'short' : this.#gns(f);
      case GSA:
        return f.count < 18 ? 'short' : this.#gsa(f);
      case GSV:
        return this.#sky.gsv(f) ? 'detail' : 'short';
      case VTG:
        return f.count < 5 ? 'short' : this.#vtg(f);
      case ZDA:
        return f.count < 5 ? 'short' : this.#zda(f, wall);
      case GBS:
        this.tod = f.timeOfDay(1);
        return 'detail';
      case GST:
      case HDT:
        return 'detail';
      default:
        return this.#proprietary(f, wall);
    }
  }

  /** RMC: time, validity, position, speed, track, date. */
  #rmc(f: Fields, wall: number | null): Part {
    const said = this.said;
    const status = f.char(2);
    if (status !== A && status !== D) {
      said.mode = 1;
      if (f.empty(1) || f.empty(9)) this.#forget();
      return 'fix';
    }
    if (!f.empty(1) && !f.empty(9)) {
      const tod = f.timeOfDay(1);
      const date = f.ddmmyy(9);
      const day = tod < 0 || date < 0 ? null : shortDate(date);
      if (day !== null) {
        this.#clock.tellDate(day, tod, wall);
        said.timed = true;
        this.tod = tod;
      } else if (date >= 0 && tod >= 0) f.bad();
    }
    if (this.#position(f, 3)) said.mode = this.#fix.lastMode <= 2 ? 2 : 3;
    else said.mode = 1;
    said.speed = f.bounded(7, 0, 20_000) * KNOT;
    said.track = f.bounded(8, 0, 360);
    if (this.#sky.usedCount > 3 || this.#fix.hasAlt) said.mode = 3;
    return 'fix';
  }

  /** GGA: time, position, quality, satellites, HDOP, altitude. */
  #gga(f: Fields): Part {
    const said = this.said;
    const quality = f.empty(6) ? -1 : f.whole(6);
    if (quality === 0 && f.empty(1)) this.#forget();
    this.#latch(f);
    this.#time(f, 1);
    if (this.#position(f, 2)) {
      said.mode = 2;
      const used = f.whole(7);
      said.alt = f.bounded(9, -20_000, 1_000_000);
      if (!Number.isNaN(said.alt) && used >= 4) said.mode = 3;
      if (used < 3) said.mode = 1;
    } else said.mode = 1;
    said.hdop = f.bounded(8, 0, 100);
    return 'fix';
  }

  /**
   * Some receivers that lose the sky keep sending GGA and a bogus GSA with a time that stands still. The same time
   * twice from the same talker means: the GSA that follows is not believed.
   */
  #latch(f: Fields): void {
    const talker = f.bytes[f.start(0) + 1]!;
    const time = f.empty(1) ? -1 : f.number(1);
    if (this.#ggaTalker !== 0 && this.#ggaTalker !== talker) this.#latched = false;
    else this.#latched = this.#ggaTime === time;
    this.#ggaTalker = talker;
    this.#ggaTime = time;
  }

  /** GLL: position, time, validity. */
  #gll(f: Fields): Part {
    const said = this.said;
    this.#time(f, 5);
    said.mode = 1;
    if (f.char(6) === A && (f.count < 8 || f.char(7) !== N) && this.#position(f, 1)) {
      const fix = this.#fix;
      said.mode = fix.hasAlt || this.#sky.usedCount > 3 ? 3 : 2;
    }
    return 'fix';
  }

  /** GNS: time, position, a mode per system, satellites, HDOP, altitude. */
  #gns(f: Fields): Part {
    const said = this.said;
    this.#time(f, 1);
    if (f.empty(6) || f.char(6) === N) {
      said.mode = 1;
      return 'fix';
    }
    const safety = f.char(13);
    if (safety === 85 || safety === V) return 'fix';
    if (this.#position(f, 2)) {
      said.mode = 2;
      said.alt = f.bounded(9, -20_000, 1_000_000);
      if (!Number.isNaN(said.alt) && f.whole(7) > 3) said.mode = 3;
    } else said.mode = 1;
    said.hdop = f.bounded(8, 0, 100);
    return 'fix';
  }

  /** GSA: the receiver's own 1, 2 or 3, the satellites used, DOPs. */
  #gsa(f: Fields): Part {
    if (this.#latched) return 'detail';
    const said = this.said;
    const talker = f.bytes[f.start(0) + 1]!;
    this.#sky.gsa(f);
    said.hdop = f.bounded(16, 0, 100);
    const mode = f.whole(2);
    if (talker !== 80 && talker !== 0) this.#otherGsa = true;
    if (f.char(2) === E || mode < 0 || mode > 3) return 'detail';
    if (this.#otherGsa && talker === 80) return 'detail';
    said.mode = mode;
    return 'detail';
  }

  /** VTG: track and speed. */
  #vtg(f: Fields): Part {
    if (f.empty(5) || f.empty(1)) {
      if (!f.empty(5) && f.char(9) !== N) this.said.speed = f.bounded(5, 0, 20_000) * KNOT;
      return 'detail';
    }
    const mode = f.char(9);
    if (mode === E || mode === N) return 'detail';
    this.said.track = f.bounded(1, 0, 360);
    this.said.speed = f.bounded(5, 0, 20_000) * KNOT;
    return 'detail';
  }

  /** ZDA: time, day, month, year of four digits. */
  #zda(f: Fields, wall: number | null): Part {
    if (f.empty(1) || f.empty(2) || f.empty(3) || f.empty(4)) return 'detail';
    const tod = f.timeOfDay(1);
    const year = f.whole(4);
    const day = year < 1980 || year > 2200 ? null : dayOf(year, f.whole(3), f.whole(2));
    if (tod < 0) return 'detail';
    if (day === null) {
      f.bad();
      return 'detail';
    }
    this.#clock.tellDate(day, tod, wall);
    this.said.timed = true;
    return 'detail';
  }

  /** Brands' own sentences that say something of a fix; all others are ignored. */
  #proprietary(f: Fields, wall: number | null): Part {
    if (f.char(0) !== 80) return 'ignored';
    if (f.is(0, 'PSRFEPE')) {
      this.#time(f, 1);
      this.said.timed = false;
      return 'detail';
    }
    if (f.is(0, 'PGRMZ')) return this.#garminAltitude(f);
    if (f.is(0, 'PGRMF')) return this.#garminFix(f, wall);
    if (f.is(0, 'PMGNST')) {
      const mode = f.whole(2);
      this.said.mode = f.char(3) === 84 && (mode === 2 || mode === 3) ? mode : 1;
      return 'detail';
    }
    if (f.is(0, 'PASHR') && f.is(1, 'POS') && f.count >= 13) return this.#ashtech(f);
    return 'ignored';
  }

  /** PGRMZ: altitude in feet, 1, 2 or 3. */
  #garminAltitude(f: Fields): Part {
    if (f.char(2) === 102) this.said.alt = f.bounded(1, -60_000, 3_000_000) * FOOT;
    const mode = f.whole(3);
    if (mode >= 1 && mode <= 3) this.said.mode = mode;
    return 'detail';
  }

  /** PGRMF: date, time, position, 0, 1 or 2, speed in km/h, course. */
  #garminFix(f: Fields, wall: number | null): Part {
    if (f.count < 14) return 'short';
    const tod = f.timeOfDay(4);
    const date = f.ddmmyy(3);
    const day = tod < 0 || date < 0 ? null : shortDate(date);
    if (day !== null) {
      this.#clock.tellDate(day, tod, wall);
      this.said.timed = true;
    }
    if (f.char(10) !== A) return 'detail';
    this.#position(f, 6);
    const mode = f.whole(11);
    if (mode >= 0 && mode <= 2 && !f.empty(11)) this.said.mode = mode + 1;
    this.said.speed = f.bounded(12, 0, 30_000) / 3.6;
    this.said.track = f.bounded(13, 0, 360);
    return 'detail';
  }

  /** PASHR,POS: Ashtech's position: time, place, altitude, course, speed in knots. */
  #ashtech(f: Fields): Part {
    const said = this.said;
    if (f.empty(2)) {
      said.mode = 1;
      return 'fix';
    }
    said.mode = 3;
    this.#time(f, 4);
    if (this.#position(f, 5)) said.alt = f.bounded(9, -20_000, 1_000_000);
    said.track = f.bounded(11, 0, 360);
    said.speed = f.bounded(12, 0, 20_000) * KNOT;
    return 'fix';
  }

  /** A time of day without a date. */
  #time(f: Fields, i: number): void {
    const tod = f.timeOfDay(i);
    if (tod < 0) return;
    this.tod = tod;
    this.#clock.tellTime(tod);
    this.said.timed = this.#clock.dated;
  }

  /** Latitude, N or S, longitude, E or W from field `i`; false where one is missing or wrong. */
  #position(f: Fields, i: number): boolean {
    if (f.empty(i) || f.empty(i + 1) || f.empty(i + 2) || f.empty(i + 3)) return false;
    const lat = f.degrees(i, 90);
    const lon = f.degrees(i + 2, 180);
    const ns = f.char(i + 1);
    const ew = f.char(i + 3);
    if (Number.isNaN(lat) || Number.isNaN(lon)) return false;
    if ((ns !== 78 && ns !== 83) || (ew !== 69 && ew !== 87)) {
      f.bad();
      return false;
    }
    this.said.lat = ns === 83 ? -lat : lat;
    this.said.lon = ew === 87 ? -lon : lon;
    return true;
  }

  #forget(): void {
    this.#clock.forget();
    this.timeless = true;
  }
}

/** A date of ddmmyy: years from 80 are of the last century, for GPS began in 1980. */
function shortDate(packed: number): number | null {
  const year = Math.floor(packed / 10000);
  return dayOf(year >= 80 ? 1900 + year : 2000 + year, Math.floor(packed / 100) % 100, packed % 100);
}
