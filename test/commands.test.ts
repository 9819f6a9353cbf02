// Commands the whole way with real programs: `centre command`, a broker, `kerbside uplink`, each killed where it hurts.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { centre, eventually, finish, freePort, kerbside, mosquitto, program, tempDir } from './chain-rig.ts';

interface Listed {
  id: string;
  state: string;
  by: string | null;
  sends: number;
  reason?: string;
  result?: Record<string, unknown>;
}

test('each command ends once: box and centre killed with kill -9, offline, late, by the running centre or without one', async (t) => {
  const dir = tempDir(t);
  const [db, out] = [join(dir, 'db'), join(dir, 'out')];
  mkdirSync(out);
  const [port, http] = [await freePort(), await freePort()];
  const broker = `mqtt://127.0.0.1:${port}`;
  await mosquitto(t, dir, port);
  const hub = program(t, centre, ['run', '--broker', broker, '--database', db, '--port', `${http}`]);
  const page = <T>(path: string) =>
    fetch(`http://127.0.0.1:${http}${path}`).then(
      (response) => (response.ok ? (response.json() as Promise<T>) : null),
      () => null,
    );
  const online = (is: boolean) =>
    eventually(
      `box ${is ? 'on' : 'off'}line`,
      async () => {
        const state = await page<{ devices: { device: string; online: boolean }[] }>('/api/state');
        return state?.devices.some((box) => box.device === 'box-1' && box.online === is) ? true : null;
      },
      150_000,
    );
  const ended = (count: number) =>
    eventually('all ended', async () => {
      const list = await page<Listed[]>('/api/commands?limit=500');
      return list && list.length === count && list.every(({ state }) => state !== 'waiting') ? list : null;
    });
  const box = program(t, kerbside, ['uplink', out, '--broker', broker, '--device', 'box-1']);
  const ask = async (...args: string[]) => {
    const { stdout, stderr, status } = await finish(centre, ['command', '--database', db, ...args]);
    const lines = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Listed);
    return { lines, stderr, status };
  };
  await online(true);

  const [ping, unknown, stranger] = await Promise.all([
    ask('--device', 'box-1', '--kind', 'ping'),
    ask('--device', 'box-1', '--kind', 'of-tomorrow', '{"a": 1}'),
    ask('--device', 'box-9', '--kind', 'ping'),
  ]);
  t.is(ping.status, 0, ping.stderr);
  t.deepEqual(Object.keys(ping.lines[0] ?? {}), ['id']);
  t.like(ping.lines[1], { id: ping.lines[0]?.id, state: 'done', by: 'box' });
  t.deepEqual(ping.lines[1]?.result?.['waiting'], { alarm: 0, case: 0, telemetry: 0, evidence: 0 });
  t.is(unknown.status, 1);
  t.like(unknown.lines[1], { state: 'refused', reason: 'unknown kind' });
  t.is(stranger.status, 2);
  t.regex(stranger.stderr, /^centre: device box-9: no such box was ever heard; [^\n]*\n$/);

  // The box dies without a word; what is asked of it waits, or expires without having been sent.
  await box.end('SIGKILL');
  await online(false);
  const given = async (id: string, ...args: string[]) => {
    const { status, stderr } = await ask('--device', 'box-1', '--no-wait', '--id', id, ...args);
    t.is(status, 0, stderr);
  };
  const [late] = await Promise.all([
    ask('--device', 'box-1', '--kind', 'ping', '--expires', '1'),
    given('a', '--kind', 'ping'),
    given('b', '--kind', 'drain-rate', '{"bytes_per_s": 20000}'),
    given('c', '--kind', 'ping', '--guard', '{"boot": "another"}'),
  ]);
  await given('a', '--kind', 'ping');
  t.is(late.status, 1);
  t.like(late.lines[1], { state: 'expired', by: 'centre' });

  // The centre dies too; both come back, and the box dies once more in the middle.
  await hub.end('SIGKILL');
  box.start();
  hub.start();
  await eventually('an answer', async () => {
    const list = await page<Listed[]>('/api/commands');
    return list?.some(({ id, sends }) => id === 'a' && sends > 0) ? true : null;
  });
  await box.end('SIGKILL');
  box.start();
  const all = await ended(6);
  const of = (id: string) => all.find((command) => command.id === id);
  t.like(of('a'), { state: 'done', by: 'box' });
  t.like(of('b'), { state: 'done', result: { bytes_per_s: 20_000 } });
  t.like(of('c'), { state: 'guard-failed' });

  // Without a running centre the folder is opened: it is kept, and listed as waiting.
  await box.end('SIGTERM');
  await hub.end('SIGTERM');
  await given('d', '--kind', 'ping');
  const { stdout } = await finish(centre, ['commands', '--database', db, '--device', 'box-1']);
  const listed = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Listed);
  t.like(listed[0], { id: 'd', state: 'waiting', by: null, sends: 0 });
  t.is(listed.length, 7);
  for (const args of [[], ['--device', 'box-1'], ['--device', 'box-1', '--kind', 'ping', '[1]']]) {
    t.is((await ask(...args)).status, 2);
  }
});
