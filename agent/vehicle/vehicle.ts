// agent/vehicle: readings of GNSS, bus and lines -> the vehicle's state, its events and its telemetry points.
// A pure function of readings and profile (law 1): the same recording gives the same bytes, at any speed. Never: a throw
// for what a reading says, or state that grows with time.
import type { Epoch } from '../../drivers/gnss/types.ts';
import type { LineReading } from '../../drivers/gpio/types.ts';
import type { TerminalProfile } from '../config/terminal.ts';
import { BusState } from './bus.ts';
import { VehicleClock } from './clock.ts';
import { Motion } from './motion.ts';
import { Pace } from './pace.ts';
import { pointOf, type Why } from './point.ts';
import { Position } from './position.ts';
import { SteppedCount } from './stepped.ts';
import { ignitionOf, RUNNING_RPM, type Trip, TripKeeper } from './trip.ts';
import { CornerDetector } from './turn.ts';
import type { BusSignal, Output, Reading, VehicleEvent, VehicleNow } from './types.ts';

/** Steps in which the bus tells its counts: metres, seconds (SPN 917, 245, 247). */
const STEP = { fine_distance: 5, distance: 125, engine_s: 180 } as const;
/** Engine speed comes up to a hundred times a second, and some signals change nothing; they are judged so often, ms. */
const JUDGE_EVERY_MS = 500;
const SELDOM: ReadonlySet<BusSignal> = new Set(['rpm', 'fuel', 'coolant']);
/** An engine that nobody spoke of for longer did not run, ms. */
const LONGEST_ENGINE_GAP_MS = 5000;
/** A line that flutters makes events, and at most so many points a second. */
const LINE_POINTS_PER_S = 10;
const NOTHING: readonly Output[] = Object.freeze([]);

/** What the odometer (m) and the engine's hours (s) stood at when this box last knew. */
export interface Carried {
  readonly odometer: number;
  readonly engineS: number;
}

interface LineState {
  readonly state: 0 | 1;
  /** running time of its last change */
  readonly since: number;
  readonly pulses?: number | undefined;
}

export class Vehicle {
  readonly #profile: TerminalProfile;
  readonly #clock = new VehicleClock();
  readonly #bus: BusState;
  readonly #position: Position;
  readonly #motion: Motion;
  readonly #trips: TripKeeper;
  readonly #corners: CornerDetector;
  readonly #pace = new Pace();
  readonly #odometer: SteppedCount;
  readonly #engine: SteppedCount;
  readonly #lines = new Map<string, LineState>();
  readonly #ignitionLine: string | undefined;
  /** line id -> bit, in the profile's order */
  readonly #bits: ReadonlyMap<string, number>;
  #judged = Number.NEGATIVE_INFINITY;
  #engineRan: number | null = null;
  #engineCount = 0;
  #ignition: 0 | 1 | null = null;
  /** UTC of the open trip's beginning as its events tell it: the trip's name, whatever the clock learns later */
  #tripName: number | null = null;
  #linePoints = { second: 0, count: 0 };
  #lastAt = 0;

  constructor(profile: TerminalProfile, carried: Carried = { odometer: 0, engineS: 0 }) {
    this.#profile = profile;
    const { motion, telemetry, bus } = profile;
    this.#bus = new BusState(bus.speed_sources, motion.bus_fresh_s.value * 1000);
    this.#position = new Position(motion.fix_fresh_s.value * 1000);
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
    this.#odometer = new SteppedCount(carried.odometer);
    this.#engine = new SteppedCount(carried.engineS);
  }

  /** Takes one reading; gives what it brought about, in order. */
  push(reading: Reading): readonly Output[] {
    const time = reading.kind === 'line' ? this.#clock.late(reading.time) : this.#clock.at(reading.time);
    const reasons: Why[] = [];
    const out: Output[] = [];
    if (reading.kind === 'signal') {
      this.#bus.offer(reading.name, reading.source, time, reading.value);
      this.#tellCount(reading.name, time);
      if (SELDOM.has(reading.name) && time - this.#judged < JUDGE_EVERY_MS) return NOTHING;
    } else if (reading.kind === 'line') {
      if (this.#takeLine(reading.reading, out) && this.#linePointAllowed(time)) reasons.push('line');
    } else if (reading.kind === 'fix') {
      const good = this.#position.push(time, reading.epoch);
      if (good && reading.epoch.time !== null) this.#clock.sync(reading.epoch.time);
    }
    this.#judge(time, reading.kind === 'fix' ? reading.epoch : null, out, reasons);
    return out.length === 0 ? NOTHING : out;
  }

  /** Gives whether the line changed (its first reading is no change, and pulses are counted, not told). */
  #takeLine(reading: LineReading, out: Output[]): boolean {
    if (!this.#bits.has(reading.line)) return false;
    const before = this.#lines.get(reading.line);
    const changed = before !== undefined && before.state !== reading.state;
    // the level changed when its edge came, a little before it was believed
    const since = before && !changed ? before.since : this.#clock.running(reading.time);
    this.#lines.set(reading.line, { state: reading.state, since, pulses: reading.pulses });
    if (!changed || reading.pulses !== undefined) return false;
    out.push(this.#event('line', since, { line: { id: reading.line, state: reading.state } }));
    return true;
  }

  #linePointAllowed(time: number): boolean {
    const second = Math.floor(time / 1000);
    if (this.#linePoints.second !== second) this.#linePoints = { second, count: 0 };
    this.#linePoints.count += 1;
    return this.#linePoints.count <= LINE_POINTS_PER_S;
  }

  #judge(time: number, epoch: Epoch | null, out: Output[], reasons: Why[]): void {
    this.#judged = time;
    const rpm = this.#bus.value('rpm', time);
    const line = this.#ignitionLine === undefined ? undefined : this.#lines.get(this.#ignitionLine)?.state;
    this.#ignition = ignitionOf(line, rpm);
    this.#move(time, out);
    this.#count(time, rpm);
    const fix = this.#position.change(time);
    if (fix) {
      out.push(this.#event(`fix-${fix}`, time));
      reasons.push('fix');
    }
    this.#tripChanges(time, out, reasons);
    if (epoch && this.#turned(time, epoch)) reasons.push('corner');
    this.#points(time, epoch, out, reasons);
  }

  #move(time: number, out: Output[]): void {
    const { moving, differs } = this.#motion;
    const gnss = this.#gnssSpeed(time);
    const bus = this.#bus.value('speed', time);
    this.#motion.push(time, { gnss, bus });
    if (this.#motion.moving !== moving) out.push(this.#event(moving ? 'rest' : 'moving', time));
    if (this.#motion.differs === differs) return;
    const both = gnss !== null && bus !== null ? { speeds: { gnss, bus } } : {};
    out.push(this.#event(differs ? 'speed-agrees' : 'speed-differs', time, both));
  }

  /** Odometer and engine hours: the bus's own counts where it gives them, made fine by what is counted here. */
  #count(time: number, rpm: number | null): void {
    this.#odometer.grow(this.#motion.distance);
    if (this.#busDistance(time) === null) this.#odometer.silent();
    const runs = rpm !== null ? rpm >= RUNNING_RPM : this.#ignition === 1;
    if (runs && this.#engineRan !== null) {
      this.#engineCount += Math.min(time - this.#engineRan, LONGEST_ENGINE_GAP_MS) / 1000;
    }
    this.#engineRan = runs ? time : null;
    this.#engine.grow(this.#engineCount);
    if (this.#bus.value('engine_s', time) === null) this.#engine.silent();
  }

  /** The bus told one of its own counts; of two distances the finer counts. */
  #tellCount(name: BusSignal, time: number): void {
    if (name !== 'distance' && name !== 'fine_distance' && name !== 'engine_s') return;
    if (name === 'distance' && this.#bus.value('fine_distance', time) !== null) return;
    const value = this.#bus.value(name, time);
    if (value !== null) (name === 'engine_s' ? this.#engine : this.#odometer).tell(value, STEP[name]);
  }

  #busDistance(time: number): number | null {
    return this.#bus.value('fine_distance', time) ?? this.#bus.value('distance', time);
  }

  #tripChanges(time: number, out: Output[], reasons: Why[]): void {
    const change = this.#trips.push(time, this.#ignition, this.#motion.moving, this.#motion.distance);
    if (!change) return;
    if ('began' in change) {
      this.#tripName = this.#clock.utc(change.began.since);
      out.push(this.#event('trip-begin', change.began.since));
      reasons.push('trip-begin');
      return;
    }
    const { ended, at } = change;
    const distance = Math.round(this.#motion.distance - ended.from);
    const duration = Math.round((at - ended.since) / 1000);
    out.push(this.#event('trip-end', at, { distance, duration }));
    this.#tripName = null;
    reasons.push('trip-end');
  }

  #turned(time: number, epoch: Epoch): boolean {
    if (!this.#motion.moving || epoch.track === null || this.#position.age(time) !== 0) {
      this.#corners.reset();
      return false;
    }
    return this.#corners.push(epoch.time ?? time, epoch.track);
  }

  /** Points: one for each reason at once, else one each interval; a fix that comes just then carries it. */
  #points(time: number, epoch: Epoch | null, out: Output[], reasons: Why[]): void {
    const { moving_s, rest_s } = this.#profile.telemetry;
    const interval = (this.#motion.moving ? moving_s.value : rest_s.value) * 1000;
    const utc = this.#clock.utc(time);
    // Between epochs a due point waits for the next one, for as long as the receiver speaks.
    const due = epoch
      ? this.#pace.epoch(utc, interval)
      : !this.#position.speaks(time) && this.#pace.idle(utc, interval);
    if (due && reasons.length === 0) reasons.push('interval');
    for (const why of reasons) out.push({ kind: 'point', point: this.#point(time, utc, why) });
  }

  #point(time: number, utc: number, why: Why) {
    // A line's point between two fixes may have been told a little late; times of points do not go back for that.
    const at = utc < this.#lastAt && this.#lastAt - utc <= 1000 ? this.#lastAt : utc;
    this.#lastAt = at;
    let lines = 0;
    for (const [id, bit] of this.#bits) if (this.#lines.get(id)?.state === 1) lines |= 1 << bit;
    const flags = this.#position.doubts(time);
    if (this.#motion.differs) flags.push('speed-differs');
    return pointOf(this.#now(time), at, why, lines, flags);
  }

  /** The receiver's speed, of its newest epoch only: a speed from before a tunnel is none. */
  #gnssSpeed(time: number): number | null {
    const epoch = this.#position.epoch(time);
    return epoch !== null && epoch === this.#position.fix(time) ? epoch.speed : null;
  }

  #event(what: VehicleEvent['what'], time: number, more: Partial<VehicleEvent> = {}): VehicleEvent {
    return { kind: 'event', what, at: this.#clock.utc(time), trip: this.#tripName, ...more };
  }

  /** The vehicle as it is at this time (epoch ms of the box, as readings have it). Asking changes nothing. */
  now(time: number): VehicleNow {
    return this.#now(this.#clock.peek(time));
  }

  #now(time: number): VehicleNow {
    const fix = this.#position.fix(time);
    const trip: Trip | null = this.#trips.trip;
    const used = fix && fix.satellites.length > 0 ? fix.satellites.filter((satellite) => satellite.used).length : null;
    return {
      time: this.#clock.utc(time),
      ignition: this.#ignition,
      moving: this.#motion.moving,
      trip: trip && { since: this.#clock.utc(trip.since), distance: this.#motion.distance - trip.from },
      speed: this.#motion.speed,
      speedSource: this.#motion.source,
      speedGnss: this.#gnssSpeed(time),
      speedBus: this.#bus.value('speed', time),
      differs: this.#motion.differs,
      lat: fix?.lat ?? null,
      lon: fix?.lon ?? null,
      alt: fix?.alt ?? null,
      track: fix?.track ?? null,
      mode: fix?.mode ?? Math.min(1, this.#position.epoch(time)?.mode ?? 0),
      hdop: fix?.hdop ?? null,
      satellites: used,
      fixAge: this.#position.age(time),
      odometer: this.#odometer.value,
      odometerSource: this.#busDistance(time) === null ? 'integrated' : 'bus',
      engineS: this.#engine.value,
      engineSource: this.#bus.value('engine_s', time) === null ? 'counted' : 'bus',
      rpm: this.#bus.value('rpm', time),
      fuel: this.#bus.value('fuel', time),
      coolant: this.#bus.value('coolant', time),
      lines: Object.fromEntries(
        [...this.#lines].map(([id, { state, since, pulses }]) => [
          id,
          { state, since: this.#clock.utc(since), ...(pulses === undefined ? {} : { pulses }) },
        ]),
      ),
    };
  }
}
