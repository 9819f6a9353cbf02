// agent/cases: what is kept is kept, lists are as documented, and a broken file never stops a box.
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test, { type ExecutionContext } from 'ava';
import type { Case, KerbError } from '../../contract/index.ts';
import { openDatabase } from './database.ts';
import { CaseStore, placeKey } from './store.ts';

function folder(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'kerb-cases-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function made(id: string, until = 1000): Case {
  return {
    v: 1,
    kind: 'case',
    id,
    device: 'box-1',
    site: 'street',
    camera: 'cam1',
    event: `e-${id}`,
    at: 0,
    until,
    code: '09009',
    name: { zh: '机动车乱停放', en: 'Illegally parked motor vehicle' },
    place: { lon: 0, lat: 0, text: { zh: '街', en: 'street' } },
    zone: 'kerb',
    zone_name: { zh: '路边', en: 'Kerb' },
    class: 'car',
    track: 1,
    box: [1, 2, 30, 40],
    certainty: 0.8,
    rule: { id: 'parking', limit_s: 30, dwell_s: 31, profile: 'p' },
    state: 'reported',
    evidence: [],
  };
}

const picture = (id: string) => ({ id, sha256: 'ab'.repeat(32), jpeg: Uint8Array.of(1, 2, 3) });
const ids = (store: CaseStore, after: string | null, limit = 100) =>
  store.list(after, limit)?.map((one) => one.case.id);

test('lists are newest first; after an id come the oldest that are newer; an unknown id is null', (t) => {
  const store = new CaseStore(null);
  for (const id of ['c1', 'c2', 'c3', 'c4', 'c5']) store.add(made(id), [], false);
  t.deepEqual(ids(store, null), ['c5', 'c4', 'c3', 'c2', 'c1']);
  t.deepEqual(ids(store, null, 2), ['c5', 'c4']);
  t.deepEqual(ids(store, 'c2', 2), ['c4', 'c3']);
  t.deepEqual(ids(store, 'c5', 2), []);
  t.deepEqual(ids(store, null, 0), []);
  t.is(store.list('c9', 2), null);
});

test('what a method returned from is there after opening again', (t) => {
  const dir = folder(t);
  const first = new CaseStore(dir);
  first.add(made('c1'), [picture('p1')], true);
  first.intend({ caseId: 'c1', done: 0, lane: 'evidence', epoch: 'aa00aa00', seq: 7 });
  first.seen('c1', 5000);
  first.seen('c1', 4000);
  first.close();
  const store = new CaseStore(dir);
  t.deepEqual(store.list(null, 9), [{ case: made('c1'), lastSeen: 5000, upstream: 'waiting' }]);
  t.deepEqual(store.openAt(placeKey(made('c1'))), [{ id: 'c1', box: [1, 2, 30, 40] }]);
  t.deepEqual(store.intent(), { caseId: 'c1', done: 0, lane: 'evidence', epoch: 'aa00aa00', seq: 7 });
  t.deepEqual(store.oldestWaiting()?.pictures, [picture('p1')]);
  t.is(store.waiting, 1);
  store.handed('c1', { epoch: 'cc00cc00', seq: 3 });
  t.is(store.waiting, 0);
  t.is(store.intent(), null);
  t.is(store.oldestWaiting(), null);
  t.deepEqual(store.picture('p1'), { sha256: 'ab'.repeat(32), jpeg: null });
  store.close();
});

test('commits are durable: synchronous is FULL, over a write-ahead log', (t) => {
  const dir = folder(t);
  const db = openDatabase(dir, (fault) => t.fail(fault.message));
  // 2 is FULL: https://www.sqlite.org/pragma.html#pragma_synchronous
  t.is(db.prepare('PRAGMA synchronous').get()?.['synchronous'], 2);
  t.is(db.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
  t.true(existsSync(join(dir, 'cases.db-wal')));
  db.close();
});

test('an acknowledgement counts for its epoch, once, also when it comes before the bookkeeping', (t) => {
  const store = new CaseStore(null);
  for (const [i, id] of ['c1', 'c2', 'c3'].entries()) {
    store.add(made(id), [], true);
    if (i < 2) store.handed(id, { epoch: 'cc00cc00', seq: i + 1 });
  }
  t.deepEqual(store.acknowledged('dd00dd00', 9), []);
  t.deepEqual(store.acknowledged('cc00cc00', 1), ['c1']);
  t.deepEqual(store.acknowledged('cc00cc00', 1), []);
  t.deepEqual(store.acknowledged('cc00cc00', 3), ['c2']);
  store.handed('c3', { epoch: 'cc00cc00', seq: 3 });
  t.deepEqual(
    store.list(null, 9)?.map((one) => one.upstream),
    ['acknowledged', 'acknowledged', 'acknowledged'],
  );
});

test('adding is all or nothing', (t) => {
  const store = new CaseStore(null);
  store.add(made('c1'), [picture('p1')], true);
  t.throws(() => store.add(made('c2'), [picture('p2'), picture('p1')], true), { code: 'CASES_DB_FAILED' });
  t.deepEqual(ids(store, null), ['c1']);
  t.is(store.picture('p2'), null);
  store.add(made('c2'), [picture('p2')], true);
  t.deepEqual(ids(store, null), ['c2', 'c1']);
});

for (const [name, spoil] of Object.entries({
  'junk instead of a database': (file: string) => writeFileSync(file, 'not a database at all'.repeat(500)),
  'a truncated file': (file: string) => truncateSync(file, 6000),
  'pages overwritten': (file: string) => {
    const bytes = readFileSync(file);
    bytes.fill(0x5a, 4096, 16_384);
    writeFileSync(file, bytes);
  },
})) {
  test(`${name}: moved aside with a named fault, and begun anew`, (t) => {
    const dir = folder(t);
    const file = join(dir, 'cases.db');
    const first = new CaseStore(dir);
    for (let i = 0; i < 50; i++) first.add(made(`c${i}`), [picture(`p${i}`)], true);
    first.close();
    spoil(file);
    const faults: KerbError[] = [];
    const store = new CaseStore(dir, (fault) => faults.push(fault));
    t.deepEqual(
      faults.map((fault) => fault.code),
      ['CASES_DB_BROKEN'],
    );
    t.false(faults[0]!.message.includes('\n'));
    t.true(existsSync(`${file}.broken-1`));
    store.add(made('anew'), [], true);
    t.deepEqual(ids(store, null), ['anew']);
    store.close();
  });
}

test('only a few broken files are kept', (t) => {
  const dir = folder(t);
  for (let i = 0; i < 6; i++) {
    writeFileSync(join(dir, 'cases.db'), `junk ${i}`.repeat(3000));
    new CaseStore(dir).close();
  }
  t.deepEqual(
    readdirSync(dir)
      .filter((name) => name.includes('broken'))
      .sort(),
    ['cases.db.broken-1', 'cases.db.broken-2', 'cases.db.broken-3'],
  );
  t.regex(readFileSync(join(dir, 'cases.db.broken-1'), 'latin1'), /^junk 5/);
});

test('a file that breaks while it is in use: the call fails by name, the next ones work', (t) => {
  const dir = folder(t);
  const faults: string[] = [];
  const store = new CaseStore(dir, (fault) => faults.push(fault.code));
  // More than is held in memory, so that the disk is asked again.
  const wide = { zh: 'x'.repeat(100_000), en: 'x' };
  for (let i = 0; i < 40; i++) store.add({ ...made(`c${i}`), name: wide }, [], true);
  store.close();
  const again = new CaseStore(dir, (fault) => faults.push(fault.code));
  const file = join(dir, 'cases.db');
  const bytes = readFileSync(file);
  bytes.fill(0, 4096 * 8);
  writeFileSync(file, bytes);
  const codes = new Set<string>();
  for (let i = 0; i < 3; i++) {
    try {
      again.list(null, 1000);
    } catch (error) {
      codes.add((error as KerbError).code);
    }
  }
  t.deepEqual([...codes], ['CASES_DB_FAILED']);
  t.deepEqual(faults, ['CASES_DB_BROKEN']);
  again.add(made('anew'), [], true);
  t.true(ids(again, null)?.includes('anew'));
  again.close();
});

test('a leftover half-written log at the end costs nothing that was committed', (t) => {
  const dir = folder(t);
  const store = new CaseStore(dir);
  store.add(made('c1'), [], true);
  // As a crash leaves it: the file and its log, copied while open, with half a frame at the log's end.
  const copy = folder(t);
  for (const name of ['cases.db', 'cases.db-wal']) writeFileSync(join(copy, name), readFileSync(join(dir, name)));
  appendFileSync(join(copy, 'cases.db-wal'), Buffer.alloc(1000, 7));
  store.close();
  const after = new CaseStore(copy, (fault) => t.fail(fault.message));
  t.deepEqual(ids(after, null), ['c1']);
  after.close();
});

test('a second process, a newer file and a folder that is none are one typed error each', (t) => {
  const dir = folder(t);
  const store = new CaseStore(dir);
  t.throws(() => new CaseStore(dir), { code: 'CASES_DB_BUSY' });
  store.close();
  const file = join(dir, 'cases.db');
  const bytes = readFileSync(file);
  bytes.writeUInt32BE(99, 60);
  writeFileSync(file, bytes);
  t.throws(() => new CaseStore(dir), { code: 'CASES_DB_NEWER' });
  writeFileSync(join(dir, 'plain'), '');
  t.throws(() => new CaseStore(join(dir, 'plain')), { code: 'CASES_DB_FAILED' });
});

test('a row whose text the disk has changed costs the others nothing', (t) => {
  const dir = folder(t);
  const store = new CaseStore(dir);
  store.add(made('c1'), [], false);
  store.add(made('c2'), [], false);
  store.close();
  const db = new DatabaseSync(join(dir, 'cases.db'));
  db.exec(`UPDATE cases SET text = '{' WHERE id = 'c1'`);
  db.close();
  const again = new CaseStore(dir);
  t.deepEqual(ids(again, null), ['c2']);
  again.close();
});
