// A changed file is noticed once it rests; cameras whose way has changed begin anew, the others are not touched.
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { scratch } from '../../../models/testing.ts';
import { camera as made, profile } from '../../camera/testscene.ts';
import type { Camera, Site } from '../../config/site.ts';
import type { RunningCamera } from '../camera.ts';
import { CameraSet } from '../camera-set.ts';
import { FileWatch } from './watch.ts';

test('a file that is written, or replaced by another, is told once each time', async (t) => {
  t.timeout(60_000);
  const file = join(await scratch(t), 'site.yaml');
  await writeFile(file, 'one');
  let told = () => {};
  let times = 0;
  const watch = new FileWatch(
    () => [file],
    async () => {
      times += 1;
      told();
    },
    20,
  );
  t.teardown(() => watch.close());
  const next = () => new Promise<void>((done) => (told = done));
  await watch.ready;
  t.is(times, 0);
  let change = next();
  await writeFile(file, 'two!');
  await change;
  change = next();
  await writeFile(`${file}.new`, 'three');
  await rename(`${file}.new`, file);
  await change;
  t.is(times, 2);
});

const words = { zh: '某', en: 'some' };
const siteOf = (...cameras: Partial<Camera>[]): Site => ({
  version: 1,
  id: 'site',
  name: words,
  place: { lon: 1, lat: 2, text: words },
  time_zone: 'UTC',
  cameras: cameras.map((one) => ({ ...made, ...one })),
  profile: profile(2),
});

test('a camera that is reached otherwise begins anew; zones alone never do that; new ones come and old ones go', async (t) => {
  const log: string[] = [];
  const open = (_: Site, { id, source }: Camera) => {
    log.push(`open ${id} ${source}`);
    const adopt = () => log.push(`adopt ${id}`);
    return { id, adopt, close: async () => void log.push(`close ${id}`) } as unknown as RunningCamera;
  };
  let changes = 0;
  const set = new CameraSet(siteOf({ id: 'a', source: '1' }, { id: 'b', source: '2' }), open, () => changes++);
  const [a, b] = set.all;
  const did = async (site: Site) => {
    log.length = 0;
    await set.adopt(site);
    return [...log];
  };
  t.deepEqual(await did(siteOf({ id: 'a', source: '1', zones: [] }, { id: 'b', source: '2', looks_per_s: 1 })), [
    'adopt a',
    'adopt b',
  ]);
  t.is(changes, 0);
  t.deepEqual(await did(siteOf({ id: 'a', source: '1' }, { id: 'b', source: '9' })), [
    'adopt a',
    'adopt b',
    'close b',
    'open b 9',
  ]);
  t.is(set.all[0], a);
  t.not(set.all[1], b);
  t.deepEqual(
    await did(siteOf({ id: 'a', source: '1' }, { id: 'b', source: '9', main: 'm' }, { id: 'c', source: '3' })),
    ['adopt a', 'adopt b', 'close b', 'open b 9', 'open c 3'],
  );
  t.deepEqual(await did(siteOf({ id: 'a', source: '1' }, { id: 'c', source: '3' })), [
    'adopt a',
    'adopt b',
    'adopt c',
    'close b',
  ]);
  t.deepEqual(
    set.all.map(({ id }) => id),
    ['a', 'c'],
  );
  t.is(changes, 3);
  await set.close();
  t.deepEqual(log.slice(-2), ['close a', 'close c']);
});
