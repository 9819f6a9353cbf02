// test: a process to be killed: takes sightings 0..N-1 into a real store and a real outbox, as agent/main would join
// them. For agent/cases/handover.test.ts.
// In: folder, count. Out: a line per sighting taken, `done` when all is handed over.
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { CaseMaker, CaseStore, loadTaxonomy, PictureFolder } from '../agent/cases/index.ts';
import { MADE_SITE, MadeLooker, madeCodec, madeSighting } from '../agent/cases/made.ts';
import { openOutbox } from '../agent/outbox/index.ts';

const [dir = '', count = '0'] = process.argv.slice(2);
const say = (text: string) => writeSync(1, `${text}\n`);

const outbox = await openOutbox(join(dir, 'outbox'), {
  clock: { wall: () => Date.now(), mono: () => performance.now(), quality: () => 'unknown' },
  bootId: '00000000-0000-4000-8000-000000000000',
  newEpoch: () => randomBytes(4).toString('hex'),
});
const store = new CaseStore(dir);
const maker = new CaseMaker({
  device: 'box-1',
  site: MADE_SITE,
  taxonomy: loadTaxonomy(),
  looker: new MadeLooker([]),
  codec: madeCodec,
  store,
  pictures: new PictureFolder(join(dir, 'pictures')),
  outbox,
  onFault: (fault) => say(`fault ${fault.message}`),
});
await maker.recover();
say('recovered');
for (let n = 0; n < Number(count); n++) {
  const taken = await maker.take(madeSighting(n, { box: [(n % 10) * 30, Math.floor(n / 10) * 20, 20, 15] }));
  if ('case' in taken) say(`case ${taken.case.id}`);
}
await maker.settled();
store.close();
await outbox.close();
say('done');
