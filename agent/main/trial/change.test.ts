// The running model looked with in another way: only where there is room, and only if live looks do get faster.
import test from 'ava';
import { safe, type Use } from '../../../models/choice.ts';
import { readPicture } from '../../../models/image.ts';
import { cacheDir } from '../../../models/testing.ts';
import type { Looker } from '../../../models/types.ts';
import { STREET } from '../model.ts';
import { SwitchLooker } from '../updates/switch-looker.ts';
import { type Change, changeUse } from './change.ts';
import { smallCard } from './testing.ts';

const int8: Use = { runtime: 'wasm', weights: 'int8' };
const base = { depth: 'base', minScore: 0.5 } as const;

/** Looks in no time. */
const quick: Looker = {
  workers: 1,
  busy: 0,
  use: safe,
  look: async () => ({ objects: [], ms: 0.001, run_ms: 0.001, model: 'quick' }),
  close: async () => {},
};

async function change(looker: SwitchLooker, said: string[], mb?: number): Promise<Change> {
  const card = await smallCard();
  if (mb !== undefined) card.card.budget.mb = mb;
  const bounds = { watch_ms: 5000, signal: new AbortController().signal, where: 'test' };
  const tell = { onRestart: () => {}, log: (line: string) => said.push(line) };
  return { looker, card, use: int8, cacheDir, workers: 1, ...bounds, ...tell };
}

test.serial('one that is slower between live looks gives way to what ran before', async (t) => {
  const looker = new SwitchLooker(quick);
  const picture = await readPicture(STREET);
  for (let i = 0; i < 5; i++) await looker.look(picture, base);
  const said: string[] = [];
  const changed = changeUse(await change(looker, said));
  let most = 0;
  let done = false;
  const live = (async () => {
    while (!done) {
      await looker.look(picture, base);
      if (looker.use?.weights === 'int8') most += 1;
      await new Promise((next) => setTimeout(next, 5));
    }
  })();
  t.is(await changed, 'slower');
  done = true;
  await live;
  t.true(most >= 5, 'it did look');
  t.is(looker.use, safe);
  t.regex(said[0] ?? '', /int8 took .* ms between live looks, what ran before 0\.0 ms/);
});

test.serial('without room for two models it waits for the next start', async (t) => {
  const looker = new SwitchLooker(quick);
  const said: string[] = [];
  t.is(await changeUse(await change(looker, said, 1e9)), 'later');
  t.is(looker.use, safe);
  t.regex(said[0] ?? '', /from the next start on/);
});
