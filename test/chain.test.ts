// The centre as a program: one opener of its folder, bad messages beside good ones, its command line and the uplink's.
// That nothing is lost when they are killed is campaign.test.ts.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { connectAsync } from 'mqtt';
import { pointAt } from '../centre/testing.ts';
import { deviceTopics, encodeBatch, encodeEnvelope } from '../contract/index.ts';
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
  rejected?: string;
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

/** What a page hears, as it comes. */
async function listen(url: string, signal: AbortSignal, onText: (text: string) => void): Promise<void> {
  const response = await fetch(url, { signal });
  for await (const bytes of response.body ?? []) onText(Buffer.from(bytes).toString('utf8'));
}

test.serial(
  'a folder has one opener: a second centre is refused, records asks the first; bad messages are counted, told once, and cost the others nothing',
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
    const acks: { lane: string }[] = [];
    client.on('message', (_, payload) => acks.push(JSON.parse(payload.toString())));
    await client.subscribeAsync(topics.ack);
    const line = (seq: number, device = 'box-1') =>
      encodeEnvelope({ ...head, ...stamp, device, seq, text: `{"n":${seq}}` });
    const page = new AbortController();
    t.teardown(() => page.abort());
    const heard: string[] = [];
    listen(`http://127.0.0.1:${http}/api/events`, page.signal, (text) => heard.push(text)).catch(() => undefined);
    await eventually('the page listens', () => heard[0] ?? null);
    // A hostile neighbour, nonsense, 64 MiB in a small parcel, a count that is a lie, and a good message: only the
    // last one counts.
    await client.publishAsync(topics.lane('alarm'), line(1, 'box-2'), { qos: 1 });
    await client.publishAsync(topics.lane('alarm'), Buffer.alloc(200_000, 0xff), { qos: 1 });
    await client.publishAsync('kerb/v1/bozhou/box-1/up/nothing', 'x', { qos: 1 });
    const telemetry = topics.lane('telemetry');
    await client.publishAsync(telemetry, deflateSync(Buffer.alloc(2 ** 26), { level: 1 }), { qos: 1 });
    await client.publishAsync(telemetry, Buffer.from([0x78, 1, 2, 3]), { qos: 1 });
    const points = [1, 2, 3].map((n) => ({ point: pointAt(n), accepted: n, mono: n }));
    const batch = {
      device: 'box-1',
      epoch: head.epoch,
      first: 1,
      low: 1,
      boot: 'b',
      clock: 'held',
      records: points,
    } as const;
    const liar = inflateSync(encodeBatch(batch));
    // Field 6, the count, before field 7.
    liar[liar.indexOf(Buffer.from([0x30, 3, 0x3a])) + 1] = 100;
    await client.publishAsync(telemetry, deflateSync(liar), { qos: 1 });
    const fresh = encodeEnvelope({ ...head, ...stamp, at: Date.now(), seq: 2, text: '{"n":2}' });
    await client.publishAsync(topics.lane('alarm'), `${line(1)}\n{"v":1}\n${fresh}`, { qos: 1 });
    await eventually('acknowledged', () => acks.find(({ lane }) => lane === 'alarm') ?? null);
    t.like(
      acks.find(({ lane }) => lane === 'alarm'),
      { upTo: 2 },
    );
    t.is((await records(db, '--lane', 'alarm')).length, 2);
    t.is((await records(db, '--lane', 'case')).length, 0);
    t.is((await records(db, '--device', 'box-2')).length, 0);
    // What it still said of itself is kept, so that its box can go on.
    const kept = await records(db, '--lane', 'telemetry');
    t.is(kept.length, 100);
    t.true(kept.every(({ rejected }) => /^batch: /.test(rejected ?? '')));
    const metrics = await (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
    for (const [kind, count] of Object.entries({ device: 1, topic: 1, batch: 3, envelope: 1 })) {
      t.true(
        metrics.includes(`kerb_centre_rejects_total{kind="${kind}"} ${count}\n`),
        `${kind} ${metrics.match(/rejects_total.*/g)}`,
      );
    }
    t.is(first.stderr.match(/"level":40/g)?.length, 1, 'told once a minute');
    // The alarm of 1970 came late: it is history.
    await eventually('told', () => heard.find((text) => text.includes('event: alarm')) ?? null);
    t.is(heard.join('').match(/event: alarm/g)?.length, 1);
    t.regex(heard.join(''), /"seq":2,"at":\d+,"record":\{"n":2\}\}\n\n/);
    t.true((await (await fetch(`http://127.0.0.1:${http}/`)).text()).includes('page.js'));
    t.is((await fetch(`http://127.0.0.1:${http}/page.js`)).status, 200);
    t.is((await fetch(`http://127.0.0.1:${http}/api/cases?limit=0`)).status, 400);
    t.is((await fetch(`http://127.0.0.1:${http}/api/evidence/none.jpg`)).status, 404);

    const asked = performance.now();
    t.is(await first.end('SIGTERM'), 0);
    t.log(`SIGTERM to end: ${Math.round(performance.now() - asked)} ms`);
    const alone = await Promise.all([records(db), records(db)]);
    t.deepEqual(
      alone.map((lines) => lines.length),
      [102, 102],
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
