import test from 'ava';
import type { Look, Looker } from '../../../models/types.ts';
import { SwitchLooker } from './switch-looker.ts';

const PICTURE = { width: 1, height: 1, rgb: new Uint8Array(3) };
const OPTIONS = { depth: 'base', minScore: 0.5 } as const;

/** Answers when told. */
function held(name: string) {
  const waiting: { resolve: (look: Look) => void; reject: (error: Error) => void }[] = [];
  const looker: Looker = {
    workers: name.length,
    get busy() {
      return waiting.length;
    },
    close: async () => {},
    look: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
  };
  return {
    looker,
    answer: () => waiting.shift()!.resolve({ objects: [], ms: 7, run_ms: 7, model: name }),
    fail: () => waiting.shift()!.reject(new Error(name)),
  };
}

test('a look ends where it began, the next is the other one', async (t) => {
  const [one, two] = [held('a'), held('bb')];
  const looker = new SwitchLooker(one.looker);
  const before = looker.look(PICTURE, OPTIONS);
  t.is(looker.swap(two.looker), one.looker);
  const after = looker.look(PICTURE, OPTIONS);
  t.deepEqual([looker.workers, looker.busy, one.looker.busy], [2, 1, 1]);
  two.answer();
  one.answer();
  t.deepEqual([(await before).model, (await after).model], ['a', 'bb']);
});

test('figures are of the one that is on: a late failure of the former is not blamed on its successor', async (t) => {
  const [one, two] = [held('a'), held('bb')];
  const looker = new SwitchLooker(one.looker);
  const before = looker.look(PICTURE, OPTIONS);
  looker.swap(two.looker);
  one.fail();
  await t.throwsAsync(before);
  t.like(looker.stats, { looks: 0, failed: 0 });
  const after = looker.look(PICTURE, OPTIONS);
  two.answer();
  await after;
  t.like(looker.stats, { looks: 1, failed: 0, ms: [7] });
});
