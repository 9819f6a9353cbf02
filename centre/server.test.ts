// The centre with a real Postgres server (DATABASE_URL); the same SQL runs in store.test.ts in PGlite.
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { deviceTopics, encodeEnvelope } from '../contract/index.ts';
import { Intake } from './intake.ts';
import { openDatabase, parseTarget } from './open.ts';
import { recordLines } from './records.ts';
import { PostgresServer } from './testing-postgres.ts';

test('two centres at one server, which is killed in between: every message is confirmed once it is stored, each record is there once', async (t) => {
  const server = await PostgresServer.start();
  t.teardown(() => server.close());
  const target = parseTarget(server.url);
  const [first, second] = await Promise.all([openDatabase(target, 0), openDatabase(target, 0)]);
  const faults: string[] = [];
  const upTo = new Map<string, number>();
  const open = ({ db }: typeof first) =>
    new Intake({
      db,
      now: () => 9,
      publish: (topic, text) => {
        const ack = JSON.parse(text) as { upTo: number };
        upTo.set(topic, Math.max(upTo.get(topic) ?? 0, ack.upTo));
      },
      onStored: () => undefined,
      onReject: ({ why }) => t.fail(why),
      onFault: (line) => faults.push(line),
    });
  const centres = [open(first), open(second)];
  let confirmed = 0;
  const send = (centre: Intake, device: string, seqs: number[]) => {
    const topics = deviceTopics('bozhou', device);
    const head = { v: 1, device, lane: 'case', epoch: '0123456789abcdef', low: 1, kind: 'opaque' } as const;
    const stamp = { at: 5, boot: 'b', mono: 6, clock: 'held' } as const;
    const lines = seqs.map((seq) => encodeEnvelope({ ...head, ...stamp, seq, text: `{"n": ${seq}.50}` }));
    const confirm = () => void confirmed++;
    centre.take({ topic: topics.lane('case'), payload: Buffer.from(lines.join('\n')), confirm }, () => undefined);
  };
  // The same messages to both, and overlapping, as a broker and a box do that know nothing of each other.
  const ROUNDS = 30;
  for (let round = 0; round < ROUNDS; round++) {
    const seqs = Array.from({ length: 15 }, (_, i) => round * 10 + i + 1);
    for (const device of ['box-2', 'box-1']) for (const centre of centres) send(centre, device, seqs);
    await wait(5);
    if (round === 15) {
      await server.kill();
      await server.run();
    }
  }
  while (confirmed < ROUNDS * 4) await wait(20);
  const last = (ROUNDS - 1) * 10 + 15;
  t.deepEqual([...upTo.values()], [last, last]);
  for (const device of ['box-1', 'box-2']) {
    let text = '';
    for await (const part of recordLines(first.db, { what: 'records', device })) text += part;
    const lines = text.trimEnd().split('\n');
    t.is(lines.length, last);
    t.true(lines.every((line, i) => line.endsWith(`"seq":${i + 1},"at":5,"record":{"n": ${i + 1}.50}}`)));
  }
  t.log(`faults while the server was away: ${faults.length}`);
  for (const centre of centres) await centre.close();
  await first.db.close();
  await second.db.close();
});
