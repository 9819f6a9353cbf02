import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { KerbError } from '../contract/errors.ts';
import { loadCard, parseCard } from './card.ts';
import { defaultCard, scratch } from './testing.ts';

const text = async () => await readFile(new URL('./cards/coco-ssd.yaml', import.meta.url), 'utf8');

test('the default card: 80 classes on 90 ids, person first', async (t) => {
  const { card } = await defaultCard();
  t.is(card.labels.length, 90);
  t.is(card.labels.filter((label) => label !== null).length, 80);
  for (const [id, name] of [
    [1, 'person'],
    [3, 'car'],
    [8, 'truck'],
    [77, 'cell phone'],
    [90, 'toothbrush'],
  ] as const) {
    t.is(card.labels[id - 1], name);
  }
  t.is(card.labels[11], null);
});

const refuses = test.macro({
  title: (title) => `a card ${title} is refused in one line that names the key`,
  exec: async (t, from: string | RegExp, to: string, names: RegExp) => {
    const before = await text();
    const after = before.replace(from, to);
    t.not(after, before);
    const error = t.throws(() => parseCard(Buffer.from(after), 'card.yaml'), { instanceOf: KerbError });
    t.is(error.code, 'CARD_BROKEN');
    t.regex(error.message, names);
    t.false(error.message.includes('\n'));
  },
});
test('with an unknown key', refuses, 'input:', 'colour_space: x\ninput:', /colour_space/);
test('with an unknown key within', refuses, '  layout:', '  gamma: 2\n  layout:', /input: .*gamma/);
test('without a key', refuses, 'licence: Apache-2.0\n', '', /licence/);
test('with a wrong type', refuses, 'columns: 91', 'columns: many', /head\.columns/);
test('with another number of labels', refuses, 'columns: 91', 'columns: 92', /labels/);
test('whose path climbs', refuses, 'file: models/', 'file: models/../../', /sizes\.0\.file/);
test('whose path is absolute', refuses, 'file: models/', 'file: /models/', /sizes\.0\.file/);
test('with a group of unknown classes', refuses, '[car, bus', '[lorry, bus', /lorry/);
test('that is no YAML', refuses, 'card: 1', 'card: [1', /YAML/);
test('with an alias bomb', refuses, 'card: 1', 'a: &a [1]\nb: [*a, *a]\ncard: 1', /YAML/);

test('a missing card and a folder are told', async (t) => {
  const folder = await scratch(t);
  await t.throwsAsync(loadCard(join(folder, 'none.yaml')), { code: 'CARD_MISSING' } as object);
  await t.throwsAsync(loadCard(folder), { code: 'CARD_MISSING' } as object);
});
