import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { KerbError } from '../contract/errors.ts';
import { hashOf, readChoice, thisBox, writeChoice } from './choice.ts';
import { cacheDir, defaultCard, scratch } from './testing.ts';
import { choose, runTrial } from './trial.ts';
import type { Outcome } from './trial-candidate.ts';

test('a choice is remembered for its card and its box alone', async (t) => {
  const file = join(await scratch(t), 'state/choices.json');
  const { card } = await defaultCard();
  t.is(await readChoice(file, card), null);
  const use = { runtime: 'wasm', weights: 'conv-int8' } as const;
  const choice = {
    card: card.name,
    cardHash: hashOf(card),
    box: thisBox(),
    ...use,
    ms: 30,
    at: '2026-01-01T00:00:00Z',
  };
  await writeChoice(file, { ...choice, box: 'another board' });
  t.is(await readChoice(file, card), null);
  await writeChoice(file, { ...choice, ms: 50 });
  await writeChoice(file, choice);
  t.deepEqual(await readChoice(file, card), choice);
  t.deepEqual(await readChoice(file, { ...card, version: '2' }), choice);
  const newer = { ...card, sizes: [{ ...card.sizes[0]!, sha256: 'f'.repeat(64) }] };
  t.deepEqual(await readChoice(file, newer), choice);
  t.is(await readChoice(file, { ...newer, name: 'another' }), null);
  const { variants: _, ...plain } = card.sizes[0]!;
  t.is(await readChoice(file, { ...card, sizes: [plain] }), null);
  await writeFile(file, '{"choices": [{"card"');
  t.is(await readChoice(file, card), null);
  await writeChoice(file, choice);
  t.deepEqual(await readChoice(file, card), choice);
});

test('of candidates that find the same the fastest is chosen, of nearly equal ones the nearest to plain weights', (t) => {
  const outcome = (weights: 'float' | 'conv-int8', ms: number, scoreDiff: number, agreement = 1): Outcome => {
    const measured = { ms, mb: 100, scoreDiff, agreement, finds: [], outputs: {}, known: {} };
    return { use: { runtime: 'wasm', weights }, fault: null, ...measured };
  };
  const chosen = (...outcomes: Outcome[]) => choose(outcomes)?.use.weights;
  t.is(chosen(outcome('float', 75, 0), outcome('conv-int8', 45, 0.01)), 'conv-int8');
  t.is(chosen(outcome('float', 48, 0), outcome('conv-int8', 45, 0.01)), 'float');
  t.is(chosen(outcome('float', 75, 0), outcome('conv-int8', 45, 0.2)), 'float');
  t.is(chosen(outcome('float', 75, 0), outcome('conv-int8', 45, 0.01, 0.5)), 'float');
  const fault = new KerbError('RUNTIME_ABSENT', 'is not there', 'native', 'nothing');
  t.is(chosen({ use: { runtime: 'native', weights: 'float' }, fault }), undefined);
});

test('a trial measures what runs and names what does not', async (t) => {
  const { card, folder } = await defaultCard();
  card.sizes = [card.sizes[0]!];
  card.sizes[0]!.variants!['conv-int8']!.file = 'models/none.tflite';
  const picture = fileURLToPath(new URL('./proof/street.png', import.meta.url));
  const uses = (['float', 'conv-int8'] as const).map((weights) => ({ runtime: 'wasm' as const, weights }));
  const [float, missing] = await runTrial({ card, places: { folder, cacheDir }, picture, checked: true }, uses);
  if (float?.fault !== null) return t.fail(float?.fault.message);
  t.true(float.ms > 0 && float.mb > 50 && float.agreement === 1 && float.scoreDiff === 0);
  t.true(float.finds.some((find) => find.class === 'car'));
  t.is(missing?.fault?.code, 'MODEL_MISSING');
  t.is(choose([float, missing!]), float);
});
