// agent/cases: no person is left in a picture, the reported object stays, and what cannot be masked is not given out.
import test from 'ava';
import { contrast, MadeLooker, madeCodec, madePicture } from './made.ts';
import { maskPersons } from './mask.ts';
import type { Box } from './types.ts';

const CAR: Box = [200, 100, 60, 50];
const PERSON: Box = [50, 60, 24, 60];
const SMALL: Box = [120, 30, 9, 21];
const picture = madePicture([PERSON, SMALL, CAR]);

test('persons are covered, counted, and the frame is not touched', async (t) => {
  const before = picture.rgb.slice();
  const looker = new MadeLooker([PERSON, SMALL]);
  const { jpeg, persons } = await maskPersons(picture, CAR, looker, madeCodec);
  const shown = await madeCodec.decode(jpeg);
  t.is(persons, 2);
  t.true(contrast(shown, PERSON) < 0.35, `${contrast(shown, PERSON)}`);
  t.true(contrast(shown, SMALL) < 0.35);
  t.is(contrast(shown, CAR), contrast(picture, CAR));
  t.deepEqual(picture.rgb, before);
});

test('the same frame gives the same bytes', async (t) => {
  const once = async () => (await maskPersons(picture, CAR, new MadeLooker([PERSON, SMALL]), madeCodec)).jpeg;
  t.deepEqual(await once(), await once());
});

test('a picture without persons costs three looks and is as it was', async (t) => {
  const looker = new MadeLooker([[10, 10, 20, 40]]);
  const { jpeg, persons } = await maskPersons(picture, CAR, looker, madeCodec);
  t.is(persons, 0);
  t.is(looker.looks, 3);
  t.deepEqual((await madeCodec.decode(jpeg)).rgb, picture.rgb);
});

test('a looker that still sees a person through blocks gets it covered harder, until it sees none', async (t) => {
  const looker = new MadeLooker([PERSON]);
  // What is left of the pattern looks the same at every level, so the looker counts: it sees the person six times.
  looker.score = () => (looker.looks <= 6 ? 0.9 : 0);
  const { jpeg, persons } = await maskPersons(picture, CAR, looker, madeCodec);
  const shown = await madeCodec.decode(jpeg);
  t.true(persons >= 1);
  // By then the person is blended into the plain grey around it.
  for (let i = 0; i < PERSON[3]; i++) t.is(shown.rgb[((PERSON[1] + i) * shown.width + PERSON[0] + 5) * 3], 120);
});

test('a person that only the finished picture shows is covered too', async (t) => {
  const looker = new MadeLooker([PERSON]);
  const base = looker.look.bind(looker);
  let looks = 0;
  looker.look = async (shown, options) =>
    ++looks === 1 ? { objects: [], ms: 1, run_ms: 1, model: 'made' } : base(shown, options);
  const { jpeg, persons } = await maskPersons(picture, CAR, looker, madeCodec);
  t.is(persons, 1);
  t.true(contrast(await madeCodec.decode(jpeg), PERSON) < 0.35);
});

test('the other look counts as well: what only the base look finds is covered', async (t) => {
  const looker = new MadeLooker([PERSON]);
  const real = looker.look.bind(looker);
  looker.look = async (shown, options) =>
    options.depth === 'base' ? real(shown, options) : { objects: [], ms: 1, run_ms: 1, model: 'made' };
  const { jpeg } = await maskPersons(picture, CAR, looker, madeCodec);
  t.true(contrast(await madeCodec.decode(jpeg), PERSON) < 0.35);
});

test('a picture in which a person is always found is given up, not given out', async (t) => {
  const looker = new MadeLooker([PERSON]);
  looker.score = () => 0.9;
  await t.throwsAsync(maskPersons(picture, CAR, looker, madeCodec), { code: 'EVIDENCE_UNMASKED' });
});

for (const [name, box] of Object.entries({
  'the object itself taken for a person': CAR,
  'scenery around the object taken for a person': [20, 20, 280, 160] as Box,
})) {
  test(`${name}, weakly, does not cover the object`, async (t) => {
    const looker = new MadeLooker([box]);
    looker.score = () => 0.4;
    const { jpeg } = await maskPersons(picture, CAR, looker, madeCodec);
    t.deepEqual((await madeCodec.decode(jpeg)).rgb, picture.rgb);
  });
}

test('a large find that vanishes with the persons in it costs nothing more', async (t) => {
  const group: Box = [40, 25, 230, 150];
  const looker = new MadeLooker([PERSON, group]);
  const only = madePicture([PERSON]);
  looker.score = (left, box) => (box === group ? (left > 0.04 ? 0.6 : 0) : left);
  const { jpeg, persons } = await maskPersons(only, CAR, looker, madeCodec);
  t.is(persons, 1);
  t.is(contrast(await madeCodec.decode(jpeg), CAR), contrast(only, CAR));
});

test('the margin around a person beside the object does not reach into it', async (t) => {
  const beside: Box = [176, 90, 24, 60];
  const shown = madePicture([beside, CAR]);
  const { jpeg, persons } = await maskPersons(shown, CAR, new MadeLooker([beside]), madeCodec);
  t.is(persons, 1);
  t.is(contrast(await madeCodec.decode(jpeg), CAR), contrast(shown, CAR));
});
