// centre: what is stored, as lines, in pages so that memory stays small. A record's text goes out as it came in:
// it is put between quotes of nothing, never parsed and written anew.
import type { Lane } from '../contract/index.ts';
import { readCommands } from './command-list.ts';
import type { Queryable } from './db.ts';

export interface RecordFilter {
  what: 'records' | 'cases' | 'commands';
  device?: string;
  lane?: Lane;
}

interface LaneRow {
  device: string;
  lane: string;
  epoch: string;
}

const PAGE = 500;

/**
 * Lines {device, epoch, lane, seq, at, record}, with `clock` where the time is not known: by device, lane, epoch in order of arrival, seq; of commands one each,
 * newest first. Several a chunk.
 */
export async function* recordLines(db: Queryable, filter: RecordFilter): AsyncGenerator<string> {
  if (filter.what === 'commands') return yield* commandLines(db, filter.device);
  const lanes = await db.query<LaneRow>(
    `select device, lane, epoch from watermarks
     where ($1::text is null or device = $1) and ($2::text is null or lane = $2) order by device, lane, id`,
    [filter.device ?? null, filter.lane ?? null],
  );
  for (const lane of lanes) yield* laneLines(db, lane, filter.what === 'cases');
}

async function* commandLines(db: Queryable, device: string | undefined): AsyncGenerator<string> {
  for (let before: number | undefined; ; ) {
    const page = { limit: PAGE, ...(device === undefined ? {} : { device }) };
    const rows = await readCommands(db, { ...page, ...(before === undefined ? {} : { before }) });
    if (rows.length === 0) return;
    yield rows.map(({ nr: _, ...row }) => `${JSON.stringify(row)}\n`).join('');
    before = rows.at(-1)?.nr;
  }
}

async function* laneLines(db: Queryable, { device, lane, epoch }: LaneRow, casesOnly: boolean): AsyncGenerator<string> {
  for (let after = 0; ; ) {
    const rows = await db.query<Row>(
      `select seq::float8 as seq, at + shift as at, text, rejected, clock = 'unknown' and shift = 0 as lost from records
       where device = $1 and lane = $2 and epoch = $3 and seq > $4
         and (not $5::bool or (device, lane, epoch, seq) in (
           select device, lane, epoch, seq from cases where device = $1 and lane = $2 and epoch = $3))
       order by seq limit ${PAGE}`,
      [device, lane, epoch, after, casesOnly],
    );
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) => `${line(device, epoch, lane, row)}\n`).join('');
    after = last.seq;
  }
}

interface Row {
  seq: number;
  /** put right, where its boot's clock is known */
  at: number;
  text: string;
  rejected: string | null;
  /** its boot never knew the time: `at` says nothing, the order does */
  lost: boolean;
}

function line(device: string, epoch: string, lane: string, row: Row): string {
  const { seq, at, rejected, lost } = row;
  const doubts = { ...(lost ? { clock: 'unknown' } : {}), ...(rejected === null ? {} : { rejected }) };
  const head = JSON.stringify({ device, epoch, lane, seq, at, ...doubts });
  return `${head.slice(0, -1)},"record":${row.text}}`;
}
