import test from 'ava';
import type { Detection, Look, Picture } from '../../models/types.ts';
import { CaseMaker, CaseStore, loadTaxonomy } from './index.ts';
import { contrast, MADE_SITE, MadeLooker, MadeOutbox, madeCodec, madePicture, madeSighting } from './made.ts';
import { makeSnapshot } from './snapshot.ts';
import type { Box } from './types.ts';

const PERSON: Box = [40, 40, 30, 60];
const CAR: Box = [100, 60, 120, 60];
/** a plate in the lower middle of the car */
const PLATE: Box = [142, 100, 36, 12];

/** Finds the made person by what contrast is left of it, and the car always. */
class StreetLooker extends MadeLooker {
  override async look(picture: Picture, options: { depth: string; minScore: number }): Promise<Look> {
    const look = await super.look(picture, options);
    const car: Detection = { class: 'car', score: 0.9, box: CAR };
    return { ...look, objects: [...look.objects, car] };
  }
}

function frame(time = 5000) {
  const picture = madePicture([PERSON, PLATE]);
  return { time, ...picture, rgb: new Uint8Array(picture.rgb) };
}

test('a snapshot shows no person and no plate, wherever they are; the frame itself is not touched', async (t) => {
  const given = frame();
  const before = new Uint8Array(given.rgb);
  const looker = new StreetLooker([PERSON]);
  const made = await makeSnapshot(given, ['box-1', 'c1'], looker, madeCodec);
  const shown = await madeCodec.decode(made.jpeg);
  t.true(contrast(given, PERSON) > 0.4 && contrast(given, PLATE) > 0.4);
  t.true(contrast(shown, PERSON) < 0.1, `${contrast(shown, PERSON)}`);
  t.true(contrast(shown, PLATE) < 0.1, `${contrast(shown, PLATE)}`);
  t.deepEqual(given.rgb, before);
  t.like(made, { at: 5000, width: 320, height: 240, masked: { persons: 1, vehicles: 1 } });
  t.is((await makeSnapshot(given, ['box-1', 'c1'], looker, madeCodec)).sha256, made.sha256);
  t.not((await makeSnapshot(given, ['box-1', 'c2'], looker, madeCodec)).id, made.id);
});

test('a person who cannot be covered gives no snapshot at all', async (t) => {
  const looker = new StreetLooker([PERSON]);
  looker.score = () => 0.9;
  await t.throwsAsync(makeSnapshot(frame(), ['c1'], looker, madeCodec), { code: 'EVIDENCE_UNMASKED' });
});

test('it goes into the evidence lane between two cases, never within one', async (t) => {
  const outbox = new MadeOutbox();
  const store = new CaseStore(null);
  const looker = new MadeLooker([]);
  const options = {
    device: 'box-1',
    site: MADE_SITE,
    taxonomy: loadTaxonomy(),
    looker,
    codec: madeCodec,
    store,
    outbox,
  };
  const maker = new CaseMaker(options);
  const picture = await maker.snapshot(frame(), ['c1']);
  t.true(picture.jpeg.length > 3 * 32 * 1024, 'several chunks');
  const [taken] = await Promise.all([maker.take(madeSighting(1)), maker.book.put('c1', picture)]);
  await maker.settled();
  const owners = outbox.records
    .filter(({ lane }) => lane === 'evidence')
    .map(({ text }) => (JSON.parse(text) as { case: string }).case);
  const runs = owners.filter((owner, i) => owner !== owners[i - 1]);
  t.is(new Set(runs).size, 2);
  t.is(runs.length, 2, runs.join(' '));
  t.true('case' in taken && maker.book.find(taken.case.id) !== null);

  // A case that stands half handed over keeps its place in the lane.
  outbox.hook = () => {
    throw new Error('full');
  };
  await maker.take(madeSighting(2, { box: [200, 180, 20, 15] }));
  await maker.handOver();
  t.truthy(store.intent());
  outbox.hook = () => {};
  await t.throwsAsync(maker.book.put('c1', picture), { code: 'CASES_SNAPSHOT' });
  await maker.handOver();
  await t.notThrowsAsync(maker.book.put('c1', picture));
});
