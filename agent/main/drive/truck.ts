// agent/main/drive: the made-up sweeper and its driver: where it truly is, how fast, and what runs. In: steps of 0.1 s and
// chance. Out: the truth. Never: a step that a real truck could not make.
import type { Random } from './random.ts';
import { DEPOT, inTunnel, LEGS, legAt, PATH, STOPS, type Stop, TUNNEL, toDegrees } from './streets.ts';
import { STEP_MS, type Truth } from './types.ts';

/** Metres per second squared: pulling away, braking at ease, across in a turn (a laden truck's usual limits). */
const PULL = 0.9;
const BRAKE = 1.2;
const ACROSS = 1.2;
const DT = STEP_MS / 1000;
/** Brushes go down below this speed, m/s. */
const WORK_SPEED = 2.8;
/** What the vehicle's life stood at when the drive began: m, s. */
export const LIFE = { odometer: 48_213_400, engineS: 8_467_320 } as const;

/** Speeds that must be reached at a place of the path: where a turn or a slower leg begins. */
const SLOWER = [
  ...PATH.pieces
    .filter((piece) => piece.curvature !== 0)
    .map((piece) => ({
      from: piece.from,
      to: piece.from + piece.length,
      speed: Math.sqrt(ACROSS / Math.abs(piece.curvature)),
    })),
  ...LEGS.map((leg, i) => ({
    from: PATH.corners[i]!,
    to: i + 1 < LEGS.length ? PATH.corners[i + 1]! : PATH.length,
    speed: leg.limit,
  })),
];

type Doing = 'parked' | 'starting' | 'idling' | 'driving' | 'standing' | 'stopping';

export class Truck {
  readonly #random: Random;
  #doing: Doing = 'parked';
  /** seconds left of what it does, where that has a time */
  #left: number;
  #distance: number = DEPOT;
  #driven = 0;
  #speed = 0;
  #engineS = 0;
  #rpm = 0;
  #coolant = 22;
  #litres = 92;
  #brush: 0 | 1 = 0;
  #next: { stop: Stop; at: number; red: boolean | null } = this.#stopAfter(DEPOT);
  #ease = 1;

  constructor(random: Random) {
    this.#random = random;
    this.#left = random.between(18, 24);
  }

  /** One step later. */
  step(): void {
    this.#decide();
    const before = this.#speed;
    this.#speed = this.#doing === 'driving' ? this.#drive() : 0;
    const moved = ((before + this.#speed) / 2) * DT;
    this.#distance += moved;
    this.#driven += moved;
    this.#engine();
  }

  /** The truth at this time (epoch ms). */
  truth(time: number): Truth {
    const { x, y, heading } = PATH.at(this.#distance);
    const leg = legAt(this.#distance);
    const tunnel = inTunnel(this.#distance);
    return {
      time,
      ...toDegrees(x, y),
      alt: 38 + Math.sin(this.#distance / 900) - (tunnel ? dip(this.#distance % PATH.length) : 0),
      track: heading,
      speed: this.#speed,
      odometer: LIFE.odometer + this.#driven,
      engine_s: LIFE.engineS + this.#engineS,
      rpm: this.#rpm,
      fuel: (this.#litres / 120) * 100,
      coolant: this.#coolant,
      ignition: this.#doing === 'parked' ? 0 : 1,
      brush: this.#brush,
      spray: this.#brush === 1 && leg.spray === true ? 1 : 0,
      tunnel,
      canyon: leg.canyon === true,
      street: leg.street,
    };
  }

  #decide(): void {
    if (this.#doing === 'driving') {
      if (this.#speed === 0 && this.#gap() < 0.6 && this.#next.red !== false) this.#arrive();
      return;
    }
    this.#left -= DT;
    if (this.#left > 0) return;
    switch (this.#doing) {
      case 'parked':
        this.#be('starting', 2);
        return;
      case 'starting':
        this.#be('idling', this.#random.between(8, 15));
        return;
      case 'stopping':
        this.#be('parked', this.#random.between(90, 130));
        return;
      default:
        this.#be('driving', 0);
        this.#ease = this.#random.between(0.9, 1);
        this.#next = this.#stopAfter(this.#next.at);
    }
  }

  #be(doing: Doing, seconds: number): void {
    this.#doing = doing;
    this.#left = seconds;
  }

  #arrive(): void {
    const { kind } = this.#next.stop;
    if (kind === 'light') this.#be('standing', this.#random.between(8, 35));
    else if (kind === 'wait') this.#be('standing', this.#random.between(45, 75));
    else this.#be('stopping', this.#random.between(4, 8));
  }

  #stopAfter(distance: number): { stop: Stop; at: number; red: boolean | null } {
    const lap = Math.floor(distance / PATH.length) * PATH.length;
    const s = distance - lap;
    const found = STOPS.find((stop) => stop.at > s + 1);
    const stop = found ?? STOPS[0]!;
    return { stop, at: stop.at + lap + (found ? 0 : PATH.length), red: stop.kind === 'light' ? null : true };
  }

  #gap(): number {
    return this.#next.at - this.#distance;
  }

  /** The speed a step later: as fast as limits, turns and stops ahead allow, no harder than a truck can. */
  #drive(): number {
    const s = this.#distance % PATH.length;
    let allowed = 30;
    for (const { from, to, speed } of SLOWER) {
      const inside = s >= from && s < to;
      const ahead = (from - s + PATH.length) % PATH.length;
      if (inside) allowed = Math.min(allowed, speed * (speed > 5 ? this.#ease : 1));
      else if (ahead < 150) allowed = Math.min(allowed, Math.sqrt(speed * speed + 2 * BRAKE * ahead));
    }
    const gap = this.#gap();
    if (gap < 60 && this.#next.red === null) this.#next.red = this.#random.next() < 0.6;
    if (this.#next.red === false && gap < 0) this.#next = this.#stopAfter(this.#next.at);
    else if (this.#next.red !== false && gap < 150) {
      allowed = Math.min(allowed, Math.sqrt(2 * BRAKE * Math.max(0, gap - this.#speed * DT)));
      if (gap < 0.5 && allowed < 0.6) allowed = 0;
    }
    const most = this.#speed + PULL * DT;
    const least = this.#speed - 2 * BRAKE * DT;
    return Math.max(0, least, Math.min(most, allowed));
  }

  #engine(): void {
    const runs = this.#doing !== 'parked' && this.#doing !== 'starting';
    const leg = legAt(this.#distance);
    this.#brush = this.#doing === 'driving' && leg.sweep === true && this.#speed < WORK_SPEED ? 1 : 0;
    const goal = runs ? (this.#brush ? 1400 : Math.max(750, this.#speed * gearOf(this.#speed))) : 0;
    this.#rpm += (goal - this.#rpm) * (runs ? 0.25 : 0.5);
    if (!runs && this.#rpm < 20) this.#rpm = 0;
    if (runs) this.#engineS += DT;
    this.#coolant += ((runs ? 84 : 22) - this.#coolant) * (runs ? 0.0004 : 0.00002);
    const litresPerHour = runs ? 2.2 + (this.#rpm - 750) * 0.009 : 0;
    this.#litres = this.#litres < 20 ? 118 : this.#litres - (Math.max(0, litresPerHour) * DT) / 3600;
  }
}

/** 1/min of the engine per m/s of the vehicle, by speed: four gears. */
function gearOf(speed: number): number {
  return speed < 2.6 ? 520 : speed < 5 ? 300 : speed < 8.2 ? 185 : 135;
}

/** How deep the underpass is there, m. */
function dip(s: number): number {
  return 7 * Math.sin((Math.PI * (s - TUNNEL.from)) / (TUNNEL.to - TUNNEL.from));
}
