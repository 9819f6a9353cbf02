// agent/camera: names of events. What they are made of comes in; a text shaped like a ULID goes out.
// No chance and no clock: the same recording gives the same names again (law 1).
import { createHash } from 'node:crypto';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** What makes an event one of its own. */
export interface EventName {
  readonly device: string;
  readonly site: string;
  readonly camera: string;
  readonly rule: string;
  readonly zone: string;
  /** epoch ms of the object's entry into the zone */
  readonly entry: number;
  readonly track: number;
}

/**
 * The id of an event: 48 bits of its entry time in Crockford's base 32 (so that ids sort by time, as ULIDs do:
 * github.com/ulid/spec), then 80 bits of a SHA-256 over everything that makes it one of its own, instead of chance.
 */
export function eventId(name: EventName): string {
  const parts = [name.device, name.site, name.camera, name.rule, name.zone, name.entry, name.track];
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  const time = BigInt(Math.min(Math.max(0, Math.floor(name.entry)), 2 ** 48 - 1));
  return base32(time, 10) + base32(BigInt(`0x${hash.slice(0, 20)}`), 16);
}

function base32(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = DIGITS[Number(rest & 31n)] + text;
  return text;
}
