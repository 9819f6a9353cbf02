// A real agent whose clock is wrong when it boots, and is set while it runs: a vehicle terminal whose lines are moved by
// hand. Its system's clock is made wrong from outside, as a missing battery would; the time since boot is the machine's.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { State } from '../agent/console/api.ts';
import { FakeBroker } from '../agent/uplink/fake-broker.ts';
import type { Db } from '../centre/db.ts';
import { openPglite } from '../centre/db-pglite.ts';
import { decodeMessage } from '../centre/decode.ts';
import { migrate } from '../centre/migrations.ts';
import { recordLines } from '../centre/records.ts';
import { storeBatch } from '../centre/store.ts';
import { eventually, kerbside, ROOT, tempDir } from './chain-rig.ts';

const DEVICE = 'truck-1';
const BEGAN = Date.now();

interface Agent {
  started: number;
  /** ms from its start to its page */
  readyMs: number;
  state(): Promise<State>;
  /** moves a line, which is worth a point */
  move(): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** The environment of a process whose clock stands where the file says; an empty file: the right one. */
function wrongClock(file: string): NodeJS.ProcessEnv {
  const library = execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).trim();
  const fake = { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  return { LD_PRELOAD: library, ...fake };
}

async function agent(t: ExecutionContext, dir: string, broker: string | null, env: NodeJS.ProcessEnv): Promise<Agent> {
  const config = join(dir, 'box.yaml');
  const uplink = { url: broker, reconnect_spread_s: 0.1, reconnect_max_s: 1 };
  const vehicle = { profile: join(ROOT, 'examples/truck/profile.yaml'), lines: 'fake' };
  const box = { version: 1, device: DEVICE, data: join(dir, 'agent'), page: { port: 0 }, vehicle };
  writeFileSync(config, JSON.stringify(broker === null ? box : { ...box, uplink }));
  const started = performance.now();
  const child: ChildProcess = spawn(kerbside, ['run', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, KERBSIDE_PORT: '', ...env },
  });
  let log = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4000);
  });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  t.teardown(() => end('SIGKILL'));
  const [ready] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the agent ended: ${log}`))),
  ])) as [{ port: number }];
  const readyMs = performance.now() - started;
  const address = `http://127.0.0.1:${ready.port}`;
  const state = async () => (await (await fetch(`${address}/api/state`)).json()) as State;
  let brush = 0;
  const move = async () => {
    brush = 1 - brush;
    const response = await fetch(`${address}/api/vehicle/lines/brush`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: address },
      body: JSON.stringify({ state: brush }),
    });
    if (!response.ok) throw new Error(`the line does not move: ${response.status}`);
  };
  await move();
  return { started, readyMs, state, move, end };
}

/** ms from its start to the first record that is on disk and waits for the centre */
async function firstRecord({ started, state }: Agent): Promise<number> {
  await eventually('a record', async () => (waiting(await state()) > 0 ? true : null));
  return performance.now() - started;
}

const waiting = ({ outbox }: State) => outbox.find(({ lane }) => lane === 'telemetry')!.waiting;

test.serial('Cold boot without DNS, NTP or broker and with a wrong clock works in the usual time', async (t) => {
  // The usual: the right clock, no way upstream that could be in the way. Compiled code is in its cache after that.
  const usual = await agent(t, tempDir(t), null, {});
  const usualMs = await firstRecord(usual);
  await usual.end('SIGTERM');
  const dir = tempDir(t);
  const clock = join(dir, 'clock');
  writeFileSync(clock, '@1970-01-01 00:00:30\n');
  const cold = await agent(t, dir, 'mqtts://broker.invalid:8883', wrongClock(clock));
  const coldMs = await firstRecord(cold);
  const [pages, records] = [
    [cold.readyMs, usual.readyMs],
    [coldMs, usualMs],
  ].map((pair) => pair.map(Math.round));
  t.log(`page after ${pages!.join(' ms, usually ')} ms; first record after ${records!.join(' ms, usually ')} ms`);
  // A name that nobody resolves or a service that nobody finds would cost tens of seconds.
  t.true(cold.readyMs < 3 * usual.readyMs + 3000, `${cold.readyMs} ${usual.readyMs}`);
  t.true(coldMs < 3 * usualMs + 3000, `${coldMs} ${usualMs}`);
  const state = await eventually('an attempt', async () => {
    const now = await cold.state();
    return now.link.error ? now : null;
  });
  t.is(state.clock.quality, 'unknown');
  t.true(state.now < 86_400_000, `${state.now}`);
  t.not(state.link.state, 'online');
  // Killed and started again in 1970, it holds what it had accepted.
  const before = waiting(await cold.state());
  await cold.end('SIGKILL');
  const again = await agent(t, dir, 'mqtts://broker.invalid:8883', wrongClock(clock));
  t.true(waiting(await again.state()) >= before);
  t.like(JSON.parse(readFileSync(join(dir, 'agent/boots.json'), 'utf8')), [{ nr: 1, anchor: null }]);
});

/** A broker and a centre in this process: what comes is stored, acknowledged and confirmed. */
async function centre(t: ExecutionContext): Promise<{ broker: FakeBroker; url: string; db: Db }> {
  const db = await openPglite('memory://');
  await migrate(db);
  const broker = new FakeBroker();
  let turn = Promise.resolve();
  broker.onPublish = (message) => {
    turn = turn.then(async () => {
      const { acks } = await storeBatch(db, [decodeMessage(message.topic, Buffer.from(message.payload))], Date.now());
      for (const { topic, above, ...ack } of acks) {
        broker.publish(topic, JSON.stringify({ v: 1, kind: 'ack', ...ack, ...(above.length > 0 ? { above } : {}) }));
      }
      message.confirm();
    });
  };
  const url = `mqtt://127.0.0.1:${await broker.listen()}`;
  t.teardown(async () => {
    await broker.close();
    await turn;
    await db.close();
  });
  return { broker, url, db };
}

interface Line {
  seq: number;
  at: number;
  clock?: string;
  record: { at: number };
}

async function held(db: Db): Promise<Line[]> {
  let text = '';
  for await (const part of recordLines(db, { what: 'records', device: DEVICE, lane: 'telemetry' })) text += part;
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
}

test.serial(
  'what was recorded and sent in 1970 is put right at the centre once the clock is known; jumps of ten years lose nothing',
  async (t) => {
    const dir = tempDir(t);
    const clock = join(dir, 'clock');
    writeFileSync(clock, '@1970-01-01 00:00:30\n');
    const { db, url } = await centre(t);
    const box = await agent(t, dir, url, wrongClock(clock));
    const [first] = await eventually('the first point at the centre', async () => {
      const lines = await held(db);
      return lines.length > 0 ? lines : null;
    });
    t.is(first!.clock, 'unknown');
    t.true(first!.at < 86_400_000 && first!.record.at < 86_400_000, JSON.stringify(first));
    const tracked = async () => {
      const rows = await db.query<{ at: number }>('select at from points where device = $1 order by epoch, seq', [
        DEVICE,
      ]);
      return rows.map(({ at }) => at);
    };
    t.is((await tracked())[0], first!.record.at);

    writeFileSync(clock, '+0\n');
    const known = await eventually('the first point put right', async () => {
      const [line] = await held(db);
      return line && line.at > BEGAN ? line : null;
    });
    t.true(known.at <= Date.now() + 2000, `${known.at - Date.now()}`);
    t.is(known.clock, undefined);
    // The text is what was accepted; the track has the right time.
    t.is(known.record.at, first!.record.at);
    const [track] = await tracked();
    t.true(track! > BEGAN - 2000 && track! <= known.at + 2000, `${track! - known.at}`);
    t.not((await box.state()).clock.quality, 'unknown');

    const jumps = ['+10y', '-10y', '+0'];
    for (const jump of jumps) {
      writeFileSync(clock, `${jump}\n`);
      const wanted = jump === '+0' ? BEGAN : BEGAN + (jump === '+10y' ? 1 : -1) * 9.9 * 365 * 86_400_000;
      await eventually(`the clock at ${jump}`, async () => {
        const { now } = await box.state();
        return Math.abs(now - wanted) < 300 * 86_400_000 ? true : null;
      });
      await box.move();
    }
    await eventually('the last one at the centre', async () => {
      const last = (await held(db)).at(-1);
      return last && Math.abs(last.at - Date.now()) < 60_000 && last.seq > jumps.length ? true : null;
    });
    await eventually('all acknowledged', async () => (waiting(await box.state()) === 0 ? true : null));
    const lines = await held(db);
    // In the order of their making, none twice and none missing, whatever the clock said.
    t.deepEqual(
      lines.map(({ seq }) => seq),
      lines.map((_, i) => i + 1),
    );
    t.true(lines.length >= 4);
    // What was recorded without knowing the time follows the clock that was right in the end.
    const unknown = lines.filter(({ record }) => record.at < 1.6e12);
    t.true(
      unknown.length >= 2 && unknown.every(({ at }) => at > BEGAN - 2000 && at < Date.now() + 2000),
      JSON.stringify(lines),
    );
    const { link } = await box.state();
    t.true((link.traffic?.length ?? 0) <= 4);
  },
);
