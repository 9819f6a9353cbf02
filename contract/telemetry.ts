// A vehicle's telemetry point: its schema, its one JSON text, and the columns in which many of them are packed
// (telemetry-batch.ts). Every value stands on its column's step, so that packing loses nothing. Pure.
import { z } from 'zod';

/** Why a point was made. The order is the wire's. */
export const POINT_REASONS = ['interval', 'corner', 'line', 'trip-begin', 'trip-end', 'fix'] as const;

/** Doubts about a point, one bit each, in the wire's order. */
export const FLAGS = ['frozen', 'jump', 'repeat', 'time-back', 'speed-differs', 'dead-reckoned', 'stale-fix'] as const;

const value = (min: number, max: number) => z.number().min(min).max(max).nullable();
const count = (max: number) => z.number().int().min(0).max(max).nullable();

/** One telemetry point. Null: not known. Values are rounded to the column's step, so that packing loses nothing. */
export const pointSchema = z.object({
  v: z.literal(1),
  kind: z.literal('telemetry'),
  /** UTC epoch ms */
  at: z.number().int().min(0).max(8.64e15),
  /** 1 no fix, 2 two-dimensional, 3 three-dimensional, 4 dead reckoning */
  mode: z.number().int().min(1).max(4),
  /** degrees, WGS-84 */
  lat: value(-90, 90),
  lon: value(-180, 180),
  /** metres above mean sea level */
  alt: value(-1000, 20000),
  /** degrees from true north */
  track: value(0, 360),
  hdop: value(0, 1000),
  satellites: count(255),
  /** m/s, the best of the sources, and which that is: 0 none, 1 GNSS, 2 bus */
  speed: value(0, 200),
  speed_source: z.number().int().min(0).max(2),
  /** m/s, as the bus says */
  speed_bus: value(0, 200),
  /** metres */
  odometer: value(0, 1e10),
  /** seconds of engine running */
  engine_s: value(0, 1e10),
  /** engine speed, 1/min */
  rpm: value(0, 20000),
  /** per cent */
  fuel: value(0, 100),
  ignition: count(1),
  /** bit n: state of line n */
  lines: z.number().int().min(0).max(0xffff),
  /** bits of FLAGS */
  flags: z.number().int().min(0).max(0xffff),
  /** index of POINT_REASONS */
  why: z.number().int().min(0).max(255),
});
export type TelemetryPoint = z.infer<typeof pointSchema>;

/** Name, field number and step of each column of a point; the order is that of the JSON text. */
export const COLUMNS = [
  ['at', 16, 1],
  ['mode', 17, 1],
  ['lat', 18, 1e-7],
  ['lon', 19, 1e-7],
  ['alt', 20, 0.1],
  ['track', 21, 0.1],
  ['hdop', 22, 0.1],
  ['satellites', 23, 1],
  ['speed', 24, 0.01],
  ['speed_source', 25, 1],
  ['speed_bus', 26, 0.01],
  ['odometer', 27, 1],
  ['engine_s', 28, 1],
  ['rpm', 29, 0.125],
  ['fuel', 30, 0.1],
  ['ignition', 31, 1],
  ['lines', 32, 1],
  ['flags', 33, 1],
  ['why', 34, 1],
] as const;

export type ColumnName = (typeof COLUMNS)[number][0];

/** How many of a column's steps a value is. Decimal steps are divided by their inverse: 1e-7 itself is not exact. */
export function steps(value: number, step: number): number {
  return Math.round(step < 1 ? value * Math.round(1 / step) : value / step) + 0; // no negative zero
}

/** The value that so many steps are. */
export function unsteps(count: number, step: number): number {
  return step < 1 ? count / Math.round(1 / step) : count * step;
}

/** The point with every value rounded to what the wire carries: do this before it is stored. */
export function roundPoint(point: TelemetryPoint): TelemetryPoint {
  const out = { ...point };
  for (const [name, , step] of COLUMNS) {
    const value = point[name];
    if (value !== null) (out as Record<ColumnName, number | null>)[name] = unsteps(steps(value, step), step);
  }
  return out;
}

/** JSON text of a point, its members in one fixed order: the same point gives the same bytes on either side. */
export function pointText(point: TelemetryPoint): string {
  const out: Record<string, unknown> = { v: 1, kind: 'telemetry' };
  for (const [name] of COLUMNS) out[name] = point[name];
  return JSON.stringify(out);
}

/**
 * The point whose text this is, byte for byte; null where the text is none of this version (an older box wrote it, or
 * its values lie between the steps). What is given packs and unpacks to the same text.
 */
export function readPointText(text: string): TelemetryPoint | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const point = pointSchema.safeParse(value).data;
  return point && pointText(roundPoint(point)) === text ? point : null;
}
