import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'ava';
import type { Command, KerbError, Reply } from '../../contract/index.ts';
import { tempDir } from '../../test/chain-rig.ts';
import { drainRateHandler, pingHandler, snapshotHandler } from './index.ts';
import { judge } from './judge.ts';
import { Ledger, MAX_ENDED } from './ledger.ts';
import { box, command, NOW } from './testing.ts';

test('the ledger is bounded, durable, and begun anew with a named fault where it is broken', (t) => {
  const dir = tempDir(t);
  const faults: KerbError[] = [];
  const open = () => new Ledger(dir, (fault) => faults.push(fault));
  let ledger = open();
  const end = (n: number) => ledger.end({ id: `c${n}`, key: n % 2 ? 'k' : null, order: n, reply: `{"n":${n}}` });
  for (let n = 1; n <= 20; n++) end(n);
  ledger.close();
  const inside = new DatabaseSync(join(dir, 'commands.db'));
  inside.exec(`WITH RECURSIVE more(n) AS (SELECT 21 UNION ALL SELECT n + 1 FROM more WHERE n < ${MAX_ENDED})
    INSERT INTO ended (id, key, ord, reply) SELECT 'c' || n, NULL, n, '{}' FROM more`);
  inside.close();
  ledger = open();
  end(MAX_ENDED + 1);
  t.is(ledger.reply('c1'), null);
  t.is(ledger.reply('c2'), '{"n":2}');
  t.true(ledger.outdated('k', 1000));
  t.false(ledger.outdated('k', MAX_ENDED + 1));
  end(2);
  t.is(ledger.reply('c2'), '{"n":2}');
  for (let n = 1; n <= 6; n++) ledger.keep(`d${n}`, { text: 't', bytes: Buffer.from([n]) });
  t.deepEqual(
    [1, 2, 3, 6].map((n) => ledger.draft(`d${n}`)?.bytes[0] ?? null),
    [null, null, 3, 6],
  );
  ledger.close();
  writeFileSync(join(dir, 'commands.db'), randomBytes(8192));
  ledger = open();
  t.is(faults[0]?.code, 'COMMANDS_DB_BROKEN');
  t.is(ledger.reply('c2'), null);
  end(7);
  ledger.close();
});

test('ping, drain-rate and snapshot tell what they did', async (t) => {
  const handed: string[] = [];
  const taken: string[] = [];
  let fail = true;
  const picture = {
    id: 'p1',
    at: 7,
    sha256: 'a'.repeat(64),
    jpeg: Buffer.from([1, 2, 3]),
    width: 4,
    height: 3,
    masked: { persons: 1, vehicles: 2 },
  };
  const clock = { wall: () => NOW, mono: () => 90_000, quality: () => 'synced' as const };
  const handlers = {
    ping: pingHandler({ version: '1', boot: 'b', clock, started: 30_000, waiting: async () => ({ case: 2 }) }),
    'drain-rate': drainRateHandler({
      setDrainRate: async (rate) => ({ rate: rate === null ? null : Math.max(1000, rate), kept: rate !== null }),
    }),
    snapshot: snapshotHandler({
      cameras: () => ['cam1', 'cam2'],
      take: async (camera) => {
        taken.push(camera);
        return picture;
      },
      hand: async (id, { sha256 }) => {
        if (fail) throw new Error('the outbox is full');
        handed.push(`${id} ${sha256}`);
      },
    }),
  };
  const { ask } = box(t, { handlers });
  t.deepEqual((await ask())?.result, {
    version: '1',
    boot: 'b',
    uptime_s: 60,
    machine_s: 90,
    clock: 'synced',
    waiting: { case: 2 },
  });
  t.deepEqual((await ask({ name: 'drain-rate', params: { bytes_per_s: 5 } }))?.result, {
    bytes_per_s: 1000,
    kept: true,
  });
  t.deepEqual((await ask({ name: 'drain-rate', params: { bytes_per_s: null } }))?.result, {
    bytes_per_s: null,
    kept: false,
  });
  t.like(await ask({ name: 'snapshot' }), { state: 'failed', reason: 'the outbox is full' });
  fail = false;
  const done = await ask({ name: 'snapshot', params: { camera: 'cam2' } });
  const { jpeg, id, ...rest } = picture;
  t.deepEqual(done?.result, { evidence: id, camera: 'cam2', ...rest, bytes: jpeg.length });
  t.deepEqual(taken, ['cam1', 'cam2']);
  t.deepEqual(handed, [`${done?.id} ${picture.sha256}`]);
  t.like(await ask({ name: 'snapshot', params: { camera: 'cam3' } }), { state: 'refused' });
});

test('the judgement is one table: what is asked first decides', (t) => {
  const facts = { boot: 'b', version: '1', profiles: () => [], caseState: () => null };
  const state = (more: Partial<Command>, quality: Reply['clock'] = 'held', knows = true) =>
    judge(command(more), { wall: NOW, quality }, facts, () => knows)?.state ?? 'run';
  t.is(state({}), 'run');
  t.is(state({ expires: NOW + 1 }), 'run');
  t.is(state({ expires: NOW, name: 'later' }), 'expired');
  t.is(state({ expires: NOW, guard: { boot: 'x' } }), 'expired');
  t.is(state({ name: 'later', guard: { boot: 'x' } }), 'refused');
  t.is(state({ guard: { boot: 'x' } }, 'unknown'), 'refused');
  t.is(state({ guard: { boot: 'x' } }), 'guard-failed');
  t.is(state({}, 'held', false), 'refused');
});
