// centre: the tables, as steps that are only ever added to. A database of a later version is refused, not guessed at.
import { KerbError } from '../contract/index.ts';
import type { Db } from './db.ts';

const STEPS: readonly string[] = [
  `
  -- Every record of every box, once. text is exactly what the box accepted.
  create table records (
    device text not null, epoch text not null, lane text not null, seq bigint not null,
    kind text not null, at double precision not null, boot text not null, mono double precision not null,
    clock text not null, received double precision not null, text text not null,
    -- why it was not taken as what it claims to be; it is kept all the same, so that its lane goes on
    rejected text,
    primary key (device, lane, epoch, seq)
  );
  -- upto: all numbers to here are here or are never coming. top: the highest number seen.
  create table watermarks (
    id bigint generated always as identity,
    device text not null, lane text not null, epoch text not null,
    upto bigint not null, top bigint not null, low bigint not null, first double precision not null,
    primary key (device, lane, epoch)
  );
  create table cases (
    nr bigint generated always as identity,
    device text not null, id text not null, at double precision not null, received double precision not null,
    lane text not null, epoch text not null, seq bigint not null,
    primary key (device, id)
  );
  create unique index cases_nr on cases (nr);
  create index cases_id on cases (id);
  create table evidence (
    device text not null, id text not null, case_id text not null, sha256 text not null, mime text not null,
    bytes integer not null, chunks integer not null, received double precision not null,
    -- null until every chunk is here and the whole has the promised hash
    data bytea,
    primary key (device, id)
  );
  create index evidence_id on evidence (id);
  create table evidence_chunks (
    device text not null, id text not null, chunk integer not null, data bytea not null,
    primary key (device, id, chunk)
  );
  create table devices (
    device text primary key, city text not null, online boolean not null default false,
    status text, seen double precision not null
  );
  create table rejects (
    device text not null, kind text not null, count bigint not null, last double precision not null,
    primary key (device, kind)
  );
  `,
  `
  -- Every telemetry point, for tracks; values as in the contract, null: not known. nr tells points of one moment apart.
  create table points (
    device text not null, at double precision not null, nr bigint generated always as identity,
    mode smallint not null, lat double precision, lon double precision, alt double precision,
    speed double precision, track double precision, odometer double precision, ignition smallint,
    lines integer not null, flags integer not null, why smallint not null,
    primary key (device, at, nr)
  );
  -- Devices that have points. heard: time of the newest point; at and the rest: the newest one that has a position.
  create table vehicles (
    device text primary key, heard double precision not null,
    at double precision, mode smallint, lat double precision, lon double precision, alt double precision,
    speed double precision, track double precision, odometer double precision, ignition smallint,
    lines integer, flags integer
  );
  `,
  `
  -- Commands to boxes. ord: the contract's order. sends: times it was sent, counted before each sending.
  -- reply: as the box gave it; reason: of what the centre itself ended.
  create table commands (
    nr bigint generated always as identity,
    id text primary key, device text not null, name text not null, key text, ord bigint not null,
    at double precision not null, expires double precision, text text not null,
    state text not null default 'waiting', sends integer not null default 0, sent double precision,
    ended double precision, reason text, reply text
  );
  create unique index commands_nr on commands (nr);
  create index commands_device on commands (device, ord);
  create index commands_waiting on commands (nr) where state = 'waiting';
  `,
  `
  -- Every report that its own key signed. key: SHA-256 of that key. verdict: taken; late: overtaken by a newer one;
  -- key: another key than the pinned one; replay: a counter that was told before. The report itself is the record.
  create table reports (
    nr bigint generated always as identity primary key,
    device text not null, epoch text not null, seq bigint not null,
    counter bigint not null, at double precision not null, received double precision not null,
    key text not null, verdict text not null
  );
  create index reports_device on reports (device, nr);
  -- What a device said last. key: pinned at its first report. refused: reports that were not taken, for any reason.
  create table report_state (
    device text primary key,
    key text, key_since double precision, counter bigint, body text, received double precision,
    other_key text, other_at double precision,
    refused bigint not null default 0, refused_at double precision, refused_why text
  );
  `,
  `
  -- above: what is here beyond a hole, as JSON [[first, last], ...], ascending; where top lies higher it is not all.
  alter table watermarks add column above text not null default '[]';
  `,
  'create index reports_counter on reports (device, counter)',
  `
  -- shift: ms to add to the times of a record (at, and those in its text that are of the same clock), once its boot's
  -- clock is known; the text is never changed.
  alter table records add column shift double precision not null default 0;
  -- Which record a point is of; null: stored by an earlier version.
  alter table points add column epoch text;
  alter table points add column seq bigint;
  -- Boots of boxes in their order. anchor: UTC less the time since boot, ms; null: its clock was never known.
  create table boots (
    device text not null, boot text not null, nr bigint not null, anchor double precision, clock text,
    primary key (device, boot)
  );
  -- Where records lie whose clock nobody vouched for.
  create table boot_spans (
    device text not null, boot text not null, lane text not null, epoch text not null,
    first bigint not null, last bigint not null,
    primary key (device, boot, lane, epoch)
  );
  `,
  `
  -- When a command that waits is to be sent (again), epoch ms.
  alter table commands add column due double precision not null default 0;
  `,
];

/** Brings the tables to this version, each step whole or not at all. @throws KerbError DB_VERSION */
export async function migrate(db: Db): Promise<void> {
  await db.exec('create table if not exists schema_version (version integer not null)');
  await db.transaction(async (tx) => {
    await tx.query('lock table schema_version in exclusive mode');
    const [row] = await tx.query<{ version: number }>('select version from schema_version');
    const version = row?.version ?? 0;
    if (version > STEPS.length) {
      const what = `the database is of version ${version}, this program knows ${STEPS.length}`;
      throw new KerbError('DB_VERSION', what, db.name, 'run the newer centre');
    }
    for (const step of STEPS.slice(version)) {
      for (const statement of statements(step)) await tx.query(statement);
    }
    if (row) await tx.query('update schema_version set version = $1', [STEPS.length]);
    else await tx.query('insert into schema_version values ($1)', [STEPS.length]);
  });
}

/** One statement at a time: with parameters or in a transaction Postgres takes no more. */
function statements(step: string): string[] {
  return step
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement.length > 0);
}
