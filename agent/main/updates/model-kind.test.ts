// agent/main/updates: a detector exchanged under running looks, and the ones that must not be.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Card, LoadedCard } from '../../../models/card.ts';
import { readPicture } from '../../../models/image.ts';
import { createLooker } from '../../../models/pool.ts';
import { cacheDir, defaultCard, scratch } from '../../../models/testing.ts';
import type { Candidate, Version } from '../../../ota/device/index.ts';
import { Turn } from './exchange.ts';
import { ModelKind } from './model-kind.ts';
import { SwitchLooker } from './switch-looker.ts';

const OWN: Version = { name: 'coco-ssd', version: 'own', counter: null };
const street = () => readPicture(join(import.meta.dirname, '../../../models/proof/street.png'));

/** A box with the built-in detector's first size, and a way to stage changed cards. */
async function box(t: ExecutionContext) {
  const folder = await scratch(t);
  const { card } = await defaultCard();
  card.sizes = card.sizes.slice(0, 1);
  const own = { card, folder, path: folder };
  const first = await createLooker({ card: own, cacheDir, workers: 1 });
  const looker = new SwitchLooker(first);
  t.teardown(() => looker.close());
  const on: { running: Version; card: LoadedCard } = { running: OWN, card: own };
  const turn = new Turn();
  const kind = new ModelKind({
    looker,
    cacheDir,
    workers: 1,
    running: () => on.running,
    card: () => on.card,
    turn,
    onSwitch: (running, of) => Object.assign(on, { running, card: of }),
    needed: () => ['car', 'truck', 'bus'],
    seen: () => [],
    onRestart: (why) => t.log(why.message),
    watch_ms: 300,
  });
  const stage = async (change: (card: Card) => void): Promise<Candidate> => {
    const other = structuredClone(card);
    change(other);
    await writeFile(join(folder, 'card.yaml'), JSON.stringify(other));
    const good = { name: other.name, version: '2', counter: 7, files: [], folder, first: 'card.yaml' };
    return kind.stage(good);
  };
  return { looker, first, on, kind, stage, folder, turn };
}

test.serial('another model takes over between two looks, is watched, and the former is let go', async (t) => {
  const { looker, first, on, stage, turn } = await box(t);
  const picture = await street();
  const candidate = await stage((card) => {
    card.name = 'other';
  });
  await candidate.check();
  t.false(turn.free, 'nobody else exchanges the looker meanwhile');
  t.is(on.running, OWN, 'nothing has changed yet');
  const before = looker.look(picture, { depth: 'base', minScore: 0.5 });
  t.is(await candidate.switch(), 'runs');
  const after = looker.look(picture, { depth: 'base', minScore: 0.5 });
  t.regex((await before).model, /^coco-ssd /);
  t.regex((await after).model, /^other /);
  t.deepEqual(on.running, { name: 'other', version: '2', counter: 7 });
  await candidate.prove(new AbortController().signal);
  await candidate.settle();
  t.true(turn.free);
  await t.throwsAsync(first.look(picture, { depth: 'base', minScore: 0.5 }), { message: /closed/ });
  t.like(looker.stats, { looks: 1, failed: 0 });
});

test.serial('one whose looks fail after the switch gives way to the former by itself', async (t) => {
  const { looker, on, stage } = await box(t);
  const candidate = await stage((card) => {
    card.name = 'other';
  });
  await candidate.check();
  await candidate.switch();
  const unfit = { width: 3, height: 3, rgb: new Uint8Array(1) };
  for (let i = 0; i < 3; i++) await t.throwsAsync(looker.look(unfit, { depth: 'base', minScore: 0.5 }));
  await t.throwsAsync(candidate.prove(new AbortController().signal), {
    code: 'MODEL_FAILS',
    message: /3 of its first 3/,
  });
  await candidate.back();
  await candidate.close();
  t.is(on.running, OWN);
  t.regex((await looker.look(await street(), { depth: 'base', minScore: 0.5 })).model, /^coco-ssd /);
});

const BAD: [string, (card: Card) => void, string][] = [
  [
    'answers nonsense, though its own card expects just that',
    (card) => {
      card.labels = [...card.labels.slice(7), ...card.labels.slice(0, 7)];
    },
    'MODEL_NONSENSE',
  ],
  [
    'does not give what its card expects',
    (card) => {
      card.sizes[0]!.known['scores']!.mean = 0.5;
    },
    'MODEL_INSANE',
  ],
  [
    'knows no cars',
    (card) => {
      card.labels = card.labels.map((label) => (label === 'car' ? 'carriage' : label));
      card.merge.groups = [];
    },
    'MODEL_LABELS',
  ],
  [
    'is slower here than its card allows',
    (card) => {
      card.budget.ms = 0.01;
    },
    'MODEL_SLOW',
  ],
];
for (const [what, change, code] of BAD) {
  test.serial(`a model that ${what} never takes over`, async (t) => {
    const { looker, on, stage, turn } = await box(t);
    const candidate = await stage(change);
    await t.throwsAsync(candidate.check(), { code });
    await candidate.close();
    t.true(turn.free);
    t.is(on.running, OWN);
    t.regex((await looker.look(await street(), { depth: 'base', minScore: 0.5 })).model, /^coco-ssd /);
  });
}

test.serial('a card that is none, or whose file is another, is refused before anything is loaded', async (t) => {
  const { stage, kind, folder } = await box(t);
  await writeFile(join(folder, 'bad.yaml'), 'card: [');
  const good = { name: 'm', version: '1', counter: 8, files: [], folder, first: 'bad.yaml' };
  await t.throwsAsync(kind.stage(good), { code: 'CARD_BROKEN' });
  const altered = await stage((card) => {
    card.sizes[0]!.sha256 = '0'.repeat(64);
  });
  await t.throwsAsync(altered.check(), { code: 'MODEL_ALTERED' });
  await altered.close();
});
