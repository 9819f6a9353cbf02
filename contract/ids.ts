// Names that are derived, not drawn: the same happening gets the same id on every replay, and ids sort by time.
import { createHash } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * An id of 26 letters, shaped like a ULID (github.com/ulid/spec): 48 bits of time in milliseconds in Crockford's base
 * 32, then 80 bits that are taken from a SHA-256 of `parts` instead of from chance.
 * @param time epoch ms, of the reading, never of a clock
 * @param parts what makes it one of its own: device, site, rule, role ...
 */
export function derivedId(time: number, ...parts: readonly (string | number)[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  const head = BigInt(Math.min(Math.max(0, Math.floor(time)), 2 ** 48 - 1));
  return base32(head, 10) + base32(BigInt(`0x${hash.slice(0, 20)}`), 16);
}

function base32(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = DIGITS[Number(rest & 31n)] + text;
  return text;
}
