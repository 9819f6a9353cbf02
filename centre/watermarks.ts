// centre: how far each lane is here without a hole. All below a lane's `low` (as its box says) is not coming any more
// and counts as here; what lies beyond a hole is kept as ranges, told to the box (which sends live telemetry before its
// backlog), and the watermark jumps over them once the hole is filled.
import { type Lane, MAX_ACK_RANGES } from '../contract/index.ts';
import type { Queryable } from './db.ts';
import { join, known, type Range, take } from './ranges.ts';

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
  /** first and last of what is here above it, ascending; the lowest ones */
  above: Range[];
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
  const rows = await lockRows(tx, lanes, now);
  const moved: (Watermark & { top: number; low: number; ranges: Range[] })[] = [];
  for (const { seqs, ...lane } of lanes) {
    const before = rows.get(keyOf(lane)) ?? { upto: 0, top: 0, low: 1, above: '[]' };
    const low = Math.max(before.low, lane.low);
    const top = Math.max(before.top, seqs.at(-1) ?? 0);
    const kept = JSON.parse(before.above) as Range[];
    // Where there were too many ranges the highest are not kept: what lies beyond is found in the table.
    const limit = known(kept, before.upto) < before.top ? known(kept, before.upto) : Number.POSITIVE_INFINITY;
    const ranges = join(
      kept,
      seqs.filter((seq) => seq <= limit),
    );
    let upTo = take(Math.max(before.upto, low - 1), ranges);
    while (upTo < top && known(ranges, upTo) < top) {
      const further = walk(upTo, await storedAfter(tx, lane, upTo));
      if (further === upTo) break;
      upTo = take(further, ranges);
    }
    const above = ranges.slice(0, MAX_ACK_RANGES);
    moved.push({ ...lane, upTo, above, ranges, top: Math.max(top, upTo), low });
  }
  await tx.query(
    `update watermarks w set upto = u.upto, top = u.top, low = u.low, above = u.above
     from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::text[])
       as u (device, lane, epoch, upto, top, low, above)
     where w.device = u.device and w.lane = u.lane and w.epoch = u.epoch`,
    [
      ...keys(moved),
      moved.map(({ upTo }) => upTo),
      moved.map(({ top }) => top),
      moved.map(({ low }) => low),
      moved.map(({ ranges }) => JSON.stringify(ranges)),
    ],
  );
  return moved.map(({ device, lane, epoch, upTo, above }) => ({ device, lane, epoch, upTo, above }));
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
  const rows = await tx.query<Omit<LaneBatch, 'seqs'> & { upto: number; top: number; low: number; above: string }>(
    `select w.device, w.lane, w.epoch, w.upto::float8 as upto, w.top::float8 as top, w.low::float8 as low, w.above
     from watermarks w join unnest($1::text[], $2::text[], $3::text[]) as u (device, lane, epoch)
       on w.device = u.device and w.lane = u.lane and w.epoch = u.epoch
     order by w.device, w.lane, w.epoch for update of w`,
    keys(lanes),
  );
  return new Map(rows.map((row) => [keyOf(row), row]));
}

async function storedAfter(tx: Queryable, lane: Omit<LaneBatch, 'seqs'>, after: number): Promise<number[]> {
  const rows = await tx.query<{ seq: number }>(
    `select seq::float8 as seq from records where device = $1 and lane = $2 and epoch = $3 and seq > $4
     order by seq limit ${WALK}`,
    [lane.device, lane.lane, lane.epoch, after],
  );
  return rows.map(({ seq }) => seq);
}
