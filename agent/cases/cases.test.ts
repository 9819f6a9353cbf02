// agent/cases: a sighting becomes one case, classified, located and evidenced; its repeats do not.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Case, caseSchema } from '../../contract/index.ts';
import { CaseMaker, type CaseMakerOptions } from './cases.ts';
import { contrast, MADE_SITE, MadeLooker, MadeOutbox, madeCodec, madeSighting } from './made.ts';
import { PictureFolder } from './pictures.ts';
import { CaseStore } from './store.ts';
import { loadTaxonomy } from './taxonomy.ts';
import type { Box, Taken } from './types.ts';

const taxonomy = loadTaxonomy();
const PERSON: Box = [20, 20, 30, 80];

function folder(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'kerb-cases-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function maker(more: Partial<CaseMakerOptions> = {}) {
  const faults: string[] = [];
  const store = more.store ?? new CaseStore(null);
  const looker = new MadeLooker([PERSON]);
  const options = { device: 'box-1', site: MADE_SITE, taxonomy, looker, codec: madeCodec, store };
  return { faults, store, looker, cases: new CaseMaker({ ...options, onFault: (f) => faults.push(f.code), ...more }) };
}

function made(taken: Taken): Case {
  if (!('case' in taken)) throw new Error(`a duplicate of ${taken.duplicateOf}`);
  return taken.case;
}

test('a sighting becomes a whole case with two masked pictures', async (t) => {
  const dir = folder(t);
  const { cases, faults } = maker({ pictures: new PictureFolder(dir) });
  const taken = await cases.take(madeSighting(1, { persons: [PERSON] }));
  const result = made(taken);
  t.true(caseSchema.safeParse(result).success);
  t.like(result, {
    event: 'event-1',
    code: '09009',
    code2013: '04-09',
    name: { zh: '机动车乱停放', en: 'Illegally parked motor vehicle' },
    place: { lon: 115.78, lat: 33.85, text: { zh: '路口', en: 'Crossing' } },
    zone_name: { zh: '路边', en: 'Kerb' },
    rule: { id: 'parking', limit_s: 30, dwell_s: 30, profile: 'made-1' },
    state: 'reported',
  });
  t.deepEqual(
    result.evidence.map((one) => [one.role, one.at, one.masked.persons]),
    [
      ['first', 1000, 1],
      ['proof', 31_000, 1],
    ],
  );
  for (const one of result.evidence) {
    const bytes = readFileSync(join(dir, `${one.id}.jpg`));
    t.is(createHash('sha256').update(bytes).digest('hex'), one.sha256);
    t.is(bytes.length, one.bytes);
    t.true(contrast(await madeCodec.decode(bytes), PERSON) < 0.35);
    t.deepEqual(await cases.picture(one.id), bytes);
  }
  t.deepEqual(
    'pictures' in taken && taken.pictures,
    result.evidence.map((one) => `${one.id}.jpg`),
  );
  t.deepEqual(faults, []);
});

test("a zone's own place and grid cell stand in the case", async (t) => {
  const result = made(await maker().cases.take(madeSighting(1, { zone: 'gate' })));
  t.deepEqual(result.place, {
    lon: 115.79,
    lat: 33.86,
    grid: '341602001001001',
    text: { zh: '大门', en: 'Main gate' },
  });
});

test('the same sighting gives the same case, ids and bytes included', async (t) => {
  const [one, two] = [folder(t), folder(t)];
  const cases = [];
  for (const dir of [one, two]) {
    cases.push(
      made(await maker({ pictures: new PictureFolder(dir) }).cases.take(madeSighting(7, { persons: [PERSON] }))),
    );
  }
  t.deepEqual(cases[0], cases[1]);
  t.regex(cases[0]!.id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  t.deepEqual(readdirSync(one).sort(), readdirSync(two).sort());
  for (const name of readdirSync(one)) t.deepEqual(readFileSync(join(one, name)), readFileSync(join(two, name)));
});

test('the same place again moves "last seen" and makes nothing; the first box stays the anchor', async (t) => {
  const { cases, looker } = maker();
  const first = made(await cases.take(madeSighting(1, { box: [100, 100, 40, 30] })));
  const looks = looker.looks;
  // Each a little further: each overlaps the one before, but the fourth no longer the first.
  const outcomes = [];
  for (const [i, x] of [110, 118, 126].entries()) {
    outcomes.push(await cases.take(madeSighting(2 + i, { box: [x, 100, 40, 30] })));
  }
  t.deepEqual(outcomes.slice(0, 2), [{ duplicateOf: first.id }, { duplicateOf: first.id }]);
  t.true('case' in outcomes[2]!);
  t.is(looker.looks, looks + 6, 'a repeat costs no look');
  const list = cases.list(null, 10)!;
  t.is(list.length, 2);
  t.is(list[1]!.lastSeen, 33_000);
  t.is(list[1]!.case.until, 31_000);
});

test('another zone, and another code at the same place, are cases of their own', async (t) => {
  const { cases } = maker();
  const ids = new Set<string>();
  ids.add(made(await cases.take(madeSighting(1))).id);
  ids.add(made(await cases.take(madeSighting(2, { zone: 'gate' }))).id);
  ids.add(made(await cases.take(madeSighting(3, { code: '09010' }))).id);
  t.is(ids.size, 3);
});

test('sightings given at once are worked in order: one place, one case', async (t) => {
  const { cases } = maker();
  const taken = await Promise.all([1, 2, 3, 4].map((n) => cases.take(madeSighting(n))));
  const { id } = made(taken[0]!);
  t.deepEqual(taken.slice(1), [{ duplicateOf: id }, { duplicateOf: id }, { duplicateOf: id }]);
});

test('the open case is known after a restart, and the very same event too', async (t) => {
  const dir = folder(t);
  const before = new CaseStore(dir);
  const { id } = made(await maker({ store: before }).cases.take(madeSighting(1)));
  before.close();
  const store = new CaseStore(dir);
  const { cases } = maker({ store });
  t.deepEqual(await cases.take(madeSighting(1)), { duplicateOf: id });
  t.deepEqual(await cases.take(madeSighting(9, { box: [104, 102, 40, 30] })), { duplicateOf: id });
  t.is(cases.list(null, 9)?.length, 1);
  store.close();
});

test('a looker that fails is asked again; one that goes on failing costs the picture, not the case', async (t) => {
  const { cases, looker, faults } = maker();
  looker.failures = 2;
  t.is(made(await cases.take(madeSighting(1))).evidence.length, 2);
  looker.failures = 3;
  const poor = made(await cases.take(madeSighting(2, { zone: 'gate' })));
  t.deepEqual(
    poor.evidence.map((one) => one.role),
    ['proof'],
  );
  t.deepEqual(faults, ['EVIDENCE_FAILED']);
});

test('a picture that cannot be masked is nowhere: not in the case, the store or the folder', async (t) => {
  const dir = folder(t);
  const { cases, looker, faults } = maker({ pictures: new PictureFolder(dir) });
  looker.score = () => 0.9;
  t.deepEqual(made(await cases.take(madeSighting(1, { persons: [PERSON] }))).evidence, []);
  t.deepEqual(faults, ['EVIDENCE_UNMASKED', 'EVIDENCE_UNMASKED']);
  t.deepEqual(readdirSync(dir), []);
});

test('a sighting that fits neither site nor taxonomy is refused by name; the next one works', async (t) => {
  const { cases } = maker();
  for (const wrong of [
    madeSighting(1, { code: '09999' }),
    madeSighting(1, { zone: 'elsewhere' }),
    { ...madeSighting(1), event: { ...madeSighting(1).event, device: 'box-2' } },
    { ...madeSighting(1), event: { ...madeSighting(1).event, certainty: Number.NaN } },
  ]) {
    await t.throwsAsync(cases.take(wrong), { code: 'CASES_SIGHTING' });
  }
  t.truthy(made(await cases.take(madeSighting(2))));
});

test('more sightings than can be held are refused, and none of those held is lost', async (t) => {
  const { cases } = maker();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => cases.take(madeSighting(n, { box: [n * 15, 10, 10, 10] }))),
  );
  t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 16);
  t.is(outcomes.filter((one) => one.status === 'rejected' && one.reason.code === 'CASES_BUSY').length, 4);
  t.is(cases.list(null, 100)?.length, 16);
  t.is(cases.busy, 0);
});

test('a folder for pictures that cannot be written is told, and costs only the files', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'file'), '');
  const { cases, faults } = maker({ pictures: new PictureFolder(join(dir, 'file')) });
  const taken = await cases.take(madeSighting(1));
  t.is(made(taken).evidence.length, 2);
  t.deepEqual('pictures' in taken && taken.pictures, []);
  t.deepEqual(faults, ['CASES_PICTURE', 'CASES_PICTURE']);
});

test('picture files that a crash prevented are written at the next start', async (t) => {
  const dir = folder(t);
  const store = new CaseStore(null);
  const outbox = new MadeOutbox();
  outbox.hook = () => {
    throw new Error('no outbox yet');
  };
  const { evidence } = made(await maker({ store, outbox }).cases.take(madeSighting(1)));
  const { cases } = maker({ store, outbox, pictures: new PictureFolder(dir) });
  t.not(await cases.picture(evidence[0]!.id), null, 'served from the store until then');
  outbox.hook = () => {};
  await cases.recover();
  t.deepEqual(readdirSync(dir).sort(), evidence.map((one) => `${one.id}.jpg`).sort());
  t.is(store.picture(evidence[0]!.id)?.jpeg, null);
  t.is((await cases.picture(evidence[0]!.id))?.length, evidence[0]!.bytes);
});

test('an acknowledgement of the case lane shows on the case; other lanes say nothing', async (t) => {
  const outbox = new MadeOutbox();
  const { cases } = maker({ outbox });
  const { id } = made(await cases.take(madeSighting(1)));
  await cases.settled();
  t.deepEqual(cases.acknowledged('evidence', 'e0e0e0e0', 99), []);
  t.is(cases.list(null, 1)![0]!.upstream, 'waiting');
  t.deepEqual(cases.acknowledged('case', 'c0c0c0c0', 1), [id]);
  t.is(cases.list(null, 1)![0]!.upstream, 'acknowledged');
});
