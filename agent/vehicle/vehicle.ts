// agent/vehicle: readings of GNSS, bus and lines -> the vehicle's state, its events and its telemetry points.
// A pure function of readings and profile (law 1): the same recording gives the same bytes, at any speed.
import { FLAGS, POINT_REASONS, roundPoint, type TelemetryPoint } from '../../contract/index.ts';
import type { Epoch } from '../../drivers/gnss/types.ts';
import type { LineReading } from '../../drivers/gpio/types.ts';
import type { TerminalProfile } from '../config/terminal.ts';
import { BusState } from './bus.ts';
import { Motion } from './motion.ts';
import { ignitionOf, type Trip, TripKeeper } from './trip.ts';
import { CornerDetector } from './turn.ts';
import type { Output, Reading, VehicleEvent, VehicleNow } from './types.ts';

type Why = (typeof POINT_REASONS)[number];
type Flag = (typeof FLAGS)[number];

/** Points are due a little early, so that a receiver whose second is 990 ms long does not skip every other one. */
const EARLY_MS = 100;

/** What the odometer and the engine's hours stood at when this box last knew. */
export interface Carried {
  readonly odometer: number;
  readonly engineS: number;
}

export class Vehicle {
  readonly #profile: TerminalProfile;
  readonly #bus: BusState;
  readonly #motion: Motion;
  readonly #trips: TripKeeper;
  readonly #corners: CornerDetector;
  readonly #lines = new Map<string, LineReading>();
  readonly #ignitionLine: string | undefined;
  /** line id -> bit, in the profile's order */
  readonly #bits: ReadonlyMap<string, number>;
  #time = 0;
  #epoch: Epoch | null = null;
  #fix: { time: number; epoch: Epoch } | null = null;
  #hasFix = false;
  /** UTC of the receiver less the box's clock, ms: puts the times of points right */
  #offset = 0;
  #lastPoint: number | null = null;
  #odometerBase: number;
  #engineBase: number;
  #engineSince: number | null = null;
  #ignition: 0 | 1 | null = null;

  constructor(profile: TerminalProfile, carried: Carried = { odometer: 0, engineS: 0 }) {
    this.#profile = profile;
    const { motion, telemetry, bus } = profile;
    this.#bus = new BusState(bus.speed_sources, motion.bus_fresh_s.value * 1000);
    this.#motion = new Motion({
      movingMs: motion.moving_m_s.value,
      restAfterMs: motion.rest_after_s.value * 1000,
      differMs: motion.differ_m_s.value,
      differForMs: motion.differ_s.value * 1000,
    });
    this.#trips = new TripKeeper(motion.trip_end_s.value);
    this.#corners = new CornerDetector(telemetry.corner_deg_s.value, telemetry.corner_hold_s.value);
    this.#ignitionLine = profile.lines.find((line) => line.meaning === 'ignition')?.id;
    this.#bits = new Map(profile.lines.map((line, i) => [line.id, i]));
    this.#odometerBase = carried.odometer;
    this.#engineBase = carried.engineS;
  }

  /** Takes one reading; gives what it brought about, in order. Readings of an earlier time than the last count as now. */
  push(reading: Reading): Output[] {
    const time = Math.max(this.#time, reading.time);
    this.#time = time;
    const out: Output[] = [];
    const reasons: Why[] = [];
    if (reading.kind === 'fix') this.#takeEpoch(reading.epoch, time);
    else if (reading.kind === 'signal') this.#bus.offer(reading.name, reading.source, time, reading.value);
    else if (reading.kind === 'line' && this.#takeLine(reading.reading)) {
      out.push(this.#event('line', time, { line: { id: reading.reading.line, state: reading.reading.state } }));
      reasons.push('line');
    }
    // The bus speaks hundreds of times a second; only what changes the picture of the vehicle is judged at once.
    if (reading.kind === 'signal' && reading.name !== 'speed' && reading.name !== 'rpm') return out;
    this.#judge(time, reading.kind === 'fix' ? reading.epoch : null, out, reasons);
    return out;
  }

  #takeEpoch(epoch: Epoch, time: number): void {
    this.#epoch = epoch;
    if (!usable(epoch)) return;
    this.#fix = { time, epoch };
    if (epoch.time !== null) this.#offset = epoch.time - time;
  }

  /** Gives whether the line changed (its first reading is no change). */
  #takeLine(reading: LineReading): boolean {
    if (!this.#bits.has(reading.line)) return false;
    const before = this.#lines.get(reading.line);
    const changed = before !== undefined && before.state !== reading.state;
    this.#lines.set(reading.line, changed || !before ? reading : { ...reading, time: before.time });
    return changed && reading.pulses === undefined;
  }

  #judge(time: number, epoch: Epoch | null, out: Output[], reasons: Why[]): void {
    const rpm = this.#bus.value('rpm', time);
    const line = this.#ignitionLine === undefined ? undefined : this.#lines.get(this.#ignitionLine)?.state;
    this.#ignition = ignitionOf(line, rpm);
    this.#countEngine(time, rpm);
    const { moving, differs } = this.#motion;
    const speeds = { gnss: this.#gnssSpeed(time), bus: this.#bus.value('speed', time) };
    this.#motion.push(time, speeds);
    this.#fixChanges(time, out, reasons);
    if (this.#motion.moving !== moving) out.push(this.#event(moving ? 'rest' : 'moving', time));
    if (this.#motion.differs !== differs) {
      const both =
        speeds.gnss !== null && speeds.bus !== null ? { speeds: { gnss: speeds.gnss, bus: speeds.bus } } : {};
      out.push(this.#event(differs ? 'speed-agrees' : 'speed-differs', time, both));
    }
    this.#tripChanges(time, out, reasons);
    if (this.#turned(epoch)) reasons.push('corner');
    this.#points(time, epoch, out, reasons);
  }

  #fixChanges(time: number, out: Output[], reasons: Why[]): void {
    const has = this.#fresh(time) !== null;
    if (has === this.#hasFix) return;
    this.#hasFix = has;
    out.push(this.#event(has ? 'fix-found' : 'fix-lost', time));
    reasons.push('fix');
  }

  #tripChanges(time: number, out: Output[], reasons: Why[]): void {
    const change = this.#trips.push(time, this.#ignition, this.#motion.moving, this.#motion.distance);
    if (!change) return;
    if ('began' in change) {
      out.push(this.#event('trip-begin', time));
      reasons.push('trip-begin');
    } else {
      out.push({
        ...this.#event('trip-end', change.at),
        trip: Math.round(change.ended.since + this.#offset),
        distance: Math.round(this.#motion.distance - change.ended.from),
        duration: Math.round((change.at - change.ended.since) / 1000),
      });
      reasons.push('trip-end');
    }
  }

  #turned(epoch: Epoch | null): boolean {
    if (!epoch) return false;
    if (!this.#motion.moving || !usable(epoch) || epoch.track === null || epoch.time === null) {
      this.#corners.reset();
      return false;
    }
    return this.#corners.push(epoch.time, epoch.track);
  }

  /** Points: one for each reason at once, else one each interval; a fix that comes just then carries it. */
  #points(time: number, epoch: Epoch | null, out: Output[], reasons: Why[]): void {
    const { moving_s, rest_s } = this.#profile.telemetry;
    const interval = (this.#motion.moving ? moving_s.value : rest_s.value) * 1000;
    const last = this.#lastPoint;
    const late = last === null ? Number.POSITIVE_INFINITY : time - last - interval;
    // Between fixes a due point waits for the next one for as long as a fix counts as fresh.
    const waits = epoch === null && this.#fresh(time) !== null;
    const patience = waits ? this.#profile.motion.fix_fresh_s.value * 1000 : -EARLY_MS;
    if (reasons.length === 0 && late < patience) return;
    const due = reasons.length === 0 || late >= patience;
    for (const why of reasons.length > 0 ? reasons : (['interval'] as const)) {
      out.push({ kind: 'point', point: this.#point(time, why) });
    }
    if (due) this.#lastPoint = last === null || late > interval ? time : last + interval;
  }

  #point(time: number, why: Why): TelemetryPoint {
    const fix = this.#fresh(time);
    const epoch = fix?.epoch ?? null;
    const now = this.now(time);
    let lines = 0;
    for (const [id, bit] of this.#bits) if (this.#lines.get(id)?.state === 1) lines |= 1 << bit;
    return roundPoint({
      v: 1,
      kind: 'telemetry',
      at: Math.max(0, Math.round(time + this.#offset)),
      mode: Math.max(1, epoch?.mode ?? 1),
      lat: epoch?.lat ?? null,
      lon: epoch?.lon ?? null,
      alt: within(epoch?.alt, -1000, 20000),
      track: within(epoch?.track, 0, 360),
      hdop: within(epoch?.hdop, 0, 1000),
      satellites: epoch ? epoch.satellites.filter((s) => s.used).length : null,
      speed: within(now.speed, 0, 200),
      speed_source: { none: 0, gnss: 1, bus: 2 }[now.speedSource],
      speed_bus: within(now.speedBus, 0, 200),
      odometer: within(now.odometer, 0, 1e10),
      engine_s: within(now.engineS, 0, 1e10),
      rpm: within(now.rpm, 0, 20000),
      fuel: within(now.fuel, 0, 100),
      ignition: now.ignition,
      lines,
      flags: this.#flags(time),
      why: POINT_REASONS.indexOf(why),
    });
  }

  #flags(time: number): number {
    const flags = new Set<Flag>(this.#epoch?.flags ?? []);
    if (this.#motion.differs) flags.add('speed-differs');
    if (this.#fix && this.#fresh(time) === null) flags.add('stale-fix');
    let bits = 0;
    for (const flag of flags) bits |= 1 << FLAGS.indexOf(flag);
    return bits;
  }

  #fresh(time: number): { time: number; epoch: Epoch } | null {
    const fix = this.#fix;
    return fix && time - fix.time <= this.#profile.motion.fix_fresh_s.value * 1000 ? fix : null;
  }

  #gnssSpeed(time: number): number | null {
    return this.#fresh(time)?.epoch.speed ?? null;
  }

  /** Engine hours run on while the engine turns, from the bus's own count where it gives one. */
  #countEngine(time: number, rpm: number | null): void {
    const counted = this.#bus.value('engine_s', time);
    if (counted !== null) this.#engineBase = counted;
    const runs = counted === null && (rpm !== null ? rpm >= 300 : this.#ignition === 1);
    if (runs && this.#engineSince !== null) this.#engineBase += Math.min(time - this.#engineSince, 5000) / 1000;
    this.#engineSince = runs ? time : null;
  }

  #event(what: VehicleEvent['what'], time: number, more: Partial<VehicleEvent> = {}): VehicleEvent {
    const trip: Trip | null = this.#trips.trip;
    const at = Math.round(time + this.#offset);
    return { kind: 'event', what, at, trip: trip ? Math.round(trip.since + this.#offset) : null, ...more };
  }

  /** The vehicle as it is at this time (epoch ms of the box). */
  now(time: number): VehicleNow {
    const fix = this.#fresh(time);
    const trip = this.#trips.trip;
    const bus = this.#bus.value('fine_distance', time) ?? this.#bus.value('distance', time);
    return {
      time: Math.round(time + this.#offset),
      ignition: this.#ignition,
      moving: this.#motion.moving,
      trip: trip && { since: Math.round(trip.since + this.#offset), distance: this.#motion.distance - trip.from },
      speed: this.#motion.speed,
      speedSource: this.#motion.source,
      speedGnss: this.#gnssSpeed(time),
      speedBus: this.#bus.value('speed', time),
      differs: this.#motion.differs,
      lat: fix?.epoch.lat ?? null,
      lon: fix?.epoch.lon ?? null,
      track: fix?.epoch.track ?? null,
      mode: fix?.epoch.mode ?? this.#epoch?.mode ?? 0,
      fixAge: this.#fix ? time - this.#fix.time : null,
      odometer: bus ?? this.#odometerBase + this.#motion.distance,
      odometerSource: bus === null ? 'integrated' : 'bus',
      engineS: this.#engineBase,
      rpm: this.#bus.value('rpm', time),
      fuel: this.#bus.value('fuel', time),
      lines: Object.fromEntries(
        [...this.#lines].map(([id, { state, time: since, pulses }]) => [
          id,
          { state, since: Math.round(since + this.#offset), ...(pulses === undefined ? {} : { pulses }) },
        ]),
      ),
    };
  }
}

/** Whether a fix says where the vehicle is: not what the receiver repeats, and not what jumped. */
function usable(epoch: Epoch): boolean {
  const doubtful = epoch.flags?.some((flag) => flag === 'jump' || flag === 'repeat' || flag === 'time-back') ?? false;
  return epoch.mode >= 2 && epoch.lat !== null && epoch.lon !== null && !doubtful;
}

/** A value inside the contract's range, or null: a point is never lost for one bad value. */
function within(value: number | null | undefined, min: number, max: number): number | null {
  return value === null || value === undefined || !(value >= min && value <= max) ? null : value;
}
