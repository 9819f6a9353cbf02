// centre: chunks of pictures -> pictures. A picture counts once every chunk is here and the whole has the hash its
// case promised; until then its chunks wait in a table of their own.
import { createHash } from 'node:crypto';
import type { Queryable } from './db.ts';
import type { Chunk, Incoming, Reject } from './decode.ts';

interface DeviceChunk extends Chunk {
  device: string;
}

/** Stores the chunks among `fresh` and completes what is complete. */
export async function storeChunks(
  tx: Queryable,
  fresh: readonly Incoming[],
  now: number,
): Promise<{ pictures: number; rejects: Reject[] }> {
  const rejects: Reject[] = [];
  const touched = new Map<string, DeviceChunk>();
  for (const { device, chunk } of fresh) {
    if (!chunk) continue;
    const known = await promised(tx, { ...chunk, device }, now);
    if (known === 'complete') continue;
    if (known === 'contradicts') {
      rejects.push({ device, kind: 'evidence', why: `evidence ${chunk.id}: a chunk contradicts the others` });
      continue;
    }
    await tx.query(
      'insert into evidence_chunks (device, id, chunk, data) values ($1, $2, $3, $4) on conflict do nothing',
      [device, chunk.id, chunk.chunk, chunk.data],
    );
    touched.set(`${device}/${chunk.id}`, { ...chunk, device });
  }
  let pictures = 0;
  for (const picture of touched.values()) {
    const result = await complete(tx, picture);
    if (result === 'whole') pictures++;
    if (result === 'broken') {
      rejects.push({ device: picture.device, kind: 'evidence', why: `evidence ${picture.id}: not the promised bytes` });
    }
  }
  return { pictures, rejects };
}

/** Makes the picture's row, or compares with it. */
async function promised(tx: Queryable, chunk: DeviceChunk, now: number): Promise<'open' | 'complete' | 'contradicts'> {
  await tx.query(
    `insert into evidence (device, id, case_id, sha256, mime, bytes, chunks, received)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [chunk.device, chunk.id, chunk.case, chunk.sha256, chunk.mime, chunk.bytes, chunk.of, now],
  );
  const [row] = await tx.query<{ sha256: string; bytes: number; chunks: number; complete: boolean }>(
    `select sha256, bytes, chunks, data is not null as complete from evidence where device = $1 and id = $2`,
    [chunk.device, chunk.id],
  );
  if (row?.complete) return 'complete';
  const same = row?.sha256 === chunk.sha256 && row.bytes === chunk.bytes && row.chunks === chunk.of;
  return same ? 'open' : 'contradicts';
}

async function complete(tx: Queryable, picture: DeviceChunk): Promise<'waiting' | 'whole' | 'broken'> {
  const key = [picture.device, picture.id];
  const [row] = await tx.query<{ count: number; size: number }>(
    `select count(*)::float8 as count, coalesce(sum(length(data)), 0)::float8 as size
     from evidence_chunks where device = $1 and id = $2`,
    key,
  );
  if (!row || row.count < picture.of) return 'waiting';
  const chunks = await tx.query<{ data: Uint8Array }>(
    'select data from evidence_chunks where device = $1 and id = $2 order by chunk',
    key,
  );
  const data = Buffer.concat(chunks.map((chunk) => chunk.data));
  const whole = data.length === picture.bytes && createHash('sha256').update(data).digest('hex') === picture.sha256;
  if (whole) await tx.query('update evidence set data = $3 where device = $1 and id = $2', [...key, data]);
  // Broken: forgotten altogether, so that the same picture may come anew.
  else await tx.query('delete from evidence where device = $1 and id = $2', key);
  await tx.query('delete from evidence_chunks where device = $1 and id = $2', key);
  return whole ? 'whole' : 'broken';
}
