// agent/main: joins a vehicle's drivers (receiver, bus, lines) to its judgement, and says how it is doing.
// In: bytes, frames, edges. Out: telemetry records, events, the page's state. Nothing is decided here.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pointText, type TelemetryPoint } from '../../contract/index.ts';
import { CanDecoder, type CanSource, SlcanSource, SocketCanSource } from '../../drivers/can/index.ts';
import { type Epoch, GnssDecoder } from '../../drivers/gnss/index.ts';
import { FakeBoard } from '../../drivers/gpio/fake-pin.ts';
import { openLines } from '../../drivers/gpio/lines.ts';
import { openOnoffPin } from '../../drivers/gpio/onoff-pin.ts';
import type { Lines } from '../../drivers/gpio/types.ts';
import { type ByteSource, openSerial } from '../../drivers/serial/index.ts';
import type { Box } from '../config/box.ts';
import { loadTerminal, type TerminalProfile } from '../config/terminal.ts';
import type { SourceState, TrailPoint, VehicleState } from '../console/api.ts';
import type { Clock } from '../health/clock.ts';
import { SteadyTime } from '../health/steady.ts';
import type { Outbox } from '../outbox/index.ts';
import { concerns, type Output, type Reading, signalReadings, Vehicle, type VehicleEvent } from '../vehicle/index.ts';
import { type Carried, CarriedFile } from './carried.ts';
import { SourceWatch } from './source-watch.ts';
import { vehicleState } from './vehicle-state.ts';

export interface RunningVehicleOptions {
  readonly role: NonNullable<Box['vehicle']>;
  readonly data: string;
  readonly clock: Clock;
  /** a fix said what time it is: UTC epoch ms */
  readonly onTime: (utc: number) => void;
  readonly outbox: Outbox;
  readonly onState: (state: VehicleState) => void;
  readonly onEvent: (event: VehicleEvent) => void;
  readonly onPoint: (point: TelemetryPoint) => void;
  readonly onFault: (error: unknown) => void;
}

const TICK_MS = 1000;
/** Points of the trail that the page may ask for: at one a second, about five hours. */
const MAX_TRAIL = 18_000;
const SAVE_EVERY_MS = 60_000;

/** Opens the vehicle role. @throws KerbError for a profile or map that is not right; missing hardware is only shown */
export async function openVehicle(options: RunningVehicleOptions): Promise<RunningVehicle> {
  const { role, data } = options;
  const profile = await loadTerminal(role.profile);
  const map = role.map ? (JSON.parse(await readFile(role.map, 'utf8')) as object) : null;
  const carried = new CarriedFile(join(data, 'vehicle.json'));
  const vehicle = new RunningVehicle(options, profile, map, carried);
  await vehicle.start();
  return vehicle;
}

export class RunningVehicle {
  readonly #options: RunningVehicleOptions;
  readonly #profile: TerminalProfile;
  readonly #carried: CarriedFile;
  readonly #vehicle: Vehicle;
  readonly #decoder = new GnssDecoder();
  readonly #receiver: SourceWatch;
  readonly #bus: SourceWatch;
  readonly #board = new FakeBoard();
  readonly #trail: TrailPoint[] = [];
  /** of all readings: a clock that is set while driving makes no gap in them */
  readonly #time: SteadyTime;
  readonly map: object | null;
  #epoch: Epoch | null = null;
  #serial: ByteSource | null = null;
  #can: CanSource | null = null;
  #lines: Lines | null = null;
  #timers: NodeJS.Timeout[] = [];
  #frames = 0;
  #framesPerS = 0;

  constructor(options: RunningVehicleOptions, profile: TerminalProfile, map: object | null, carried: CarriedFile) {
    this.#options = options;
    this.#profile = profile;
    this.#carried = carried;
    this.map = map;
    this.#vehicle = new Vehicle(profile, carried.read());
    const { clock, role } = options;
    this.#time = new SteadyTime(clock);
    const changed = () => this.#tell();
    this.#receiver = new SourceWatch(role.gnss !== undefined, this.#time.now, changed);
    this.#bus = new SourceWatch(role.can !== undefined, this.#time.now, changed);
  }

  /** the name of the rules in force */
  get profile(): string {
    return this.#profile.profile;
  }

  async start(): Promise<void> {
    const { role, onFault } = this.#options;
    const { now } = this.#time;
    if (role.gnss) {
      this.#serial = openSerial({ path: role.gnss.port, baud: role.gnss.baud, now });
      this.#serial.open({
        ready: () => {},
        bytes: (bytes, time) => this.#onBytes(bytes, time),
        lost: ({ message }) => this.#receiver.lost(message),
      });
    }
    if (role.can) {
      const { slcan, baud, bit_rate } = role.can;
      const port = slcan === undefined ? null : openSerial({ path: slcan, baud, now });
      this.#can = port ? new SlcanSource(port, { bitRate: bit_rate }) : new SocketCanSource(role.can.interface!);
      const decoder = new CanDecoder((message) => {
        for (const reading of signalReadings(message)) this.#push(reading);
      });
      this.#can.start({
        frame: (frame) => {
          this.#frames += 1;
          this.#bus.heard();
          // what the state does not use is not decoded: a full bus costs little
          if (concerns(frame)) decoder.push(frame);
        },
        lost: ({ message }) => this.#bus.lost(message),
        back: () => {},
        ended: () => {},
      });
    }
    const open = role.lines === 'fake' ? this.#board.open : openOnoffPin;
    this.#lines = await openLines(this.#profile.lines, open, now, (reading) =>
      this.#push({ kind: 'line', time: reading.time, reading }),
    );
    for (const { reason } of this.#lines.failed) onFault(new Error(reason));
    this.#timers = [
      setInterval(() => this.#tick(), TICK_MS),
      setInterval(() => void this.#save().catch(onFault), SAVE_EVERY_MS),
    ];
  }

  #onBytes(bytes: Uint8Array, time: number): void {
    const { clock, onTime } = this.#options;
    const trusted = clock.quality() !== 'unknown';
    for (const epoch of this.#decoder.push({ bytes, wall: trusted ? this.#time.told(time) : null })) {
      if (epoch.time !== null && epoch.mode >= 2 && !epoch.flags?.length) onTime(epoch.time);
      this.#epoch = epoch;
      this.#receiver.heard();
      this.#push({ kind: 'fix', time, epoch });
    }
  }

  #tick(): void {
    this.#framesPerS = this.#frames;
    this.#frames = 0;
    this.#receiver.check();
    this.#bus.check();
    this.#push({ kind: 'tick', time: this.#time.now() });
    this.#tell();
  }

  #push(reading: Reading): void {
    for (const output of this.#vehicle.push(reading)) this.#take(output);
  }

  #take(output: Output): void {
    const { outbox, onEvent, onPoint, onFault } = this.#options;
    if (output.kind === 'event') {
      onEvent({ ...output, at: this.#time.told(output.at) });
      return;
    }
    const point = { ...output.point, at: this.#time.told(output.point.at) };
    if (point.lat !== null && point.lon !== null) {
      this.#trail.push([point.at, point.lon, point.lat, point.speed]);
      if (this.#trail.length > MAX_TRAIL) this.#trail.splice(0, MAX_TRAIL / 10);
    }
    onPoint(point);
    outbox.append('telemetry', { kind: 'telemetry', text: pointText(point), stringified: true }).catch(onFault);
  }

  #tell(): void {
    this.#options.onState(this.state());
  }

  /** The trail, oldest first, newer than `since` (epoch ms) where given. */
  trail(since: number | null): TrailPoint[] {
    return since === null ? [...this.#trail] : this.#trail.filter(([time]) => time > since);
  }

  /** Where the vehicle is, degrees WGS-84, or null. */
  position(): { lat: number; lon: number } | null {
    const { lat, lon } = this.#vehicle.now(this.#time.now());
    return lat === null || lon === null ? null : { lat, lon };
  }

  /** Whether lines can be switched by hand. */
  get switchable(): boolean {
    return this.#options.role.lines === 'fake';
  }

  /** Switches a fake line; false: there is no such line, or the lines are real. */
  setLine(id: string, state: 0 | 1): boolean {
    const moved = this.switchable && this.#board.set(id, state);
    if (moved) this.#tell();
    return moved;
  }

  state(): VehicleState {
    const sources: { receiver: SourceState; bus: SourceState & { frames_per_s: number } } = {
      receiver: this.#told(this.#receiver.state()),
      bus: { ...this.#told(this.#bus.state()), frames_per_s: this.#framesPerS },
    };
    const running = this.#vehicle.now(this.#time.now());
    const now = { ...running, time: this.#time.told(running.time) };
    const failed = new Map(this.#lines?.failed.map(({ line, reason }) => [line, reason]));
    return vehicleState(this.#profile, now, this.#epoch, sources, failed, this.switchable);
  }

  #told(state: SourceState): SourceState {
    return { ...state, since: this.#time.told(state.since) };
  }

  async #save(): Promise<void> {
    const now = this.#vehicle.now(this.#time.now());
    const carried: Carried = { odometer: now.odometer ?? 0, engineS: now.engineS ?? 0 };
    await this.#carried.write(carried);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#lines?.close();
    await Promise.all([this.#serial?.close(), this.#can?.stop()]);
    await this.#save().catch(this.#options.onFault);
  }
}
