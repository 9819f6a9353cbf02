// bench: what all senders send: records of 200 bytes of JSON, or the telemetry points of a drive. The same n gives the
// same text.
import { pointText, roundPoint } from '../../contract/index.ts';

export const RECORD_BYTES = 200;
export type Load = 'records' | 'points';

/** The nth text, JSON on one line. */
export function textOf(load: Load, n: number): string {
  return load === 'points' ? pointOf(n) : recordText(n);
}

function recordText(n: number): string {
  const head = `{"n":${n},"pad":"`;
  return `${head}${'x'.repeat(RECORD_BYTES - head.length - 2)}"}`;
}

/** A noise without state, in [-1, 1). */
function noise(n: number, of: number): number {
  const x = Math.sin(n * 12.9898 + of * 78.233) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

/** A sweeper that goes round its blocks at 10 to 30 km/h, a point a second, as a receiver and a bus tell it. */
function pointOf(n: number): string {
  const angle = n / 180;
  const speed = 5.5 + 2.5 * Math.sin(n / 40) + 0.1 * noise(n, 1);
  const at = Date.UTC(2026, 10, 28) + n * 1000;
  const place = {
    mode: 3,
    lat: 33.8446 + 0.01 * Math.sin(angle) + 2e-6 * noise(n, 2),
    lon: 115.7786 + 0.012 * Math.cos(angle) + 2e-6 * noise(n, 3),
    alt: 37 + 0.5 * noise(n, 4),
    track: (((angle * 180) / Math.PI) % 360) + noise(n, 5) / 2 + 1,
    hdop: 0.8 + (n % 50 === 0 ? 0.1 : 0),
    satellites: 17 + Math.round(noise(n, 6)),
  };
  const motion = { speed, speed_source: 1, speed_bus: speed + 0.05 * noise(n, 7), odometer: 1e6 + 5.5 * n };
  const engine = { engine_s: 36_000 + n, rpm: 900 + 200 * Math.sin(n / 40), fuel: 60 - n / 2000 };
  const rest = { ignition: 1, lines: 5, flags: 0, why: 0 };
  return pointText(roundPoint({ v: 1, kind: 'telemetry', at, ...place, ...motion, ...engine, ...rest }));
}
