// The trial beside a box at work: one process at a time, of low priority, and none left behind however it ends.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { KerbError } from '../contract/errors.ts';
import { safe, type Use } from './choice.ts';
import { nativeAddon } from './native.ts';
import { cacheDir, defaultCard } from './testing.ts';
import { choose, gentleTrial } from './trial.ts';

const picture = fileURLToPath(new URL('./proof/street.png', import.meta.url));
const int8: Use = { runtime: 'wasm', weights: 'int8' };

async function start() {
  const { card, folder } = await defaultCard();
  card.sizes = [card.sizes[0]!];
  return { card, places: { folder, cacheDir }, picture, checked: true };
}

/** Processes as they come and go; the nice value of each is read when it goes. */
function processes() {
  const alive = new Set<number>();
  const all: number[] = [];
  let most = 0;
  const onChild = (pid: number, started: boolean) => {
    if (started) all.push(pid);
    alive[started ? 'add' : 'delete'](pid);
    most = Math.max(most, alive.size);
  };
  return { all, alive, onChild, most: () => most };
}

/** Field 19 of each thread's stat. */
const nice = (pid: number) =>
  Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[16],
  );

test.serial('candidates run one at a time and give way to the box; what cannot run is told', async (t) => {
  const begun = await start();
  begun.card.sizes[0]!.variants!['conv-int8']!.file = 'models/none.tflite';
  const seen = processes();
  const nices: number[] = [];
  const scores: string[] = [];
  const look = setInterval(() => {
    for (const pid of seen.alive) {
      if (!existsSync(`/proc/${pid}/stat`)) continue;
      nices.push(nice(pid));
      scores.push(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim());
    }
  }, 100);
  t.teardown(() => clearInterval(look));
  const { signal } = new AbortController();
  const uses: Use[] = [safe, { runtime: 'wasm', weights: 'conv-int8' }];
  const [float, missing] = await gentleTrial(begun, uses, { signal, onChild: seen.onChild });
  if (float?.fault !== null) return t.fail(float?.fault.message);
  t.true(float.ms > 0 && float.agreement === 1);
  t.is(missing?.fault?.code, 'MODEL_MISSING');
  t.is(choose([float, missing!], 1.25), float);
  t.is(seen.most(), 1);
  t.is(seen.all.length, 4, 'three turns, and one of what is missing');
  t.is(seen.alive.size, 0);
  t.true(nices.length > 0 && nices.every((one) => one === 10), `${nices}`);
  t.true(scores.every((one) => one === '1000'));
});

test.serial('ended in the middle it leaves no process', async (t) => {
  const begun = await start();
  const seen = processes();
  const ends = new AbortController();
  const why = new KerbError('TRIAL_STOPPED', 'the agent was stopped during it', 'test', 'nothing');
  const first = Promise.withResolvers<void>();
  const onChild = (pid: number, started: boolean) => {
    seen.onChild(pid, started);
    first.resolve();
  };
  const trial = gentleTrial(begun, [safe, int8], { signal: ends.signal, onChild });
  await first.promise;
  ends.abort(why);
  t.is(await t.throwsAsync(trial), why);
  t.is(seen.all.length, 1);
  t.is(seen.alive.size, 0);
  t.false(existsSync(`/proc/${seen.all[0]}`));
});

test.serial("a candidate's runtime that is a process of its own ends with it", async (t) => {
  if (nativeAddon() === null) return t.pass('the native runtime is not installed here');
  const begun = await start();
  const ends = new AbortController();
  const first = Promise.withResolvers<number>();
  const onChild = (pid: number, started: boolean) => started && first.resolve(pid);
  const trial = gentleTrial(begun, [{ runtime: 'native', weights: 'float' }], { signal: ends.signal, onChild });
  const pid = await first.promise;
  const helpers = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  while (helpers() === '') await new Promise((done) => setTimeout(done, 5));
  const helper = Number(helpers().split(' ')[0]);
  t.is(nice(helper), 10);
  ends.abort(new KerbError('TRIAL_STOPPED', 'was stopped', 'test', 'nothing'));
  await t.throwsAsync(trial, { code: 'TRIAL_STOPPED' });
  // a process that init has not taken leave of yet is a zombie
  const runs = () => existsSync(`/proc/${helper}/stat`) && !/\) Z /.test(readFileSync(`/proc/${helper}/stat`, 'utf8'));
  while (runs()) await new Promise((done) => setTimeout(done, 5));
  t.false(runs());
});
