// agent/console page: figures of a vehicle as people read them: km/h, kilometres, hours. In: SI values with their unit as
// the box says it. Out: a figure and a unit for people. Pure. Units that are not known here are shown as they are.

/** How a quantity is shown; each language has a word for each. */
export type UnitName = 'kmh' | 'm' | 'km' | 'h' | 'percent' | 'celsius' | 'rpm' | 'litre' | 'volt' | 'kpa';

export interface Figure {
  text: string;
  /** a name where the language has a word for it, else the box's own sign */
  unit: UnitName | { sign: string };
}

export const kmh = (speed: number): number => speed * 3.6;

/** Digits in groups, as many decimals as asked for. */
export const grouped = (value: number, decimals: number): string =>
  value.toLocaleString('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

/** Metres below a kilometre, else kilometres with one decimal. */
export function distance(metres: number): Figure {
  if (Math.abs(metres) < 999.5) return { text: grouped(metres, 0), unit: 'm' };
  return { text: grouped(metres / 1000, 1), unit: 'km' };
}

const PLAIN: Record<string, { unit: UnitName; times: number; decimals: number }> = {
  'm/s': { unit: 'kmh', times: 3.6, decimals: 1 },
  'km/h': { unit: 'kmh', times: 1, decimals: 1 },
  km: { unit: 'km', times: 1, decimals: 1 },
  s: { unit: 'h', times: 1 / 3600, decimals: 1 },
  h: { unit: 'h', times: 1, decimals: 1 },
  '%': { unit: 'percent', times: 1, decimals: 0 },
  degC: { unit: 'celsius', times: 1, decimals: 0 },
  '°C': { unit: 'celsius', times: 1, decimals: 0 },
  '1/min': { unit: 'rpm', times: 1, decimals: 0 },
  rpm: { unit: 'rpm', times: 1, decimals: 0 },
  L: { unit: 'litre', times: 1, decimals: 1 },
  V: { unit: 'volt', times: 1, decimals: 1 },
  kPa: { unit: 'kpa', times: 1, decimals: 0 },
};

/** A value in the box's unit as a figure for people. */
export function figure(value: number, unit: string): Figure {
  if (unit === 'm') return distance(value);
  const known = PLAIN[unit];
  if (known) return { text: grouped(value * known.times, known.decimals), unit: known.unit };
  return { text: value.toLocaleString('en-GB', { maximumFractionDigits: 2 }), unit: { sign: unit } };
}
