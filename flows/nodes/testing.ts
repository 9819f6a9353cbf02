// flows/nodes: what its tests share.
import { pointText, roundPoint, type TelemetryPoint } from '../../contract/index.ts';

/** The text of one telemetry point at 8.33 m/s. */
export function pointTextOf(more: Partial<TelemetryPoint> = {}): string {
  const place = { mode: 3, lat: 33.8446, lon: 115.7786, alt: 37.2, track: 90, hdop: 0.8, satellites: 17 };
  const motion = { speed: 8.33, speed_source: 1, speed_bus: null, odometer: 1000, engine_s: 60, rpm: 900.125 };
  const rest = { fuel: 55.5, ignition: 1, lines: 5, flags: 0, why: 0 };
  return pointText(roundPoint({ v: 1, kind: 'telemetry', at: 1000, ...place, ...motion, ...rest, ...more }));
}
