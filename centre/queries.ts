// centre: what the page asks of the database.
import type { Queryable } from './db.ts';

export interface StoredCase {
  /** grows with arrival: what `after` means */
  nr: number;
  /** epoch ms */
  received: number;
  /** the case as the box wrote it, JSON text */
  text: string;
  /** ids of its pictures that are whole here */
  pictures: string[];
}

const CASES = `select c.nr::float8 as nr, c.received, r.text,
    coalesce((select array_agg(e.id order by e.id) from evidence e
      where e.device = c.device and e.case_id = c.id and e.data is not null), '{}') as pictures
  from cases c join records r on (r.device, r.lane, r.epoch, r.seq) = (c.device, c.lane, c.epoch, c.seq)`;

/** Newest first; with `after` (a case's nr) the `limit` oldest that came later, still newest first. */
export async function listCases(db: Queryable, after: number | null, limit: number): Promise<StoredCase[]> {
  if (after === null) return db.query(`${CASES} order by c.nr desc limit $1`, [limit]);
  const rows = await db.query<StoredCase>(`${CASES} where c.nr > $1 order by c.nr limit $2`, [after, limit]);
  return rows.reverse();
}

/** A whole picture, of this device if one is named; null if there is none. */
export async function readPicture(db: Queryable, id: string, device: string | null): Promise<Buffer | null> {
  const [row] = await db.query<{ data: Uint8Array }>(
    `select data from evidence where id = $1 and ($2::text is null or device = $2) and data is not null
     order by received limit 1`,
    [id, device],
  );
  return row ? Buffer.from(row.data) : null;
}

/** Every device that ever sent something. */
export function listKnown(db: Queryable): Promise<{ city: string; device: string }[]> {
  return db.query('select city, device from devices');
}

export interface CentreCounts {
  records: number;
  cases: number;
  pictures: number;
  devices: { device: string; city: string; online: boolean; seen: number }[];
  rejects: { device: string; kind: string; count: number; last: number }[];
}

/** Numbers for the page. Counting millions is slow, so records come from the watermarks (what is here or was evicted). */
export async function readCounts(db: Queryable): Promise<CentreCounts> {
  const [sums] = await db.query<{ records: number; cases: number; pictures: number }>(
    `select (select coalesce(sum(upto), 0)::float8 from watermarks) as records,
       (select count(*)::float8 from cases) as cases,
       (select count(*)::float8 from evidence where data is not null) as pictures`,
  );
  const devices = await db.query<CentreCounts['devices'][number]>(
    'select device, city, online, seen from devices order by seen desc limit 200',
  );
  const rejects = await db.query<CentreCounts['rejects'][number]>(
    'select device, kind, count::float8 as count, last from rejects order by last desc limit 200',
  );
  return { records: sums?.records ?? 0, cases: sums?.cases ?? 0, pictures: sums?.pictures ?? 0, devices, rejects };
}
