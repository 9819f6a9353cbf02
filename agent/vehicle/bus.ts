// agent/vehicle: what the bus means to a vehicle's state. In: frames to choose from, decoded J1939 messages. Out: signal
// readings in SI. Never: work for the many frames that mean nothing here (a full bus has 1,800 a second).
import { type CanFrame, type CanMessage, J1939_GROUPS, pgnOf, SourceRanker } from '../../drivers/can/index.ts';
import type { BusSignal, Reading } from './types.ts';

/** Groups of the built-in J1939 table (docs/j1939.md), and which of their signals is which of ours. */
export const SIGNALS: ReadonlyMap<string, readonly [name: string, signal: BusSignal]> = new Map([
  ['EEC1', ['EngineSpeed', 'rpm']],
  ['CCVS1', ['WheelBasedVehicleSpeed', 'speed']],
  ['TCO1', ['TachographVehicleSpeed', 'speed']],
  ['VD', ['TotalVehicleDistance', 'distance']],
  ['VDHR', ['HighResolutionTotalVehicleDistance', 'fine_distance']],
  ['HOURS', ['EngineTotalHoursOfOperation', 'engine_s']],
  ['DD1', ['FuelLevel1', 'fuel']],
  ['ET1', ['EngineCoolantTemperature', 'coolant']],
]);

const PGN_WANTED = new Uint8Array(1 << 18);
for (const group of J1939_GROUPS) if (SIGNALS.has(group.name)) PGN_WANTED[group.pgn] = 1;

/** Whether a J1939 group (its PGN) holds a signal of ours. */
export function meaningful(pgn: number): boolean {
  return PGN_WANTED[pgn] === 1;
}

/** Whether a frame holds a signal of ours: only such frames are worth decoding for the vehicle's state. */
export function concerns(frame: CanFrame): boolean {
  return frame.extended && meaningful(pgnOf(frame.id));
}

/** The readings that a message holds; none for a message without meaning here. */
export function signalReadings(message: CanMessage): Reading[] {
  const wanted = SIGNALS.get(message.name);
  const value = wanted && message.signals[wanted[0]];
  if (value === undefined) return [];
  return [{ kind: 'signal', time: message.time, name: wanted![1], source: message.source ?? 254, value }];
}

/** How long a slow value stays good, ms: hours, distance and fuel come once a second or less, or only on request. */
const SLOW_FRESH_MS = 120_000;

/** The newest trusted value of every signal of the bus. */
export class BusState {
  readonly #rankers: Readonly<Record<BusSignal, SourceRanker>>;

  /** @param order addresses whose speed counts, most trusted first; @param freshMs age up to which fast values count */
  constructor(order: readonly number[], freshMs: number) {
    const fast = () => new SourceRanker({ order, freshMs });
    const slow = () => new SourceRanker({ order, freshMs: SLOW_FRESH_MS });
    this.#rankers = {
      speed: fast(),
      rpm: fast(),
      distance: slow(),
      fine_distance: slow(),
      engine_s: slow(),
      fuel: slow(),
      coolant: slow(),
    };
  }

  offer(name: BusSignal, source: number, time: number, value: number | null): void {
    this.#rankers[name].offer(source, time, value);
  }

  /** The value that counts at this time, or null. */
  value(name: BusSignal, time: number): number | null {
    return this.#rankers[name].best(time)?.value ?? null;
  }
}
