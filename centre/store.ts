// centre: puts a batch of messages into the database, exactly once in effect. Records, watermarks, cases, points and
// pictures of one batch are one transaction: after a kill -9 either all of it is there or none, and the box sends again.
import { deviceTopics, type Lane } from '../contract/index.ts';
import { storeBoots, storeSpans } from './boots.ts';
import { dueAtBirth, storeReplies } from './commands.ts';
import type { Db, Queryable } from './db.ts';
import type { Decoded, Incoming, Reject } from './decode.ts';
import { storeChunks } from './evidence.ts';
import { alarmsOf, type LiveAlarm } from './live.ts';
import { storePoints } from './points.ts';
import { storeReports } from './reports.ts';
import { moveWatermarks } from './watermarks.ts';

export interface Ack {
  topic: string;
  device: string;
  lane: Lane;
  epoch: string;
  upTo: number;
  above: [number, number][];
}

export interface Stored {
  /** one for each lane that was in the batch, also where all of it was known already */
  acks: Ack[];
  /** records that were new */
  fresh: number;
  duplicates: number;
  cases: number;
  /** alarms that are new: those to tell at once, and how many came late and are history */
  alarms: { live: LiveAlarm[]; late: number };
  /** pictures that became whole */
  pictures: number;
  /** commands that were answered */
  replies: number;
  /** boxes that said they are there */
  births: number;
  /** what was refused only here: a chunk that contradicts the others, a picture with another hash, a stray reply, a replay */
  rejects: Reject[];
  /** that were heard */
  devices: { device: string; city: string }[];
}

/** Stores what the messages hold. `now`: epoch ms. Throws what the database throws; then nothing was stored. */
export function storeBatch(db: Db, batch: readonly Decoded[], now: number): Promise<Stored> {
  return db.transaction(async (tx) => {
    const records = batch.flatMap((message) => message.records);
    const devices = await storeDevices(tx, batch, now);
    const shift = await storeBoots(tx, batch, records, now);
    const fresh = await storeRecords(tx, records, shift, now);
    await storeSpans(tx, fresh);
    const acks = await moveWatermarks(tx, records, now);
    const cities = new Map(records.map(({ device, city }) => [device, city]));
    const cases = await storeCases(tx, fresh, shift, now);
    await storePoints(tx, fresh, shift, now);
    const { pictures, rejects: badChunks } = await storeChunks(tx, fresh, now);
    const { replies, rejects: badReplies } = await storeReplies(tx, batch, now);
    const refused = batch.flatMap((message) => message.rejects);
    const badReports = await storeReports(tx, fresh, refused, now);
    const births = batch.flatMap(({ status }) => (status?.online ? [status.device] : []));
    await dueAtBirth(tx, births);
    const rejects = [...badChunks, ...badReplies, ...badReports];
    await storeRejects(tx, [...refused, ...rejects], now);
    return {
      acks: acks.map((ack) => ({ ...ack, topic: deviceTopics(cities.get(ack.device) ?? '', ack.device).ack })),
      fresh: fresh.length,
      duplicates: records.length - fresh.length,
      cases,
      alarms: alarmsOf(fresh, shift, now),
      pictures,
      replies,
      births: births.length,
      rejects,
      devices,
    };
  });
}

/** One entry a record: the same number twice in a batch is one. */
const keyOf = (record: { device: string; lane: string; epoch: string; seq: number }) =>
  `${record.device}/${record.lane}/${record.epoch}/${record.seq}`;

/** ms to add to the times of a record */
type Shift = (record: Incoming) => number;

async function storeRecords(tx: Queryable, records: readonly Incoming[], shift: Shift, now: number) {
  if (records.length === 0) return [];
  const column = <K extends keyof Incoming>(name: K) => records.map((record) => record[name]);
  const rows = await tx.query<{ device: string; lane: string; epoch: string; seq: number }>(
    `insert into records (device, epoch, lane, seq, kind, at, boot, mono, clock, received, text, rejected, shift)
     select device, epoch, lane, seq, kind, at, boot, mono, clock, $11, text, rejected, shift from unnest($1::text[], $2::text[],
       $3::text[], $4::int8[], $5::text[], $6::float8[], $7::text[], $8::float8[], $9::text[], $10::text[], $12::text[], $13::float8[])
       as u (device, epoch, lane, seq, kind, at, boot, mono, clock, text, rejected, shift)
     on conflict do nothing returning device, lane, epoch, seq::float8 as seq`,
    [
      column('device'),
      column('epoch'),
      column('lane'),
      column('seq'),
      column('kind'),
      column('at'),
      column('boot'),
      column('mono'),
      column('clock'),
      column('text'),
      now,
      column('rejected'),
      records.map(shift),
    ],
  );
  if (rows.length === 0) return [];
  const first = new Map<string, Incoming>();
  for (const record of records) if (!first.has(keyOf(record))) first.set(keyOf(record), record);
  return rows.map((row) => first.get(keyOf(row))).filter((record) => record !== undefined);
}

async function storeCases(tx: Queryable, fresh: readonly Incoming[], shift: Shift, now: number): Promise<number> {
  const cases = fresh.filter((record) => record.caseId !== null);
  if (cases.length === 0) return 0;
  const column = <K extends keyof Incoming>(name: K) => cases.map((record) => record[name]);
  const rows = await tx.query(
    `insert into cases (device, id, at, received, lane, epoch, seq)
     select device, id, at, $7, lane, epoch, seq
     from unnest($1::text[], $2::text[], $3::float8[], $4::text[], $5::text[], $6::int8[])
       as u (device, id, at, lane, epoch, seq)
     on conflict do nothing returning nr`,
    [
      column('device'),
      column('caseId'),
      cases.map((one) => one.at + shift(one)),
      column('lane'),
      column('epoch'),
      column('seq'),
      now,
    ],
  );
  return rows.length;
}

async function storeDevices(tx: Queryable, batch: readonly Decoded[], now: number): Promise<Stored['devices']> {
  const seen = new Map<string, { city: string; online: boolean | null; text: string | null }>();
  for (const { device, status } of batch) {
    if (!device) continue;
    const before = seen.get(device.device);
    const online = status ? status.online : (before?.online ?? null);
    seen.set(device.device, { city: device.city, online, text: status?.text ?? before?.text ?? null });
  }
  if (seen.size === 0) return [];
  // In one order always, so that two centres at one server cannot wait for each other.
  const rows = [...seen].sort(([a], [b]) => (a < b ? -1 : 1));
  await tx.query(
    `insert into devices as d (device, city, online, status, seen)
     select device, city, coalesce(online, false), status, $5
     from unnest($1::text[], $2::text[], $3::bool[], $4::text[]) as u (device, city, online, status)
     on conflict (device) do update set city = excluded.city, seen = excluded.seen,
       online = case when excluded.status is null then d.online else excluded.online end,
       status = coalesce(excluded.status, d.status)`,
    [
      rows.map(([device]) => device),
      rows.map(([, { city }]) => city),
      rows.map(([, { online }]) => online),
      rows.map(([, { text }]) => text),
      now,
    ],
  );
  return rows.map(([device, { city }]) => ({ device, city }));
}

/** Devices that are counted by name; what comes beyond is counted together, so that names cannot fill the table. */
const MAX_REJECT_ROWS = 5000;

async function storeRejects(tx: Queryable, rejects: readonly Reject[], now: number): Promise<void> {
  if (rejects.length === 0) return;
  const [row] = await tx.query<{ count: number }>('select count(*)::float8 as count from rejects');
  const full = (row?.count ?? 0) >= MAX_REJECT_ROWS;
  const counts = new Map<string, { device: string; kind: string; count: number }>();
  for (const { device, kind } of rejects) {
    const name = full ? '' : device;
    const entry = counts.get(`${name}/${kind}`) ?? { device: name, kind, count: 0 };
    entry.count++;
    counts.set(`${name}/${kind}`, entry);
  }
  const rows = [...counts.values()].sort((a, b) => (`${a.device}/${a.kind}` < `${b.device}/${b.kind}` ? -1 : 1));
  await tx.query(
    `insert into rejects as r (device, kind, count, last)
     select device, kind, count, $4 from unnest($1::text[], $2::text[], $3::int8[]) as u (device, kind, count)
     on conflict (device, kind) do update set count = r.count + excluded.count, last = excluded.last`,
    [rows.map(({ device }) => device), rows.map(({ kind }) => kind), rows.map(({ count }) => count), now],
  );
}
