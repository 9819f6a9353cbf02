// drivers/can: from the units on the wire to the ones of this program. In: a unit of J1939. Out: ours and the factor.
// Never: km/h, km, kPa, h or min behind this room's edge.

export interface Unit {
  readonly unit: string;
  /** ours = wire x times / by: two steps, so that 3.6 and 60 stay exact */
  readonly times: number;
  readonly by: number;
}

const UNITS: Readonly<Record<string, Unit>> = {
  'km/h': { unit: 'm/s', times: 1, by: 3.6 },
  km: { unit: 'm', times: 1000, by: 1 },
  kPa: { unit: 'Pa', times: 1000, by: 1 },
  h: { unit: 's', times: 3600, by: 1 },
  min: { unit: 's', times: 60, by: 1 },
  'km/L': { unit: 'm/L', times: 1000, by: 1 },
};

/** Ours for a unit of the wire; one that has none of ours (%, degC, rpm, L/h, V ...) stays. */
export function unitOf(wire: string): Unit {
  return UNITS[wire] ?? { unit: wire, times: 1, by: 1 };
}

/**
 * The largest raw number that is a value, by width (SAE J1939-71, table 1): above it lie the parameter specific and
 * reserved ranges, "error" (FE...) and "not available" (FF...).
 */
export function largestRaw(bits: number): number {
  if (bits === 2) return 1;
  if (bits < 8) return 2 ** bits - 3;
  return 0xfb * 2 ** (bits - 8) - 1;
}
