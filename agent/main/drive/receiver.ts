// agent/main/drive: a made-up GNSS receiver. In: the truth and chance. Out: NMEA 0183 sentences with the errors of a real
// one: wandering, reflections between tall buildings, nothing in the tunnel, a slow return after it.
import { type Random, Wander } from './random.ts';
import { type Seen, skyAt } from './sky.ts';
import { toDegrees, toMetres } from './streets.ts';
import type { Truth } from './types.ts';

/** Deviations: metres under open sky and between buildings, m/s. */
const OPEN_M = 0.9;
const REFLECTED_M = 3.5;
const SPEED_OPEN = 0.05;
const SPEED_REFLECTED = 0.2;
/** seconds from a clear sky to a fix, and how far off the first one is */
const RETURN_S = 2.5;
const RETURN_M = 9;
const SKY_EVERY_MS = 10_000;
const KNOT = 1852 / 3600;

interface Tracked extends Seen {
  readonly snr: number;
  readonly used: boolean;
}

export class Receiver {
  readonly #random: Random;
  readonly #wander: readonly [Wander, Wander, Wander];
  readonly #reflected: readonly [Wander, Wander];
  #sky: readonly Seen[] = [];
  #skyTime = Number.NEGATIVE_INFINITY;
  #last = 0;
  /** seconds with a clear sky; it starts warm */
  #clear = -3;
  #canyon = 0;
  #course: number | null = null;

  constructor(random: Random) {
    this.#random = random;
    this.#wander = [new Wander(random, 60), new Wander(random, 60), new Wander(random, 60)];
    this.#reflected = [new Wander(random, 6), new Wander(random, 6)];
  }

  /** The sentences of this instant; the sky is told once a second. */
  epoch(truth: Truth): string {
    const dt = this.#last === 0 ? 1 : (truth.time - this.#last) / 1000;
    this.#last = truth.time;
    this.#clear = truth.tunnel ? -RETURN_S : this.#clear + dt;
    this.#canyon += ((truth.canyon ? 1 : 0) - this.#canyon) * (1 - Math.exp(-dt / 3));
    const satellites = this.#track(truth);
    const place = this.#place(truth, dt);
    const fixed = this.#clear >= 0 && !truth.tunnel;
    const used = fixed ? satellites.filter((one) => one.used) : [];
    const { date, clock } = stamps(truth.time);
    const hdop = (0.5 + 5 / Math.max(4, used.length) + 1.1 * this.#canyon).toFixed(2);
    let text = '';
    if (fixed) {
      const position = `${angle(place.lat, 2)},${place.lat < 0 ? 'S' : 'N'},${angle(place.lon, 3)},${place.lon < 0 ? 'W' : 'E'}`;
      const course = place.course === null ? '' : place.course.toFixed(2);
      text += sentence(`GNRMC,${clock},A,${position},${(place.speed / KNOT).toFixed(3)},${course},${date},,,A,V`);
      text += sentence(
        `GNVTG,${course},T,,M,${(place.speed / KNOT).toFixed(3)},N,${(place.speed * 3.6).toFixed(3)},K,A`,
      );
      text += sentence(
        `GNGGA,${clock},${position},1,${String(used.length).padStart(2, '0')},${hdop},${place.alt.toFixed(1)},M,-6.2,M,,`,
      );
    } else {
      text += sentence(`GNRMC,${clock},V,,,,,,,${date},,,N,V`);
      text += sentence('GNVTG,,,,,,,,,N');
      text += sentence(`GNGGA,${clock},,,,,0,00,99.99,,,,,,`);
    }
    text += gsa(used, 'GPS', 1, fixed, hdop) + gsa(used, 'BeiDou', 4, fixed, hdop);
    if (truth.time % 1000 === 0) text += gsv(satellites, 'GPS', 'GP') + gsv(satellites, 'BeiDou', 'GB');
    return text;
  }

  #track(truth: Truth): Tracked[] {
    if (truth.time - this.#skyTime >= SKY_EVERY_MS) {
      this.#sky = skyAt(truth.time);
      this.#skyTime = truth.time;
    }
    return this.#sky.map((one) => {
      const hidden = truth.tunnel || (truth.canyon && one.elevation < 25 && one.azimuth % 180 > 40);
      const strength = 27 + 20 * Math.sin((one.elevation * Math.PI) / 180) - 5 * this.#canyon + this.#random.normal();
      const snr = hidden ? 0 : Math.max(0, Math.min(55, Math.round(strength)));
      return { ...one, snr, used: snr >= 26 && one.elevation >= 12 };
    });
  }

  #place(truth: Truth, dt: number) {
    const [east, north, up] = this.#wander;
    const [eastR, northR] = this.#reflected;
    const back = RETURN_M * Math.exp(-Math.max(0, this.#clear) / 4) * (this.#clear < 30 ? 1 : 0);
    const error = (slow: Wander, quick: Wander) =>
      OPEN_M * slow.step(dt) +
      REFLECTED_M * this.#canyon * quick.step(dt) +
      (back / 2) * (slow === east ? 1 : -0.6) +
      0.12 * this.#random.normal();
    const { x, y } = toMetres(truth.lat, truth.lon);
    const place = toDegrees(x + error(east, eastR), y + error(north, northR));
    const spread = SPEED_OPEN + SPEED_REFLECTED * this.#canyon;
    const heading = (truth.track * Math.PI) / 180;
    const ve = truth.speed * Math.sin(heading) + spread * this.#random.normal();
    const vn = truth.speed * Math.cos(heading) + spread * this.#random.normal();
    const speed = Math.hypot(ve, vn);
    // a receiver that hardly moves has no course
    this.#course = speed < 0.6 ? null : ((Math.atan2(ve, vn) * 180) / Math.PI + 360) % 360;
    return { ...place, alt: truth.alt + 2 * up.step(dt), speed, course: this.#course };
  }
}

/** A sentence with its checksum and line end. */
function sentence(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum ^= body.charCodeAt(i);
  return `$${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`;
}

/** Degrees and minutes as NMEA has them: ddmm.mmmmm. */
function angle(value: number, digits: number): string {
  const units = Math.round(Math.abs(value) * 60e5);
  const degrees = Math.floor(units / 60e5);
  const minutes = ((units - degrees * 60e5) / 1e5).toFixed(5).padStart(8, '0');
  return `${String(degrees).padStart(digits, '0')}${minutes}`;
}

function stamps(time: number): { date: string; clock: string } {
  const iso = new Date(time).toISOString();
  return {
    date: `${iso.slice(8, 10)}${iso.slice(5, 7)}${iso.slice(2, 4)}`,
    clock: `${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 22)}`,
  };
}

function gsa(used: readonly Tracked[], system: Seen['system'], id: number, fixed: boolean, hdop: string): string {
  const own = used.filter((one) => one.system === system).slice(0, 12);
  const prns = Array.from({ length: 12 }, (_, i) => (own[i] ? String(own[i].prn).padStart(2, '0') : ''));
  const [pdop, vdop] = fixed ? [(Number(hdop) * 1.7).toFixed(2), (Number(hdop) * 1.3).toFixed(2)] : ['99.99', '99.99'];
  return sentence(`GNGSA,A,${fixed ? 3 : 1},${prns.join(',')},${pdop},${fixed ? hdop : '99.99'},${vdop},${id}`);
}

function gsv(satellites: readonly Tracked[], system: Seen['system'], talker: string): string {
  const own = satellites.filter((one) => one.system === system);
  const parts = Math.max(1, Math.ceil(own.length / 4));
  let text = '';
  for (let part = 0; part < parts; part++) {
    const four = own.slice(part * 4, part * 4 + 4).map(({ prn, elevation, azimuth, snr }) => {
      const place = `${String(Math.round(elevation)).padStart(2, '0')},${String(Math.round(azimuth) % 360).padStart(3, '0')}`;
      return `,${String(prn).padStart(2, '0')},${place},${snr > 0 ? snr : ''}`;
    });
    text += sentence(`${talker}GSV,${parts},${part + 1},${String(own.length).padStart(2, '0')}${four.join('')},1`);
  }
  return text;
}
