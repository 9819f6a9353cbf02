// Each class that the default detector can name has a word that people know, in both languages.
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { loadCard } from '../../models/card.ts';
import { en } from './page/en.ts';
import { hasWord, thingIn } from './page/things.ts';
import { zh } from './page/zh.ts';

const CARD = fileURLToPath(new URL('../../models/cards/coco-ssd.yaml', import.meta.url));

test('every label of the card has a word of its own in Chinese and in English', async (t) => {
  const { card } = await loadCard(CARD);
  const labels = card.labels.filter((label) => label !== null);
  t.is(labels.length, 80);
  t.deepEqual(
    labels.filter((label) => !hasWord(label)),
    [],
  );
  t.deepEqual(
    labels.filter((label) => !/^\p{Script=Han}+$/u.test(thingIn('zh', label))),
    [],
    'Chinese and nothing else',
  );
  t.deepEqual(
    labels.filter((label) => !/^[a-z ]+$/.test(thingIn('en', label))),
    [],
  );
  for (const lang of ['zh', 'en'] as const) {
    t.is(new Set(labels.map((label) => thingIn(lang, label))).size, labels.length, `${lang}: none like another`);
  }
});

test("a label of a user's own model stays as it is where nobody knows a word for it", (t) => {
  for (const label of ['rubbish_bag', '垃圾袋', 'constructor', '__proto__']) {
    t.is(zh.name(label), label);
    t.is(en.name(label), label);
  }
  t.is(zh.name('sports ball'), '球');
  t.is(en.name('sports ball'), 'Ball');
  const facts = { thing: 'airplane', zone: null, score: 1, dwell_s: 0, limit_s: 0 };
  t.regex(en.why.sentence.class(facts), /^No rule is about an aeroplane,/);
  t.regex(zh.why.sentence.class(facts), /^没有规则涉及飞机，/);
});
