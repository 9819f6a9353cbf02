// agent/vehicle: the vehicle's state as a telemetry point of the contract. Pure.
import { FLAGS, POINT_REASONS, roundPoint, type TelemetryPoint } from '../../contract/index.ts';
import type { PointFlag } from './position.ts';
import type { VehicleNow } from './types.ts';

export type Why = (typeof POINT_REASONS)[number];

/** @param at UTC epoch ms; @param lines bit n: state of the profile's line n */
export function pointOf(
  now: VehicleNow,
  at: number,
  why: Why,
  lines: number,
  flags: readonly PointFlag[],
): TelemetryPoint {
  let bits = 0;
  for (const flag of flags) bits |= 1 << FLAGS.indexOf(flag);
  return roundPoint({
    v: 1,
    kind: 'telemetry',
    at,
    mode: now.lat === null ? 1 : now.mode,
    lat: now.lat,
    lon: now.lon,
    alt: within(now.alt, -1000, 20000),
    track: within(now.track, 0, 360),
    hdop: within(now.hdop, 0, 1000),
    satellites: within(now.satellites, 0, 255),
    speed: within(now.speed, 0, 200),
    speed_source: { none: 0, gnss: 1, bus: 2 }[now.speedSource],
    speed_bus: within(now.speedBus, 0, 200),
    odometer: within(now.odometer, 0, 1e10),
    engine_s: within(now.engineS, 0, 1e10),
    rpm: within(now.rpm, 0, 20000),
    fuel: within(now.fuel, 0, 100),
    ignition: now.ignition,
    lines,
    flags: bits,
    why: POINT_REASONS.indexOf(why),
  });
}

/** A value inside the contract's range, or null: a point is never lost for one bad value. */
function within(value: number | null, min: number, max: number): number | null {
  return value === null || !(value >= min && value <= max) ? null : value;
}
