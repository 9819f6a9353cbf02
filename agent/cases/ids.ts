// agent/cases: names of cases and pictures. What they are made of comes in; a ULID-shaped text goes out.
// No chance and no clock: the same event always gives the same id, so a recorded day gives the same cases again.
import { createHash } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * An id of 26 letters, shaped like a ULID (github.com/ulid/spec): 48 bits of time in milliseconds, then 80 bits that
 * are taken from a SHA-256 of `parts` instead of from chance. Sorts by time.
 * @param time epoch ms, of the reading, never of a clock
 * @param parts what makes it unique: device, event, role
 */
export function derivedId(time: number, ...parts: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  const head = BigInt(Math.min(Math.max(0, Math.floor(time)), 2 ** 48 - 1));
  return digits(head, 10) + digits(BigInt(`0x${hash.subarray(0, 10).toString('hex')}`), 16);
}

function digits(value: bigint, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) {
    text = DIGITS[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return text;
}
