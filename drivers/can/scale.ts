// drivers/can: raw x factor + offset without the dust of binary fractions. In: factor and offset as written, the largest
// raw number. Out: whole numbers such that (raw x times + plus) / by is the decimal result rounded once. Never: another
// result than raw x factor + offset by more than that function's own rounding.

export interface Scale {
  readonly times: number;
  readonly plus: number;
  readonly by: number;
}

/** A number as digits / 10^places, or null where it has too many digits. */
function decimal(value: number): { digits: number; places: number } | null {
  const match = /^(-?\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value));
  if (match === null) return null;
  const fraction = match[2] ?? '';
  const places = fraction.length - Number(match[3] ?? 0);
  const digits = Number(match[1] + fraction);
  if (!Number.isSafeInteger(digits) || places > 22) return null;
  if (places >= 0) return { digits, places };
  const whole = digits * 10 ** -places;
  return Number.isSafeInteger(whole) ? { digits: whole, places: 0 } : null;
}

/** @param largest the largest raw number, by absolute value */
export function scaleOf(factor: number, offset: number, largest: number): Scale {
  const plain = { times: factor, plus: offset, by: 1 };
  const f = decimal(factor);
  const o = decimal(offset);
  if (f === null || o === null) return plain;
  const places = Math.max(f.places, o.places);
  const times = f.digits * 10 ** (places - f.places);
  const plus = o.digits * 10 ** (places - o.places);
  // every step but the division must be exact
  if (!(Math.abs(times) * largest + Math.abs(plus) <= Number.MAX_SAFE_INTEGER)) return plain;
  return { times, plus, by: 10 ** places };
}
