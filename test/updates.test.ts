// A profile's way from a publisher's chair to the rules of a running box, and what came of it back to the chair: broker,
// centre and agent as processes of their own, the repository served by the centre. The box is not restarted.
import { writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { stringify } from 'yaml';
import type { State } from '../agent/console/api.ts';
import { centreUser, deviceUser, startBroker } from '../deploy/broker.ts';
import { centre, eventually, finish, freePort, kerbside, program, ROOT, tempDir } from './chain-rig.ts';

const ota = join(ROOT, 'bin/ota');

interface Line {
  device: string;
  wanted: { kind: string; version: string }[];
  running: { kind: string; version: string; counter: number | null }[];
  result: string | null;
  reason: string | null;
}

test('a profile is pushed to a running box, and a bad one is refused with its reason; both are known at the centre', async (t) => {
  t.timeout(240_000);
  const dir = tempDir(t);
  const [repository, keys, root] = [join(dir, 'repository'), join(dir, 'keys'), join(dir, 'root.json')];
  const users = [deviceUser('c', 'pole-1', 'd'), centreUser('c')];
  const broker = await startBroker({ port: 0, users });
  t.teardown(() => broker.close());
  const address = (user: string) => `mqtt://${user}@127.0.0.1:${broker.port}`;
  const [port, page] = [await freePort(), await freePort()];
  const central = ['--database', join(dir, 'db'), '--port', String(port), '--updates', repository];
  program(t, centre, ['run', '--broker', address('centre:c'), ...central]);
  writeFileSync(
    join(dir, 'box.yaml'),
    stringify({
      ...{ version: 1, device: 'pole-1', city: 'c', data: join(dir, 'agent'), page: { port: page } },
      uplink: { url: address('pole-1:d') },
      camera: { site: join(ROOT, 'examples/street/site.yaml'), source: join(dir, 'none.mp4'), workers: 1 },
      updates: { url: `http://127.0.0.1:${port}/updates`, root, poll_s: 600, jitter_s: 0 },
    }),
  );
  const agent = program(t, kerbside, ['run', '--config', join(dir, 'box.yaml')]);

  /** The line of `ota status`, once the centre's interface says what is wanted. */
  const status = async (what: string, wanted: (line: Line) => boolean) => {
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/devices`).catch(() => null);
      const [line] = answer?.ok ? ((await answer.json()) as Line[]) : [];
      return line && wanted(line) ? line : null;
    };
    await eventually(what, ask, 90_000);
    const { stdout } = await finish(ota, ['status', '--centre', `http://127.0.0.1:${port}`]);
    return JSON.parse(stdout) as Line;
  };
  const publish = async (profile: string) => {
    const file = join(ROOT, 'examples/first-hour', profile);
    const { status, stderr } = await finish(ota, ['publish', repository, '--keys', keys, '--add', `profile=${file}`]);
    t.is(status, 0, stderr);
  };
  const profileOf = (line: Line) => line.running.find(({ kind }) => kind === 'profile');

  // Before: its own profile, and no root to trust.
  t.is((await finish(ota, ['keys', keys])).status, 0);
  const before = await status('the first report', ({ running }) => running.length > 0);
  t.like(profileOf(before), { version: 'demo-1', counter: null });
  t.regex(before.reason ?? '', /no root is trusted/);

  // The poll is ten minutes away: only the poke can be what makes the box look.
  await publish('profile-20s.yaml');
  await cp(join(repository, 'metadata/1.root.json'), root);
  await finish(ota, ['publish', repository, '--keys', keys]);
  const pushed = await status('the profile runs', (line) => profileOf(line)?.version === 'demo-2');
  t.like(pushed, {
    device: 'pole-1',
    result: 'success',
    reason: null,
    wanted: [{ kind: 'profile', version: 'demo-2' }],
  });
  const state = (await (await fetch(`http://127.0.0.1:${page}/api/state`)).json()) as State;
  t.is(state.cameras[0]?.zones[0]?.limit_s, 20);

  await publish('profile-bad.yaml');
  const refused = await status('the refusal', ({ result }) => result === 'refused');
  t.like(refused, { wanted: [{ kind: 'profile', version: 'demo-3' }] });
  t.regex(refused.reason ?? '', /dwell_s/);
  t.is(profileOf(refused)?.version, 'demo-2');
  t.true(agent.running);

  // Faults of the question itself.
  const wrong = await finish(ota, ['status', '--centre', 'nonsense']);
  t.is(wrong.status, 2);
  t.regex(wrong.stderr, /^ota: --centre: "nonsense" is no address; [^\n]+\n$/);
  t.is((await finish(ota, ['status', '--centre', `http://127.0.0.1:${page}`])).status, 1);
});
