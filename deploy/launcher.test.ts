// The launcher, with made-up slots: which slot runs in the end, whatever dies on the way.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { eventually } from '../test/chain-rig.ts';
import { AGENTS, Box, LAUNCHER } from './testing-launcher.ts';

test('a good release is tried, becomes healthy and stays, without a break', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).slot('b', AGENTS.good).state({}).want('b');
  box.launcher.start();
  const agent = await box.runs('b');
  t.like(box.now, { committed: 'b', trial: '', tries: '0', end: 'yes' });
  t.deepEqual(box.result, {
    result: 'committed',
    slot: 'b',
    release: 'release-b',
    reason: 'it became healthy',
    tries: 0,
  });
  t.false(readdirSync(join(box.root, 'home/launch')).includes('want'), 'the wish is done');
  // the copy is written once the state is on the disk
  const copied = () => /committed=b/.test(readFileSync(join(box.root, 'home/launch/state.copy'), 'utf8'));
  await eventually('the copy', () => copied() || null);
  // what was tried ran without restarts by pm2: now its death is healed as well
  process.kill(agent, 'SIGKILL');
  const next = await eventually('another agent', () => box.processes('agent').find(({ pid }) => pid !== agent) ?? null);
  t.is(next.slot, 'b');
  t.is(await box.launcher.end('SIGTERM'), 0);
  t.deepEqual(box.processes('agent'), []);
  t.deepEqual(box.processes('pm2'), []);
});

test('a crash loop returns to the old slot after three tries, and says why', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).slot('b', AGENTS.crashing).state({});
  box.launcher.start();
  await box.runs('a');
  const pid = Number(readFileSync(join(box.root, 'run/launcher'), 'utf8').split(' ')[0]);
  box.want('b');
  process.kill(pid, 'SIGUSR1'); // a running launcher is woken
  await eventually('a result', () => box.result);
  t.like(box.result, { result: 'returned', slot: 'b', release: 'release-b', reason: 'the agent ended', tries: 3 });
  await box.runs('a');
});

test('a release that hangs returns after its deadline', async (t) => {
  const box = new Box(t, { seconds: 1 }).slot('a', AGENTS.good).slot('b', AGENTS.hanging).state({ trial: 'b' });
  box.launcher.start();
  await box.runs('a');
  t.like(box.result, { result: 'returned', reason: 'not healthy within 1 s', tries: 3 });
});

test('a release whose health check gives up has failed', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).slot('b', AGENTS.good).state({ trial: 'b', tries: '2' });
  writeFileSync(join(box.root, 'opt/b/deploy/slot/healthy'), '#!/bin/sh\nexit 7\n');
  box.launcher.start();
  await box.runs('a');
  t.like(box.result, { result: 'returned', reason: 'the health check gave up (7)', tries: 3 });
});

test('power cuts in a trial are no failures', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).slot('b', AGENTS.hanging).state({}).want('b');
  for (let cut = 1; cut <= 6; cut++) {
    box.launcher.start();
    await eventually('the new agent', () => box.processes('agent').find(({ slot }) => slot === 'b') ?? null);
    t.like(box.now, { trial: 'b', tries: '0', starts: String(cut) });
    // all at once, as the power goes
    const dead = box.launcher.end('SIGKILL');
    box.killAll();
    await dead;
    for (const file of readdirSync(join(box.root, 'run'))) rmSync(join(box.root, 'run', file));
  }
  box.slot('b', AGENTS.good);
  box.launcher.start();
  await box.runs('b');
});

test('an orderly stop in a trial is no failure and no start', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).slot('b', AGENTS.hanging).state({ trial: 'b' });
  box.launcher.start();
  await eventually('the new agent', () => box.processes('agent')[0] ?? null);
  t.is(await box.launcher.end('SIGTERM'), 0);
  t.like(box.now, { committed: 'a', trial: 'b', tries: '0', starts: '0' });
});

test('a release that takes the machine down at each start returns in the end', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).slot('b', AGENTS.good).state({ trial: 'b', starts: '20' });
  box.launcher.start();
  await box.runs('a');
  t.like(box.result, { result: 'returned', reason: 'started 20 times without becoming healthy' });
});

for (const [what, body, right] of [
  ['a good release', AGENTS.good, 'b'],
  ['one that crashes', AGENTS.crashing, 'a'],
] as const)
  test(`kill -9 of the launcher at any moment, with ${what}: one agent runs, and of the right slot`, async (t) => {
    const box = new Box(t).slot('a', AGENTS.good).slot('b', body).state({}).want('b');
    // moments spread over the whole way: every 70 ms from the first on
    for (let kill = 0; kill < 12; kill++) {
      box.launcher.start();
      await wait(10 + kill * 70);
      await box.launcher.end('SIGKILL');
    }
    box.launcher.start();
    await box.runs(right);
    t.is(box.processes('pm2').length, 1);
    await box.launcher.end('SIGTERM');
  });

test('leftovers of a killed launcher are ended before a start', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).state({});
  box.launcher.start();
  const left = await box.runs('a');
  const [pm2] = box.processes('pm2');
  await box.launcher.end('SIGKILL');
  t.is(box.processes('agent')[0]?.pid, left, 'it lives on');
  box.launcher.start();
  await eventually('a new agent', () => box.processes('agent').some(({ pid }) => pid !== left) || null);
  const now = [...box.processes('agent'), ...box.processes('pm2')].map(({ pid }) => pid);
  t.false(now.includes(left) || now.includes(pm2!.pid));
  t.is(now.length, 2);
});

test('a process that merely has the pid of a leftover is left alone', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).state({});
  const bystander = spawn('sleep', ['60']);
  t.teardown(() => void bystander.kill('SIGKILL'));
  writeFileSync(join(box.root, 'run', `agent.${bystander.pid}`), `${bystander.pid} 1 ${boot()}\n`);
  box.launcher.start();
  await box.runs('a');
  t.is(bystander.exitCode ?? bystander.signalCode, null);
});

test('a second launcher does not start', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).state({});
  box.launcher.start();
  await box.runs('a');
  const second = box.twin();
  t.is(await second.finished(), 1);
  await eventually('its word', () => /another launcher runs/.test(second.stderr) || null);
});

test('a state that is torn or gone: the copy counts, then the complete slot', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).slot('b', AGENTS.good);
  const launch = join(box.root, 'home/launch');
  writeFileSync(join(launch, 'state'), 'committed=a\ntri');
  writeFileSync(join(launch, 'state.copy'), 'committed=b\ntrial=\ntries=0\nstarts=0\nend=yes\n');
  box.launcher.start();
  await eventually('slot b', () => box.processes('agent').find(({ slot }) => slot === 'b') ?? null);
  await box.launcher.end('SIGTERM');
  rmSync(join(launch, 'state.copy'));
  rmSync(join(box.root, 'opt/a/OK'));
  writeFileSync(join(launch, 'state'), '\0\0\0\0');
  box.launcher.start();
  await eventually('slot b', () => box.processes('agent').find(({ slot }) => slot === 'b') ?? null);
  t.pass();
});

test('a slot that is not complete is not tried; a wish for nonsense is dropped', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).slot('b', AGENTS.good).state({}).want('../../etc');
  rmSync(join(box.root, 'opt/b/OK'));
  box.launcher.start();
  await box.runs('a');
  t.regex(box.launcher.stderr, /want names no slot/);
  box.want('b');
  await eventually('an answer', () => /wanted and not complete/.test(box.launcher.stderr) || null);
  t.like(box.now, { committed: 'a', trial: '' });
  t.is(box.result, null);
});

test('the launcher stays under 3 MB', async (t) => {
  const box = new Box(t).slot('a', AGENTS.good).state({});
  box.launcher.start();
  await box.runs('a');
  const pid = readFileSync(join(box.root, 'run/launcher'), 'utf8').split(' ')[0];
  const rss = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  t.log(`${rss} kB`);
  t.true(rss < 3000, `${LAUNCHER}: ${rss} kB`);
});

function boot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
