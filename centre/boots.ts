// centre: what is known of the clocks of boxes' boots, and the times that are put right by it. In: births that list boots,
// records that carry an anchor. Runs inside the transaction that stores them. Out: for each record what to add to its
// times. What came before the clock was known is put right when it is: times of records, cases and points, never a text.
// May never happen: a record's text changes, or a worse clock overrules a better one.
import {
  type Anchor,
  type Boot,
  CLOCK_QUALITIES,
  type ClockQuality,
  knowsBetter,
  SAME_CLOCK_MS,
  shiftOf,
} from '../contract/index.ts';
import type { Queryable } from './db.ts';
import type { Decoded, Incoming } from './decode.ts';
import { rebuildVehicle } from './points.ts';

/** Boots that are kept of a device; more than a box makes in its life, fewer than a hostile one would. */
const MOST_BOOTS = 10_000;
/** Anchors that differ by less are the same, ms: clocks drift. */
const SAME_MS = 1_000;

interface BootRow {
  device: string;
  boot: string;
  offset: number | null;
  clock: ClockQuality | null;
}

const keyOf = (device: string, boot: string) => `${device}/${boot}`;

/** Takes what the batch says of boots; gives for each of its records what to add to its times, ms. */
export async function storeBoots(
  tx: Queryable,
  batch: readonly Decoded[],
  records: readonly Incoming[],
  now: number,
): Promise<(record: Incoming) => number> {
  const told = claims(batch, records);
  // A stamp that a time service vouched for is right; only the others ask.
  const asking = records.filter(({ clock, boot }) => clock !== 'synced' && boot !== '');
  if (told.size === 0 && asking.length === 0) return () => 0;
  const wanted = new Map(asking.map(({ device, boot }) => [keyOf(device, boot), { device, boot }]));
  for (const [key, { device, boot }] of told) wanted.set(key, { device, boot: boot.boot });
  const known = await readBoots(tx, [...wanted.values()]);
  for (const [key, { device, boot }] of [...told].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const before = known.get(key) ?? null;
    const better = boot.anchor !== null && (before === null || isBetter(boot.anchor, before)) ? boot.anchor : null;
    if (better || boot.nr > 0) await writeBoot(tx, device, boot, better);
    if (!better) continue;
    known.set(key, better);
    await putRight(tx, device, boot.boot, better, now);
  }
  return (record) => shiftOf(record, known.get(keyOf(record.device, record.boot)) ?? null);
}

/** What is said of each boot, the best of it. `nr` 0: it was a record that said so, and its number is not known. */
function claims(batch: readonly Decoded[], records: readonly Incoming[]) {
  const told = new Map<string, { device: string; boot: Boot }>();
  const add = (device: string, boot: Boot) => {
    const before = told.get(keyOf(device, boot.boot))?.boot;
    const nr = Math.max(boot.nr, before?.nr ?? 0);
    const keep = before?.anchor && !(boot.anchor && isBetter(boot.anchor, before.anchor)) ? before.anchor : boot.anchor;
    told.set(keyOf(device, boot.boot), { device, boot: { boot: boot.boot, nr, anchor: keep } });
  };
  for (const { status } of batch) for (const boot of status?.boots ?? []) add(status!.device, boot);
  let last: Incoming | null = null;
  for (const record of records) {
    const { device, boot, anchor } = record;
    // Records of one boot come together: one of them speaks for all.
    if (!anchor || boot === '' || (last?.device === device && last.boot === boot && last.anchor === anchor)) continue;
    last = record;
    add(device, { boot, nr: 0, anchor });
  }
  return told;
}

function isBetter(one: Anchor, other: Anchor): boolean {
  if (one.clock !== other.clock) return knowsBetter(one, other.clock);
  return Math.abs(one.offset - other.offset) > SAME_MS;
}

async function readBoots(
  tx: Queryable,
  wanted: readonly { device: string; boot: string }[],
): Promise<Map<string, Anchor>> {
  const rows = await tx.query<BootRow>(
    `select b.device, b.boot, b.anchor as offset, b.clock
     from boots b join unnest($1::text[], $2::text[]) as u (device, boot) on b.device = u.device and b.boot = u.boot
     where b.anchor is not null`,
    [wanted.map(({ device }) => device), wanted.map(({ boot }) => boot)],
  );
  return new Map(
    rows.flatMap(({ device, boot, offset, clock }) =>
      offset === null || (clock !== 'held' && clock !== 'synced') ? [] : [[keyOf(device, boot), { offset, clock }]],
    ),
  );
}

async function writeBoot(tx: Queryable, device: string, { boot, nr }: Boot, anchor: Anchor | null): Promise<void> {
  await tx.query(
    `insert into boots as b (device, boot, nr, anchor, clock)
     select $1, $2, $3::int8, $4::float8, $5 where exists (select 1 from boots where device = $1 and boot = $2)
       or (select count(*) from boots where device = $1) < ${MOST_BOOTS}
     on conflict (device, boot) do update set nr = greatest(b.nr, excluded.nr),
       anchor = coalesce(excluded.anchor, b.anchor), clock = coalesce(excluded.clock, b.clock)`,
    [device, boot, nr, anchor?.offset ?? null, anchor?.clock ?? null],
  );
}

/** Notes where records lie whose clock nobody vouched for, so that they are found when it becomes known. */
export async function storeSpans(tx: Queryable, fresh: readonly Incoming[]): Promise<void> {
  const spans = new Map<
    string,
    Pick<Incoming, 'device' | 'boot' | 'lane' | 'epoch'> & { first: number; last: number }
  >();
  for (const { device, boot, lane, epoch, seq, clock } of fresh) {
    if (clock === 'synced' || boot === '') continue;
    const key = [device, boot, lane, epoch].join('/');
    const span = spans.get(key) ?? { device, boot, lane, epoch, first: seq, last: seq };
    span.first = Math.min(span.first, seq);
    span.last = Math.max(span.last, seq);
    spans.set(key, span);
  }
  if (spans.size === 0) return;
  const rows = [...spans].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, span]) => span);
  const column = <K extends keyof (typeof rows)[number]>(name: K) => rows.map((row) => row[name]);
  await tx.query(
    `insert into boot_spans as s (device, boot, lane, epoch, first, last)
     select device, boot, lane, epoch, first, last
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::int8[])
       as u (device, boot, lane, epoch, first, last)
     on conflict (device, boot, lane, epoch) do update set
       first = least(s.first, excluded.first), last = greatest(s.last, excluded.last)`,
    [column('device'), column('boot'), column('lane'), column('epoch'), column('first'), column('last')],
  );
}

/** Puts right what is stored of a boot. Only stamps of a clock that was worse than the anchor's. */
async function putRight(tx: Queryable, device: string, boot: string, anchor: Anchor, now: number): Promise<void> {
  const worse = CLOCK_QUALITIES.slice(0, CLOCK_QUALITIES.indexOf(anchor.clock));
  const key = [device, boot, anchor.offset, worse];
  const stale = `select r.device, r.lane, r.epoch, r.seq, r.kind, r.at, r.mono, r.shift, r.text
    from records r join boot_spans s on r.device = s.device and r.lane = s.lane and r.epoch = s.epoch
      and r.seq between s.first and s.last and r.boot = s.boot
    where s.device = $1 and s.boot = $2 and r.clock = any($4::text[])`;
  // A point is found by its time as it stands in the table, then by its number.
  const points = await tx.query(
    `with stale as materialized (${stale} and r.kind = 'telemetry'),
       told as (select *, (text::json->>'at')::float8 as said from stale)
     update points p set at = p.at + round($3::float8 + t.mono - t.at) - t.shift
     from told t where p.device = t.device and p.at = t.said + t.shift and p.epoch = t.epoch and p.seq = t.seq
       and abs(t.said - t.at) <= ${SAME_CLOCK_MS}
     returning p.nr`,
    key,
  );
  await tx.query(
    `with stale as (${stale})
     update cases c set at = t.at + round($3::float8 + t.mono - t.at)
     from stale t where c.device = t.device and c.lane = t.lane and c.epoch = t.epoch and c.seq = t.seq`,
    key,
  );
  await tx.query(
    `with stale as (${stale})
     update records r set shift = round($3::float8 + t.mono - t.at)
     from stale t where r.device = t.device and r.lane = t.lane and r.epoch = t.epoch and r.seq = t.seq`,
    key,
  );
  if (points.length > 0) await rebuildVehicle(tx, device, now);
}
