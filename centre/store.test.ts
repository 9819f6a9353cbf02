import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import test, { type ExecutionContext } from 'ava';
import { deviceTopics, type EnvelopeHead, encodeEnvelope } from '../contract/index.ts';
import type { Db } from './db.ts';
import { openPglite } from './db-pglite.ts';
import { openServer } from './db-server.ts';
import { decodeMessage } from './decode.ts';
import { migrate } from './migrations.ts';
import { listCases, readCounts, readPicture } from './queries.ts';
import { recordLines } from './records.ts';
import { storeBatch } from './store.ts';
import { postgresWire } from './testing.ts';

const dir = mkdtempSync(join(tmpdir(), 'kerbside-store-'));
let folder: Db;
let server: Db;
let wire: Server;

test.before(async () => {
  folder = await openPglite(join(dir, 'folder'));
  await migrate(folder);
  wire = await postgresWire(await PGlite.create());
  const address = wire.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  server = await openServer(`postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`, 1);
  await migrate(server);
});

test.after.always(async () => {
  await folder?.close();
  await server?.close();
  wire?.close();
  rmSync(dir, { recursive: true, force: true });
});

let devices = 0;
/** A device that no other test uses. */
function box() {
  const device = `box-${++devices}`;
  const topics = deviceTopics('bozhou', device);
  const head: EnvelopeHead = {
    v: 1,
    device,
    lane: 'case',
    epoch: '0123456789abcdef',
    seq: 1,
    low: 1,
    kind: 'opaque',
    at: 5,
    boot: 'b',
    mono: 6,
    clock: 'held',
  };
  const message = (seqs: number[], more: Partial<EnvelopeHead> = {}, text = (seq: number) => `{"n": ${seq}}`) => {
    const lines = seqs.map((seq) => encodeEnvelope({ ...head, ...more, seq, text: text(seq) }));
    return decodeMessage(topics.lane('case'), Buffer.from(lines.join('\n')));
  };
  return { device, topics, head, message };
}

async function lines(db: Db, device: string, what: 'records' | 'cases' = 'records'): Promise<string[]> {
  let text = '';
  for await (const part of recordLines(db, { what, device })) text += part;
  return text.split('\n').filter(Boolean);
}

// One connection serves the wire: its tests take turns.
function onBoth(title: string, body: (t: ExecutionContext, db: Db) => Promise<void>): void {
  test(`in a folder: ${title}`, (t) => body(t, folder));
  test.serial(`over the wire of a server: ${title}`, (t) => body(t, server));
}

onBoth(
  'records are stored once, duplicates are acknowledged, holes hold the watermark until they are filled',
  async (t, db) => {
    const { device, message, topics } = box();
    const first = await storeBatch(db, [message([1, 2]), message([2, 3])], 9);
    t.like(first, { fresh: 3, duplicates: 1 });
    t.deepEqual(first.acks, [
      { device, lane: 'case', epoch: '0123456789abcdef', upTo: 3, above: [], topic: topics.ack },
    ]);
    t.like((await storeBatch(db, [message([6, 7])], 9)).acks[0], { upTo: 3, above: [[6, 7]] });
    t.is((await storeBatch(db, [message([5])], 9)).acks[0]?.upTo, 3);
    t.is((await storeBatch(db, [message([4])], 9)).acks[0]?.upTo, 7);
    const again = await storeBatch(db, [message([1, 2, 3, 4, 5, 6, 7])], 9);
    t.like(again, { fresh: 0, duplicates: 7 });
    t.is(again.acks[0]?.upTo, 7);
    t.deepEqual(
      await lines(db, device),
      [1, 2, 3, 4, 5, 6, 7].map(
        (n) => `{"device":"${device}","epoch":"0123456789abcdef","lane":"case","seq":${n},"at":5,"record":{"n": ${n}}}`,
      ),
    );
  },
);

onBoth('low says that what lies below is not coming: the watermark passes it', async (t, db) => {
  const { message } = box();
  t.is((await storeBatch(db, [message([50, 51], { low: 50 })], 9)).acks[0]?.upTo, 51);
  t.is((await storeBatch(db, [message([60, 61], { low: 50 })], 9)).acks[0]?.upTo, 51);
  t.is((await storeBatch(db, [message([60], { low: 60 })], 9)).acks[0]?.upTo, 61);
  // A lower low that comes late takes nothing back.
  t.is((await storeBatch(db, [message([62], { low: 1 })], 9)).acks[0]?.upTo, 62);
});

onBoth('what lies beyond holes is told as ranges, and more holes than a row keeps cost nothing', async (t, db) => {
  const { message } = box();
  const odd = Array.from({ length: 400 }, (_, i) => 3 + 2 * i);
  const { acks } = await storeBatch(db, [message(odd)], 9);
  t.is(acks[0]?.upTo, 0);
  t.deepEqual(
    acks[0]?.above,
    odd.slice(0, 64).map((seq) => [seq, seq]),
  );
  const even = odd.map((seq) => seq + 1);
  t.is((await storeBatch(db, [message(even.slice(100))], 9)).acks[0]?.above.length, 64);
  t.is((await storeBatch(db, [message([1, 2])], 9)).acks[0]?.upTo, 3);
  t.like((await storeBatch(db, [message(even.slice(0, 100))], 9)).acks[0], { upTo: 802, above: [] });
});

onBoth('a rejected record lets its lane go on, and epochs are lanes of their own', async (t, db) => {
  const { device, message } = box();
  const bad = message([2], { kind: 'case' }, () => '{"v":1}');
  const stored = await storeBatch(
    db,
    [message([1]), bad, message([3]), message([1], { epoch: 'ffffffffffffffff' })],
    9,
  );
  t.deepEqual(
    stored.acks.map(({ epoch, upTo }) => [epoch, upTo]),
    [
      ['0123456789abcdef', 3],
      ['ffffffffffffffff', 1],
    ],
  );
  const kept = (await lines(db, device)).map((line) => JSON.parse(line) as { seq: number; rejected?: string });
  t.deepEqual(
    kept.map(({ seq, rejected }) => [seq, rejected !== undefined]),
    [
      [1, false],
      [2, true],
      [3, false],
      [1, false],
    ],
  );
  const counts = await readCounts(db);
  t.like(
    counts.rejects.find((row) => row.device === device),
    { kind: 'schema', count: 1 },
  );
});

onBoth(
  'a picture is there once it is whole and its hash is right; a broken one is forgotten and may come anew',
  async (t, db) => {
    const { head, topics, device } = box();
    const picture = Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251));
    const sha256 = createHash('sha256').update(picture).digest('hex');
    const chunk = (seq: number, n: number, data: Buffer) => {
      const text = JSON.stringify({
        v: 1,
        kind: 'evidence',
        id: `${device}-p`,
        case: 'c1',
        chunk: n,
        of: 2,
        sha256,
        bytes: picture.length,
        mime: 'image/jpeg',
      });
      const envelope = encodeEnvelope({ ...head, lane: 'evidence', kind: 'evidence', seq, text });
      return decodeMessage(topics.evidence(`${device}-p`, n), Buffer.concat([Buffer.from(`${envelope}\n`), data]));
    };
    const [a, b] = [picture.subarray(0, 3000), picture.subarray(3000)];
    await storeBatch(db, [chunk(1, 1, b)], 9);
    t.is(await readPicture(db, `${device}-p`, device), null);
    const broken = await storeBatch(db, [chunk(2, 0, Buffer.alloc(3000))], 9);
    t.is(broken.rejects[0]?.kind, 'evidence');
    t.is(broken.acks[0]?.upTo, 2);
    t.is((await storeBatch(db, [chunk(3, 0, a), chunk(4, 1, b), chunk(4, 1, b)], 9)).pictures, 1);
    t.deepEqual(await readPicture(db, `${device}-p`, device), picture);
    t.is(await readPicture(db, `${device}-p`, 'another'), null);
    t.is((await storeBatch(db, [chunk(5, 0, Buffer.from([1]))], 9)).acks[0]?.upTo, 5);
    t.deepEqual(await readPicture(db, `${device}-p`, null), picture);
  },
);

onBoth('a case is one case, however often its box reports it', async (t, db) => {
  const { device, message } = box();
  const words = { zh: '机动车乱停放', en: 'illegal parking' };
  const text = JSON.stringify({
    v: 1,
    kind: 'case',
    id: `${device}-c`,
    device,
    site: 's',
    camera: 'c',
    event: 'e',
    at: 1,
    until: 2,
    code: '09009',
    name: words,
    place: { lon: 115.7, lat: 33.8, text: words },
    zone: 'z',
    zone_name: words,
    class: 'car',
    track: 1,
    box: [0, 0, 1, 1],
    certainty: 0.9,
    rule: { id: 'r', limit_s: 30, dwell_s: 31, profile: 'p' },
    state: 'reported',
    evidence: [],
  });
  t.is((await storeBatch(db, [message([1, 2], { kind: 'case' }, () => text)], 9)).cases, 1);
  t.is((await storeBatch(db, [message([1, 3], { kind: 'case' }, () => text)], 9)).cases, 0);
  const listed = (await listCases(db, null, 100)).filter((row) => row.text === text);
  t.is(listed.length, 1);
  t.deepEqual(
    await listCases(db, listed[0]!.nr, 10),
    (await listCases(db, null, 100)).filter(({ nr }) => nr > listed[0]!.nr),
  );
  t.is((await lines(db, device, 'cases')).length, 1);
  t.is((await lines(db, device)).length, 3);
});

onBoth('an alarm that comes late is stored as history: no live alarm', async (t, db) => {
  const { device, head, topics } = box();
  const now = Date.UTC(2026, 10, 28);
  const epoch = `${device.length}`.padStart(8, '0');
  const store = (seq: number, more: Partial<EnvelopeHead>) => {
    const line = encodeEnvelope({ ...head, lane: 'alarm', epoch, seq, text: `{"n": ${seq}}`, ...more });
    return storeBatch(db, [decodeMessage(topics.lane('alarm'), Buffer.from(line))], now);
  };
  const told = async (seq: number, more: Partial<EnvelopeHead>) => {
    const { alarms } = await store(seq, more);
    return [alarms.live.map((alarm) => alarm.seq), alarms.late];
  };
  t.deepEqual(await told(1, { at: now - 60_000 }), [[1], 0]);
  t.deepEqual(await told(1, { at: now - 60_000 }), [[], 0], 'once');
  t.deepEqual(await told(2, { at: now - 3_600_000 }), [[], 1]);
  // In 1970 it is not known whether it is late, until the boot's clock is.
  t.deepEqual(await told(3, { at: 500, mono: 500, clock: 'unknown' }), [[3], 0]);
  const anchor = { offset: now - 4_000_000, clock: 'held' } as const;
  t.deepEqual(await told(4, { at: 600, mono: 600, clock: 'unknown', anchor }), [[], 1]);
  t.deepEqual(await told(5, { at: 700, mono: 3_999_000, clock: 'unknown' }), [[5], 0]);
  t.is((await lines(db, device)).length, 5);
});

test('a server that drops a connection in the middle of a transaction fails that one alone', async (t) => {
  const base = await PGlite.create();
  const own = await postgresWire(base);
  const open = new Set<Socket>();
  own.on('connection', (socket) => open.add(socket));
  const { port } = own.address() as AddressInfo;
  const db = await openServer(`postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`, 1);
  await t.throwsAsync(
    db.transaction(async (tx) => {
      await tx.query('select 1');
      for (const socket of open) socket.resetAndDestroy();
      // While no query runs: the event is all that tells of it.
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      await tx.query('select 1');
    }),
  );
  t.deepEqual(await db.query('select 1 as one'), [{ one: 1 }]);
  await db.close();
  own.close();
});

test('a database of a later version is refused', async (t) => {
  const db = await openPglite(join(dir, 'later'));
  await migrate(db);
  await migrate(db);
  await db.query('update schema_version set version = 99');
  await t.throwsAsync(migrate(db), { code: 'DB_VERSION' });
  await db.close();
});
