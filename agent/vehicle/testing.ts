// agent/vehicle: readings and a profile for tests. Not used by the product.

import type { Epoch } from '../../drivers/gnss/index.ts';
import { parseYaml } from '../config/load.ts';
import { type TerminalProfile, terminalSchema } from '../config/terminal.ts';
import type { BusSignal, Output, PointOutput, Reading, VehicleEvent } from './types.ts';
import type { Vehicle } from './vehicle.ts';

/** A plain time to begin at, epoch ms. */
export const T0 = Date.UTC(2026, 2, 2, 0, 30);

const SOURCE = 'test';
const cited = (value: number) => ({ value, source: SOURCE });

/** A profile whose numbers a test may rely on. */
export function profile(change: { lines?: unknown[]; sources?: number[] } = {}): TerminalProfile {
  const value = {
    version: 1,
    profile: 'test',
    vehicle: 'sweeper',
    telemetry: { moving_s: cited(1), rest_s: cited(30), corner_deg_s: cited(15), corner_hold_s: cited(3) },
    motion: {
      moving_m_s: cited(0.8),
      rest_after_s: cited(5),
      differ_m_s: cited(3),
      differ_s: cited(5),
      fix_fresh_s: cited(3),
      bus_fresh_s: cited(2),
      trip_end_s: cited(60),
    },
    bus: { speed_sources: change.sources ?? [0, 11] },
    lines: change.lines ?? [line('ignition', 'ignition', 17), line('brush', 'brush', 27)],
  };
  return parseYaml(JSON.stringify(value), terminalSchema, 'test', 'terminal profile');
}

export function line(id: string, meaning: string, gpio: number, more: object = {}) {
  return { id, name: { zh: id, en: id }, meaning, gpio, ...more };
}

/** A good epoch driving north; `s` seconds after T0 on the receiver's own clock. */
export function epoch(s: number, change: Partial<Epoch> = {}): Epoch {
  return {
    time: Math.round(T0 + s * 1000),
    mode: 3,
    lat: 33.84 + s * 1e-5,
    lon: 115.78,
    alt: 40,
    speed: 0,
    track: null,
    hdop: 0.8,
    satellites: [],
    arrived: null,
    ...change,
  };
}

/** An epoch without a fix. */
export function blind(s: number): Epoch {
  return epoch(s, { mode: 1, lat: null, lon: null, alt: null, speed: null, track: null, hdop: 99.9 });
}

/** A fix that arrives `late` ms after its instant; `wrong`: ms by which the box's clock is ahead. */
export function fix(s: number, change: Partial<Epoch> = {}, { late = 0, wrong = 0 } = {}): Reading {
  return { kind: 'fix', time: T0 + s * 1000 + late + wrong, epoch: epoch(s, change) };
}

export function lost(s: number): Reading {
  return { kind: 'fix', time: T0 + s * 1000, epoch: blind(s) };
}

export function signal(s: number, name: BusSignal, value: number | null, source = 0): Reading {
  return { kind: 'signal', time: T0 + s * 1000, name, source, value };
}

export function edge(s: number, id: string, state: 0 | 1): Reading {
  const time = T0 + s * 1000;
  return { kind: 'line', time, reading: { time, line: id, state } };
}

export function tick(s: number): Reading {
  return { kind: 'tick', time: T0 + s * 1000 };
}

/** Readings once every `step` seconds, from and to inclusive. */
export function every(step: number, from: number, to: number, make: (s: number) => Reading): Reading[] {
  return Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => make(from + i * step));
}

/** All outputs of these readings, taken in the order of their times. */
export function drive(vehicle: Vehicle, ...groups: (Reading | readonly Reading[])[]): Output[] {
  const readings = groups.flat().sort((a, b) => a.time - b.time);
  return readings.flatMap((reading) => vehicle.push(reading));
}

export function events(outputs: readonly Output[]): VehicleEvent[] {
  return outputs.filter((output) => output.kind === 'event');
}

export function points(outputs: readonly Output[]): PointOutput['point'][] {
  return outputs.filter((output) => output.kind === 'point').map((output) => output.point);
}

/** `what` and seconds after T0 of every event. */
export function told(outputs: readonly Output[]): string[] {
  return events(outputs).map(({ what, at }) => `${what} ${(at - T0) / 1000}`);
}
