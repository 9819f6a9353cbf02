// centre: how far each lane is here without a hole. All below a lane's `low` (as its box says) is not coming any more
// and counts as here; numbers beyond a hole are kept, and the watermark jumps over them once the hole is filled.
import type { Lane } from '../contract/index.ts';
import type { Queryable } from './db.ts';

export interface LaneRecord {
  device: string;
  lane: Lane;
  epoch: string;
  seq: number;
  low: number;
}

export interface Watermark {
  device: string;
  lane: Lane;
  epoch: string;
  upTo: number;
}

interface LaneBatch {
  device: string;
  lane: Lane;
  epoch: string;
  seqs: number[];
  low: number;
}

/** Steps in which a filled hole is walked. */
const WALK = 5000;

/**
 * Moves the watermarks of all lanes in `records`, which must be in the table already (in this transaction).
 * @returns one for each lane of the batch, moved or not
 */
export async function moveWatermarks(tx: Queryable, records: readonly LaneRecord[], now: number): Promise<Watermark[]> {
  const lanes = byLane(records);
  if (lanes.length === 0) return [];
  const known = await lockRows(tx, lanes, now);
  const moved: (Watermark & { top: number; low: number })[] = [];
  for (const lane of lanes) {
    const before = known.get(keyOf(lane)) ?? { upto: 0, top: 0, low: 1 };
    const low = Math.max(before.low, lane.low);
    const top = Math.max(before.top, lane.seqs.at(-1) ?? 0);
    let upTo = walk(Math.max(before.upto, low - 1), lane.seqs);
    // Only where numbers lie beyond a hole: perhaps it has just been filled.
    while (upTo < top) {
      const further = walk(upTo, await storedAfter(tx, lane, upTo));
      if (further === upTo) break;
      upTo = further;
    }
    moved.push({ device: lane.device, lane: lane.lane, epoch: lane.epoch, upTo, top: Math.max(top, upTo), low });
  }
  await tx.query(
    `update watermarks w set upto = u.upto, top = u.top, low = u.low
     from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[])
       as u (device, lane, epoch, upto, top, low)
     where w.device = u.device and w.lane = u.lane and w.epoch = u.epoch`,
    [...keys(moved), moved.map(({ upTo }) => upTo), moved.map(({ top }) => top), moved.map(({ low }) => low)],
  );
  return moved.map(({ device, lane, epoch, upTo }) => ({ device, lane, epoch, upTo }));
}

/** The last number that follows on `upTo` without a hole. `seqs` ascend. */
export function walk(upTo: number, seqs: readonly number[]): number {
  for (const seq of seqs) {
    if (seq > upTo + 1) break;
    if (seq === upTo + 1) upTo = seq;
  }
  return upTo;
}

const keyOf = ({ device, lane, epoch }: { device: string; lane: string; epoch: string }) =>
  `${device}/${lane}/${epoch}`;

const keys = (rows: readonly { device: string; lane: string; epoch: string }[]) => [
  rows.map(({ device }) => device),
  rows.map(({ lane }) => lane),
  rows.map(({ epoch }) => epoch),
];

function byLane(records: readonly LaneRecord[]): LaneBatch[] {
  const lanes = new Map<string, LaneBatch>();
  for (const { device, lane, epoch, seq, low } of records) {
    const key = keyOf({ device, lane, epoch });
    const entry = lanes.get(key) ?? { device, lane, epoch, seqs: [], low };
    entry.seqs.push(seq);
    entry.low = Math.max(entry.low, low);
    lanes.set(key, entry);
  }
  for (const lane of lanes.values()) lane.seqs.sort((a, b) => a - b);
  return [...lanes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lane]) => lane);
}

async function lockRows(tx: Queryable, lanes: readonly LaneBatch[], now: number) {
  await tx.query(
    `insert into watermarks (device, lane, epoch, upto, top, low, first)
     select device, lane, epoch, 0, 0, 1, $4 from unnest($1::text[], $2::text[], $3::text[]) as u (device, lane, epoch)
     on conflict do nothing`,
    [...keys(lanes), now],
  );
  const rows = await tx.query<LaneBatch & { upto: number; top: number; low: number }>(
    `select w.device, w.lane, w.epoch, w.upto::float8 as upto, w.top::float8 as top, w.low::float8 as low
     from watermarks w join unnest($1::text[], $2::text[], $3::text[]) as u (device, lane, epoch)
       on w.device = u.device and w.lane = u.lane and w.epoch = u.epoch
     order by w.device, w.lane, w.epoch for update of w`,
    keys(lanes),
  );
  return new Map(rows.map((row) => [keyOf(row), row]));
}

async function storedAfter(tx: Queryable, lane: LaneBatch, after: number): Promise<number[]> {
  const rows = await tx.query<{ seq: number }>(
    `select seq::float8 as seq from records where device = $1 and lane = $2 and epoch = $3 and seq > $4
     order by seq limit ${WALK}`,
    [lane.device, lane.lane, lane.epoch, after],
  );
  return rows.map(({ seq }) => seq);
}
