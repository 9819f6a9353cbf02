// centre: another key for a device, because a human says so: its box was replaced or set up anew. In: a device and the key's
// SHA-256, as the page shows it. Out: the key is pinned, and the newest report that it signed is what is shown.
// May never happen: a key is pinned that did not sign a report of this device.
import { KerbError, reportSchema } from '../contract/index.ts';
import type { Db } from './db.ts';

/** A key's SHA-256, hex, or its first digits. */
export const KEY_PATTERN = /^[0-9a-f]{16,64}$/;

export interface Trusted {
  device: string;
  key: string;
  /** of the report that is shown from now on */
  counter: number;
}

/**
 * Pins the key that signed the reports which were not believed.
 * @param key SHA-256, hex, at least its first 16 digits
 * @throws KerbError TRUST_KEY
 */
export function trustKey(db: Db, device: string, key: string, now: number): Promise<Trusted> {
  return db.transaction(async (tx) => {
    const [state] = await tx.query<{ other_key: string | null }>(
      'select other_key from report_state where device = $1 for update',
      [device],
    );
    const other = state?.other_key ?? null;
    if (other === null || !KEY_PATTERN.test(key) || !other.startsWith(key)) {
      const what = other === null ? 'no other key has signed for it' : `the other key is ${other}`;
      throw new KerbError('TRUST_KEY', what, `device ${device}`, 'compare the key with the one that the box shows');
    }
    const [newest] = await tx.query<{ counter: number; received: number; text: string }>(
      `select p.counter::float8 as counter, p.received, r.text from reports p
       join records r on r.device = p.device and r.lane = 'case' and r.epoch = p.epoch and r.seq = p.seq
       where p.device = $1 and p.key = $2 order by p.counter desc limit 1`,
      [device, other],
    );
    const report = reportSchema.parse(JSON.parse(newest?.text ?? 'null'));
    await tx.query(
      `update report_state set key = $2, key_since = $3, counter = $4, body = $5, received = $3,
         other_key = null, other_at = null, refused = 0, refused_at = null, refused_why = null where device = $1`,
      [device, other, now, newest!.counter, report.body],
    );
    return { device, key: other, counter: newest!.counter };
  });
}
