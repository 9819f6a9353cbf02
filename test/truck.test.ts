// The vehicle role alone, as a real agent on the made-up truck's ptys: it drives on the page, loses its receiver, heals.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { State, TrailPoint } from '../agent/console/api.ts';

const file = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

test('a truck on ptys: fix, bus and lines are on the page; a killed receiver is lost within 5 s and heals', async (t) => {
  t.timeout(120_000);
  const home = mkdtempSync(join(tmpdir(), 'kerb-truck-'));
  const ports: { name: string; pid: number }[] = [];
  const drive = fork(file('agent/main/drive/main.ts'), [join(home, 'drive')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  t.teardown(() => end(drive));
  drive.on('message', (message: { kind: string; name: string; pid: number }) => {
    if (message.kind === 'port') ports.push(message);
  });

  const config = join(home, 'box.yaml');
  const box = {
    version: 1,
    device: 'truck-1',
    data: join(home, 'agent'),
    page: { port: 0 },
    vehicle: {
      profile: file('examples/truck/profile.yaml'),
      gnss: { port: join(home, 'drive/gnss'), baud: 9600 },
      can: { slcan: join(home, 'drive/can') },
      lines: 'fake',
    },
  };
  writeFileSync(config, JSON.stringify(box));
  const env = { ...process.env, KERBSIDE_PORT: '' };
  const agent = spawn(file('bin/kerbside'), ['run', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env,
  });
  t.teardown(() => end(agent));
  let log = '';
  agent.stderr!.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const [ready] = (await once(agent, 'message')) as [{ port: number }];
  const address = `http://127.0.0.1:${ready.port}`;
  const get = async <T>(path: string) => (await (await fetch(address + path)).json()) as T;
  const until = async (what: string, limitMs: number, met: (state: State) => boolean): Promise<State> => {
    const last = performance.now() + limitMs;
    for (;;) {
      const state = await get<State>('/api/state');
      if (met(state)) return state;
      if (performance.now() > last) throw new Error(`${what}: not within ${limitMs} ms\n${log.slice(-2000)}`);
      await new Promise((next) => setTimeout(next, 100));
    }
  };

  const state = await until(
    'a fix and the bus',
    40_000,
    ({ vehicle }) => vehicle?.fix.mode === 3 && vehicle.bus.state === 'live',
  );
  t.deepEqual(state.roles, ['vehicle']);
  t.deepEqual(state.cameras, []);
  t.true(Math.abs(state.vehicle!.fix.lat! - 33.84) < 0.1);
  t.true(state.vehicle!.satellites.some((satellite) => satellite.system === 'BeiDou' && satellite.used));
  await until('driving', 60_000, ({ vehicle }) => vehicle!.moving && vehicle!.speed.bus !== null);

  // a line is switched from the page; a foreign site may not
  const post = (headers: Record<string, string>) =>
    fetch(`${address}/api/vehicle/lines/brush`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ state: 1 }),
    });
  t.is((await post({ origin: 'http://elsewhere.example' })).status, 403);
  t.true((await post({ origin: address })).ok);
  await until('the brush', 5000, ({ vehicle }) => vehicle!.lines.find((line) => line.id === 'brush')?.state === 1);

  process.kill(ports.filter((port) => port.name === 'gnss').at(-1)!.pid, 'SIGKILL');
  const killed = performance.now();
  await until('the loss', 15_000, ({ vehicle }) => vehicle!.receiver.state === 'lost');
  t.log(`a killed receiver was shown as lost after ${Math.round(performance.now() - killed)} ms`);
  t.is((await fetch(`${address}/healthz`)).status, 503);
  await until('healing', 40_000, ({ vehicle }) => vehicle!.receiver.state === 'live' && vehicle!.fix.mode === 3);

  const trail = await get<TrailPoint[]>('/api/vehicle/trail');
  t.true(trail.length > 3);
  const waiting = (await get<State>('/api/state')).outbox.find((lane) => lane.lane === 'telemetry')!.waiting;
  t.true(waiting >= trail.length, 'without a way upstream the points wait in the outbox');
});
