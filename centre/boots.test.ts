// Times that a box wrote in ignorance, put right by what it says later: over both databases.
import type { AddressInfo, Server } from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import test, { type ExecutionContext } from 'ava';
import {
  type Anchor,
  type Boot,
  type ClockQuality,
  deviceTopics,
  encodeBatch,
  encodeEnvelope,
  pointText,
  type Status,
} from '../contract/index.ts';
import type { Db } from './db.ts';
import { openPglite } from './db-pglite.ts';
import { openServer } from './db-server.ts';
import { decodeMessage } from './decode.ts';
import { migrate } from './migrations.ts';
import { recordLines } from './records.ts';
import { storeBatch } from './store.ts';
import { pointAt, postgresWire } from './testing.ts';
import { listVehicles } from './vehicles.ts';

const NOW = Date.UTC(2026, 10, 28);
let folder: Db;
let server: Db;
let wire: Server;

test.before(async () => {
  folder = await openPglite('memory://');
  await migrate(folder);
  wire = await postgresWire(await PGlite.create());
  const { port } = wire.address() as AddressInfo;
  server = await openServer(`postgres://postgres@127.0.0.1:${port}/postgres?sslmode=disable`, 1);
  await migrate(server);
});

test.after.always(async () => {
  await folder?.close();
  await server?.close();
  wire?.close();
});

function onBoth(title: string, body: (t: ExecutionContext, db: Db) => Promise<void>): void {
  test(`in a folder: ${title}`, (t) => body(t, folder));
  test.serial(`over the wire of a server: ${title}`, (t) => body(t, server));
}

let boxes = 0;
function box(db: Db) {
  const device = `box-${++boxes}`;
  const topics = deviceTopics('bozhou', device);
  const epoch = '0123456789abcdef';
  let seq = 1;
  interface Stamp {
    at: number;
    mono: number;
    boot: string;
    clock: ClockQuality;
    anchor?: Anchor;
  }
  return {
    device,
    /** opaque records of the case lane */
    records: async (stamps: Stamp[]) => {
      const lines = stamps.map((stamp) =>
        encodeEnvelope({ v: 1, device, lane: 'case', epoch, seq: seq++, low: 1, kind: 'opaque', ...stamp, text: '{}' }),
      );
      await storeBatch(db, [decodeMessage(topics.lane('case'), Buffer.from(lines.join('\n')))], NOW);
    },
    /** points of one boot, accepted in the moment that they speak of, on the box's clock */
    points: async (
      first: number,
      stamps: Omit<Stamp, 'boot' | 'clock' | 'anchor'>[],
      head: Omit<Stamp, 'at' | 'mono'>,
    ) => {
      const records = stamps.map(({ at, mono }, i) => ({ point: pointAt(i, { at }), accepted: at, mono }));
      const payload = encodeBatch({ device, epoch, first, low: 1, ...head, records });
      await storeBatch(db, [decodeMessage(topics.lane('telemetry'), payload)], NOW);
      return records.map(({ point }) => pointText(point));
    },
    born: async (boots: Boot[]) => {
      const status: Status = {
        v: 1,
        kind: 'status',
        device,
        online: true,
        at: 1,
        version: '1',
        boot: 'b',
        roles: [],
        boots,
      };
      const decoded = decodeMessage(topics.status, Buffer.from(JSON.stringify(status)));
      if (decoded.rejects.length > 0) throw new Error(decoded.rejects[0]?.why);
      await storeBatch(db, [decoded], NOW);
    },
    lines: async (lane: 'case' | 'telemetry') => {
      let text = '';
      for await (const part of recordLines(db, { what: 'records', device, lane })) text += part;
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { at: number; clock?: string; record: unknown });
    },
    tracked: async () =>
      (await db.query<{ at: number }>('select at from points where device = $1 order by at', [device])).map(
        ({ at }) => at,
      ),
    vehicle: async () => (await listVehicles(db)).find((one) => one.device === device),
  };
}

const synced = (offset: number): Anchor => ({ offset, clock: 'synced' });

onBoth(
  'records of 1970 are marked until their boot is known, then put right; a worse word changes nothing',
  async (t, db) => {
    const { device, records, born, lines } = box(db);
    await records([
      { at: 5000, mono: 5000, boot: 'a', clock: 'unknown' },
      // The clock was set by hand in between, to a year that is plausible and wrong.
      { at: NOW + 9e10, mono: 7000, boot: 'a', clock: 'held' },
      { at: 9000, mono: 9000, boot: 'b', clock: 'unknown' },
    ]);
    await born([
      { boot: 'a', nr: 1, anchor: null },
      { boot: 'b', nr: 2, anchor: null },
    ]);
    t.deepEqual(
      (await lines('case')).map(({ at, clock }) => [at, clock]),
      [
        [5000, 'unknown'],
        [NOW + 9e10, undefined],
        [9000, 'unknown'],
      ],
    );
    await born([{ boot: 'a', nr: 1, anchor: { offset: NOW - 8000, clock: 'held' } }]);
    t.is((await lines('case'))[0]?.at, NOW - 3000);
    await born([{ boot: 'a', nr: 1, anchor: synced(NOW - 10_000) }]);
    await born([{ boot: 'a', nr: 1, anchor: { offset: 77, clock: 'held' } }]);
    await born([{ boot: 'a', nr: 1, anchor: null }]);
    t.deepEqual(
      (await lines('case')).map(({ at, clock }) => [at, clock]),
      [
        [NOW - 5000, undefined],
        [NOW - 3000, undefined],
        [9000, 'unknown'],
      ],
    );
    // What was packed before the clock was known and comes after it: the centre knows the boot already.
    await records([{ at: 6000, mono: 6000, boot: 'a', clock: 'unknown' }]);
    t.is((await lines('case'))[3]?.at, NOW - 4000);
    // Boots have an order, whether they knew the time or not.
    const boots = await db.query<{ boot: string; nr: number }>(
      'select boot, nr::float8 as nr from boots where device = $1 order by nr',
      [device],
    );
    t.deepEqual(boots, [
      { boot: 'a', nr: 1 },
      { boot: 'b', nr: 2 },
    ]);
  },
);

onBoth(
  'points of two boots that both began in 1970 find their places, and the vehicle is where it was last',
  async (t, db) => {
    const { points, born, lines, tracked, vehicle } = box(db);
    const stamps = [0, 1, 2].map((i) => ({ at: 60_000 + i * 1000, mono: 60_000 + i * 1000 }));
    const texts = await points(1, stamps, { boot: 'a', clock: 'unknown' });
    await points(4, stamps, { boot: 'b', clock: 'unknown' });
    t.is((await vehicle())?.position?.at, 62_000);
    await born([
      { boot: 'a', nr: 1, anchor: synced(NOW - 3_600_000) },
      { boot: 'b', nr: 2, anchor: synced(NOW - 100_000) },
    ]);
    const a = [0, 1, 2].map((i) => NOW - 3_600_000 + 60_000 + i * 1000);
    const b = [0, 1, 2].map((i) => NOW - 100_000 + 60_000 + i * 1000);
    t.deepEqual(await tracked(), [...a, ...b]);
    t.is((await vehicle())?.position?.at, b.at(-1));
    t.deepEqual(
      (await lines('telemetry')).map(({ at }) => at),
      [...a, ...b],
    );
    // The texts are as they were accepted.
    t.deepEqual(
      (await lines('telemetry')).slice(0, 3).map(({ record }) => JSON.stringify(record)),
      texts,
    );
    // Put right once more by a better word: to where the last word says.
    await born([{ boot: 'b', nr: 2, anchor: synced(NOW - 90_000) }]);
    t.deepEqual(await tracked(), [...a, ...b.map((at) => at + 10_000)]);
    // What comes later of that boot, with its anchor in the batch; a time that satellites told is left alone.
    await points(7, [{ at: 64_000, mono: 64_000 }], { boot: 'b', clock: 'unknown', anchor: synced(NOW - 90_000) });
    t.is((await tracked()).at(-1), NOW - 26_000);
  },
);
