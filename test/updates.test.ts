// docs/first-hour.md, done as it is written: a publisher's keys, the root that a human places, rules pushed to a running box
// and what came of them back in the publisher's chair. Broker, centre and agent are processes of their own, the repository
// is served by the centre, the box is not restarted.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { stringify } from 'yaml';
import type { State } from '../agent/console/api.ts';
import { centreUser, deviceUser, startBroker } from '../deploy/broker.ts';
import { centre, eventually, finish, freePort, kerbside, program, ROOT, tempDir } from './chain-rig.ts';

const exec = promisify(execFile);
const ota = join(ROOT, 'bin/ota');

interface Line {
  device: string;
  wanted: { kind: string; version: string }[];
  running: { kind: string; version: string; counter: number | null }[];
  result: string | null;
  reason: string | null;
}

/** The document's shell blocks, in order. */
const BLOCKS = [...readFileSync(join(ROOT, 'docs/first-hour.md'), 'utf8').matchAll(/```sh\n([^`]*)```/g)].map(
  ([, text]) => text!,
);
/** The one block that holds this. */
function block(part: string): number {
  const at = BLOCKS.findIndex((text) => text.includes(part));
  if (at < 0) throw new Error(`docs/first-hour.md has no block with ${part}`);
  return at;
}

test('the first hour, as written: trust, other rules without a restart, bad rules refused, all of it known at the centre', async (t) => {
  t.timeout(300_000);
  const home = tempDir(t);
  const users = [deviceUser('c', 'pole-1', 'd'), centreUser('c')];
  const broker = await startBroker({ port: 0, users });
  t.teardown(() => broker.close());
  const address = (user: string) => `mqtt://${user}@127.0.0.1:${broker.port}`;
  const [port, page] = [await freePort(), await freePort()];
  const repository = join(home, 'updates/repository');
  const central = ['--database', join(home, 'centre'), '--port', String(port), '--updates', repository];
  program(t, centre, ['run', '--broker', address('centre:c'), ...central]);
  const box = join(home, 'box.yaml');
  writeFileSync(
    box,
    stringify({
      ...{ version: 1, device: 'pole-1', city: 'c', data: join(home, 'agent'), page: { port: page } },
      uplink: { url: address('pole-1:d') },
      camera: {
        site: join(ROOT, 'examples/street/site.yaml'),
        source: join(home, 'none.mp4'),
        workers: 1,
        trial: 'never',
      },
      // The next poll is far away: only the centre's hint can be what makes the box look.
      updates: {
        url: `http://127.0.0.1:${port}/updates`,
        root: join(home, 'updates/root.json'),
        poll_s: 3600,
        jitter_s: 0,
      },
    }),
  );
  const agent = program(t, kerbside, ['run', '--config', box]);

  /** The box as `ota status` tells it, once the centre's interface says what is wanted. */
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
  const rules = (line: Line) => line.running.find(({ kind }) => kind === 'profile');
  let next = 0;
  /** Runs the blocks up to and with one; gives what they printed. */
  const upTo = async (last: number): Promise<string> => {
    const script = [BLOCKS[0], ...BLOCKS.slice(Math.max(1, next), last + 1)].join('\n');
    next = last + 1;
    const { stdout } = await exec('bash', ['-euc', script], {
      cwd: ROOT,
      env: { ...process.env, KERBSIDE_HOME: home },
    });
    return stdout;
  };

  const before = await status('the first report', ({ running }) => running.length > 0);
  t.like(rules(before), { version: 'demo-1', counter: null });
  t.regex(before.reason ?? '', /no root is trusted/);

  await upTo(block('root.json'));
  const publish = ['publish', repository, '--keys', join(home, 'updates/keys')];
  t.is((await finish(ota, publish)).status, 0); // a hint, as the poll is far away
  await status('the root is trusted', ({ result }) => result === 'success');

  await upTo(block('profile-20s'));
  const pushed = await status('other rules', (line) => rules(line)?.version === 'demo-2' && line.result === 'success');
  t.like(pushed, { device: 'pole-1', reason: null, wanted: [{ kind: 'profile', version: 'demo-2' }] });
  const state = (await (await fetch(`http://127.0.0.1:${page}/api/state`)).json()) as State;
  t.is(state.cameras[0]?.zones[0]?.limit_s, 20);

  await upTo(block('profile-bad'));
  const refused = await status('the refusal', ({ result }) => result === 'refused');
  t.like(refused, { wanted: [{ kind: 'profile', version: 'demo-3' }] });
  t.regex(refused.reason ?? '', /dwell_s/);
  t.is(rules(refused)?.version, 'demo-2');
  t.true(agent.running);

  // The rest is about models, which boxes take their time over: that its commands do what they say.
  await agent.end('SIGTERM');
  const models = await upTo(BLOCKS.length - 1);
  const published = models.split('\n').filter((line) => line.startsWith('{"version"'));
  t.regex(published.at(-1) ?? '', /"model\/coco-ssd\/3\/model-1\.yaml"/);
  t.regex(
    readFileSync(join(home, 'updates/model-2.yaml'), 'utf8'),
    /^version: first-hour-2$[\s\S]*\[\n? *car, bicycle, person,/m,
  );
});

test('a question that cannot be answered is one line with a remedy', async (t) => {
  const wrong = await finish(ota, ['status', '--centre', 'nonsense']);
  t.is(wrong.status, 2);
  t.regex(wrong.stderr, /^ota: --centre: "nonsense" is no address; [^\n]+\n$/);
  const nobody = await finish(ota, ['status', '--centre', `http://127.0.0.1:${await freePort()}`]);
  t.is(nobody.status, 1);
  t.regex(nobody.stderr, /^ota: http:\/\/127\.0\.0\.1:\d+: [^\n]+\n$/);
});
