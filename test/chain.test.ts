// The centre as a program: one opener of its folder, bad messages beside good ones, its command line and the uplink's.
// That nothing is lost when they are killed is campaign.test.ts.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { deviceTopics, encodeEnvelope } from '../contract/index.ts';
import {
  centre,
  eventually,
  finish,
  freePort,
  kerbside,
  mosquitto,
  type Program,
  program,
  tempDir,
} from './chain-rig.ts';

interface Line {
  lane: string;
  seq: number;
  device: string;
  record: { n: number };
}

async function records(db: string, ...args: string[]): Promise<Line[]> {
  const { stdout, stderr, status } = await finish(centre, ['records', '--database', db, ...args]);
  if (status !== 0) throw new Error(`records: ${stderr}`);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

function startCentre(t: ExecutionContext, db: string, broker: string, port: number): Program {
  return program(t, centre, ['run', '--broker', broker, '--database', db, '--port', `${port}`]);
}

// A new PGlite takes seconds, on a busy machine many.
const ready = (port: number) =>
  eventually(
    'centre',
    async () => {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null);
      return response?.ok ? true : null;
    },
    150_000,
  );

test.serial(
  'a folder has one opener: a second centre is refused, records asks the first, its note is private',
  async (t) => {
    const dir = tempDir(t);
    const db = join(dir, 'db');
    const [port, http] = [await freePort(), await freePort()];
    const url = `mqtt://127.0.0.1:${port}`;
    const none = await finish(centre, ['records', '--database', db]);
    t.is(none.status, 2);
    t.false(existsSync(db));
    await mosquitto(t, dir, port);
    const first = startCentre(t, db, url, http);
    await ready(http);
    t.is(statSync(join(db, 'lock.json')).mode & 0o777, 0o600);
    const second = await finish(centre, ['run', '--broker', url, '--database', db]);
    t.is(second.status, 1);
    t.regex(second.stderr, /^centre: [^\n]*process \d+ has this database open[^\n]*\n$/);
    t.is((await fetch(`http://127.0.0.1:${http}/internal/records?what=records`)).status, 401);

    const client = await connectAsync(url, { reconnectPeriod: 0 });
    t.teardown(() => client.endAsync(true));
    const topics = deviceTopics('bozhou', 'box-1');
    const head = { v: 1, device: 'box-1', lane: 'alarm', epoch: '0123456789abcdef', low: 1, kind: 'opaque' } as const;
    const stamp = { at: 1, boot: 'b', mono: 1, clock: 'held' } as const;
    const acks: unknown[] = [];
    client.on('message', (_, payload) => acks.push(JSON.parse(payload.toString())));
    await client.subscribeAsync(topics.ack);
    const line = (seq: number, device = 'box-1') =>
      encodeEnvelope({ ...head, ...stamp, device, seq, text: `{"n":${seq}}` });
    // A hostile neighbour, nonsense and a good message: only the last one counts.
    await client.publishAsync(topics.lane('alarm'), line(1, 'box-2'), { qos: 1 });
    await client.publishAsync(topics.lane('alarm'), Buffer.alloc(200_000, 0xff), { qos: 1 });
    await client.publishAsync('kerb/v1/bozhou/box-1/up/nothing', 'x', { qos: 1 });
    await client.publishAsync(topics.lane('alarm'), `${line(1)}\n{"v":1}\n${line(2)}`, { qos: 1 });
    await eventually('acknowledged', () => acks[0] ?? null);
    t.like(acks[0], { lane: 'alarm', upTo: 2 });
    t.is((await records(db)).length, 2);
    t.is((await records(db, '--lane', 'case')).length, 0);
    t.is((await records(db, '--device', 'box-2')).length, 0);
    const page = await fetch(`http://127.0.0.1:${http}/`);
    t.true((await page.text()).includes('page.js'));
    t.is((await fetch(`http://127.0.0.1:${http}/page.js`)).status, 200);
    t.is((await fetch(`http://127.0.0.1:${http}/api/cases?limit=0`)).status, 400);
    t.is((await fetch(`http://127.0.0.1:${http}/api/evidence/none.jpg`)).status, 404);

    const asked = performance.now();
    t.is(await first.end('SIGTERM'), 0);
    t.log(`SIGTERM to end: ${Math.round(performance.now() - asked)} ms`);
    const alone = await Promise.all([records(db), records(db)]);
    t.deepEqual(
      alone.map((lines) => lines.length),
      [2, 2],
    );
  },
);

test.serial('wrong usage is one line and exit 2', async (t) => {
  const dir = tempDir(t);
  mkdirSync(join(dir, 'out'));
  const wrong: [string, string[]][] = [
    [kerbside, ['uplink']],
    [kerbside, ['uplink', join(dir, 'none'), '--broker', 'mqtt://127.0.0.1', '--device', 'b']],
    [kerbside, ['uplink', join(dir, 'out'), '--broker', 'nonsense', '--device', 'b']],
    [kerbside, ['uplink', join(dir, 'out'), '--broker', 'mqtt://127.0.0.1', '--device', 'a/b']],
    [kerbside, ['uplink', join(dir, 'out'), '--broker', 'mqtt://127.0.0.1', '--device', 'b', '--what']],
    [centre, ['run']],
    [centre, ['run', '--broker', 'http://x', '--database', join(dir, 'db')]],
    [centre, ['run', '--broker', 'mqtt://127.0.0.1', '--port', '99999']],
    [centre, ['records', '--lane', 'nothing']],
    [centre, ['records', '--database', 'mysql://u:secret@h/d']],
    [centre, ['nothing']],
  ];
  for (const [command, args] of wrong) {
    const { status, stdout, stderr } = await finish(command, args);
    t.is(status, 2, args.join(' '));
    t.is(stdout, '');
    t.is(stderr.trim().split('\n').length, 1, stderr);
    t.false(stderr.includes('secret'));
  }
});
