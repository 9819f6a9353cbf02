// The box finds by itself what it looks fastest with: once, remembered, in force between two looks; and never again and again.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { hashOf, readChoice, safe, thisBox, type Use, writeChoice } from '../../../models/choice.ts';
import { readPicture } from '../../../models/image.ts';
import type { gentleTrial } from '../../../models/trial.ts';
import { STREET } from '../model.ts';
import { Turn } from '../updates/exchange.ts';
import { box, DAY_MS, outcome, SetClock, smallCard } from './testing.ts';

const int8: Use = { runtime: 'wasm', weights: 'int8' };
const base = { depth: 'base', minScore: 0.5 } as const;

/** A trial of known outcome, counted. */
function known(float: number | null, other: number | null) {
  const counted = { begun: 0 };
  const tryOut: typeof gentleTrial = async () => {
    counted.begun += 1;
    return [outcome(safe, float), outcome(int8, other)];
  };
  return { counted, tryOut };
}

/** One that lasts until it is ended. */
const endless: typeof gentleTrial = (_, __, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

test.serial('it tries, remembers, and looks the new way from one look to the next; once', async (t) => {
  const { counted, tryOut } = known(80, 30);
  const { trial, looker, until, folder, card, said } = await box(t, { tryOut });
  const picture = await readPicture(STREET);
  t.deepEqual(looker.use, safe, 'the first picture does not wait for a trial');
  let looks = 0;
  let done = false;
  const live = (async () => {
    while (!done) {
      t.true((await looker.look(picture, base)).objects.length > 0);
      looks += 1;
    }
  })();
  trial.start();
  await until('done');
  done = true;
  await live;
  t.true(looks > 0);
  t.is(looker.stats.failed, 0, 'no look was lost');
  t.deepEqual(looker.use, int8);
  const choice = await readChoice(join(folder, 'choices.json'), card.card);
  t.like(choice, { ...int8, ms: 30, card: 'coco-ssd', box: thisBox() });
  t.deepEqual(JSON.parse(await readFile(join(folder, 'attempts.json'), 'utf8')), { attempts: [] });
  const { tried } = trial.state();
  t.like(tried, { at: Date.UTC(2026, 7, 1), ...int8 });
  t.deepEqual(
    tried?.runs.map(({ ms }) => ms),
    [80, 30],
  );
  t.regex(said.at(-1) ?? '', /wasm, weights int8, as tried here: wasm float 80\.0 ms, wasm int8 30\.0 ms/);

  const next = await box(t, { tryOut }, folder);
  next.trial.start();
  await next.until('done');
  t.is(counted.begun, 1, 'the next start knows it');
});

test.serial('a small difference between live looks is none: what is safe stays', async (t) => {
  const { trial, looker, until, folder, card } = await box(t, known(40, 34));
  const before = looker.use;
  trial.start();
  await until('done');
  t.is(looker.use, before);
  t.like(await readChoice(join(folder, 'choices.json'), card.card), safe);
});

test.serial(
  'one that chose nothing is told, and is not repeated within a day, whatever starts meanwhile',
  async (t) => {
    const clock = new SetClock();
    const { counted, tryOut } = known(null, 30);
    const { trial, looker, until, folder } = await box(t, { tryOut, clock });
    trial.start();
    await until('failed');
    t.regex(trial.state().trial.reason ?? '', /its process ended with 1/);
    t.deepEqual(looker.use, safe);
    await trial.close();
    for (const hours of [0, 12]) {
      clock.pass(hours * 3600_000);
      clock.boot = `boot-after-${hours}`;
      clock.since = 60_000;
      const next = await box(t, { tryOut, clock }, folder);
      next.trial.start();
      await next.until('failed');
      t.regex(next.trial.state().trial.reason ?? '', /its process ended with 1/);
      await next.trial.close();
    }
    t.is(counted.begun, 1);
    clock.pass(DAY_MS);
    const later = await box(t, { ...known(80, 30), clock }, folder);
    later.trial.start();
    await later.until('done');
    t.deepEqual(later.looker.use, int8);
  },
);

test.serial('nothing begins that cannot be written down before', async (t) => {
  const { counted, tryOut } = known(80, 30);
  const { trial, until, folder } = await box(t, { tryOut });
  await mkdir(join(folder, 'attempts.json.part'));
  trial.start();
  await until('failed');
  t.regex(trial.state().trial.reason ?? '', /cannot be written down/);
  t.is(counted.begun, 0);
  await rm(join(folder, 'attempts.json.part'), { recursive: true });
  await until('done');
});

test.serial('never is never', async (t) => {
  const { counted, tryOut } = known(80, 30);
  const { trial, until } = await box(t, { tryOut, mode: 'never' });
  trial.start();
  await until('never');
  await trial.close();
  t.is(counted.begun, 0);
});

test.serial('it waits for an update, for a slot, for looks that are late; but not for ever for those', async (t) => {
  let held: 'update' | 'slot' | null = 'update';
  let missed = 0;
  const { counted, tryOut } = known(80, 30);
  const { trial, until } = await box(t, {
    tryOut,
    hold: async () => held,
    served: () => {
      missed += 100;
      return { missed, wished_per_s: 4 };
    },
    pace: { patience_ms: 500 },
  });
  trial.start();
  await until('waiting');
  const reached = async (wait: string) => {
    while (trial.state().trial.wait !== wait) await new Promise((done) => setTimeout(done, 5));
  };
  await reached('update');
  held = 'slot';
  await reached('slot');
  held = null;
  await reached('late');
  t.is(counted.begun, 0);
  await until('done');
  t.is(counted.begun, 1);
});

test.serial('a model update ends a trial under way; it is repeated once the update is done', async (t) => {
  const turn = new Turn();
  let begun = 0;
  const quick = known(80, 30).tryOut;
  const tryOut: typeof gentleTrial = (...given) => (begun++ === 0 ? endless(...given) : quick(...given));
  const { trial, until, looker } = await box(t, { tryOut, turn });
  trial.start();
  await until('running');
  const giveBack = await turn.take();
  await until('waiting');
  t.is(trial.state().trial.wait, 'update');
  t.deepEqual(looker.use, safe);
  giveBack();
  await until('done');
  t.is(begun, 2);
});

test.serial('a chosen one whose live looks fail gives way to what ran before, and is not remembered', async (t) => {
  const { trial, looker, until, folder, card } = await box(t, { ...known(80, 30), pace: { watch_ms: 5000 } });
  trial.start();
  while (looker.use?.weights === 'float') await new Promise((done) => setTimeout(done, 5));
  const unfit = { width: 3, height: 3, rgb: new Uint8Array(1) };
  for (let i = 0; i < 3; i++) await t.throwsAsync(looker.look(unfit, base));
  await until('failed');
  t.deepEqual(looker.use, safe);
  t.true((await looker.look(await readPicture(STREET), base)).objects.length > 0);
  t.is(await readChoice(join(folder, 'choices.json'), card.card), null);
});

test.serial('each card is tried by itself; a choice that can no longer be had is made anew', async (t) => {
  const { counted, tryOut } = known(80, 30);
  const clock = new SetClock();
  const { trial, until, folder, card, looker } = await box(t, { tryOut, clock });
  const about = { cardHash: hashOf(card.card), box: thisBox(), ms: 20, at: '2026-01-01T00:00:00Z' };
  const choices = join(folder, 'choices.json');
  await writeChoice(choices, { ...about, card: 'another', ...int8, cardHash: '0' });
  const gone = structuredClone(card.card);
  gone.sizes[0]!.variants!['conv-int8']!.file = 'models/none.tflite';
  card.card.sizes = gone.sizes;
  await writeChoice(choices, { ...about, card: card.card.name, runtime: 'wasm', weights: 'conv-int8' });
  trial.start();
  await until('done');
  t.is(counted.begun, 1);
  t.deepEqual(looker.use, int8);
});

test.serial('another model that an update brings is tried as well, some time after it came', async (t) => {
  const { counted, tryOut } = known(80, 30);
  const first = await smallCard();
  let card = first;
  const { trial, until, folder } = await box(t, { tryOut, card: () => card, pace: { after_ms: 300 } });
  trial.start();
  await until('done');
  const other = await smallCard();
  other.card.name = 'other';
  // a card is known by its files
  other.card.sizes[0]!.variants!['conv-int8']!.sha256 = '0'.repeat(64);
  card = other;
  await until('waiting');
  t.is(trial.state().trial.wait, 'start');
  t.is(counted.begun, 1);
  await until('done');
  t.is(counted.begun, 2);
  const choices = join(folder, 'choices.json');
  t.like(await readChoice(choices, first.card), int8);
  t.like(await readChoice(choices, other.card), { card: 'other', ...int8 });
});

test.serial('stopped in the middle of a real trial it leaves no process, and says so at the next start', async (t) => {
  const clock = new SetClock();
  const first = Promise.withResolvers<number>();
  const onChild = (pid: number, started: boolean) => started && first.resolve(pid);
  const { trial, folder } = await box(t, { clock, onChild });
  trial.start();
  const pid = await first.promise;
  await trial.close();
  t.false(existsSync(`/proc/${pid}`));
  const next = await box(t, { clock }, folder);
  next.trial.start();
  await next.until('failed');
  t.regex(next.trial.state().trial.reason ?? '', /the agent was stopped during it/);
  t.deepEqual(next.children, []);
});

test.serial('a file of attempts that is damaged is as good as none', async (t) => {
  const { counted, tryOut } = known(80, 30);
  const first = await box(t);
  await writeFile(join(first.folder, 'attempts.json'), '{"attempts": [{"card');
  const { trial, until } = await box(t, { tryOut }, first.folder);
  trial.start();
  await until('done');
  t.is(counted.begun, 1);
});
