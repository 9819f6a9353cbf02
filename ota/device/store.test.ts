// ota/device: metadata through power cuts, bit rot and full disks. A box never accepts what is older than what it has
// seen, and never stays unusable.
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { rotateKeys } from '../central/rotate.ts';
import { Box, DAY, folderFor, refusedWith, stage, TODAY } from '../testing.ts';

/** A box that has seen version 3, and the repository of version 1 to be replayed. */
async function seen(t: Parameters<typeof stage>[0]) {
  const { shop, site, box } = await stage(t);
  const older = await shop.copy('older');
  await box.updater().refresh();
  await shop.publish(TODAY, { street: 'id: street\nversion: 2\n' });
  await box.updater().refresh();
  await shop.publish(TODAY, { street: 'id: street\nversion: 3\n' });
  await box.updater().refresh();
  return { shop, site, box, older, hidden: join(box.dir, '.kerbside') };
}

const DAMAGE: Record<string, (path: string) => Promise<void>> = {
  torn: (path) => truncate(path, 100),
  empty: (path) => truncate(path, 0),
  gone: (path) => rm(path),
  zeros: async (path) => writeFile(path, Buffer.alloc((await stat(path)).size)),
  rotten: async (path) => {
    const bytes = await readFile(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    await writeFile(path, bytes);
  },
};

for (const [how, damage] of Object.entries(DAMAGE)) {
  test(`${how} metadata, then a replay: refused; then the newest: accepted and healed`, async (t) => {
    const { shop, site, box, older, hidden } = await seen(t);
    const spare = await folderFor(t);
    await cp(box.dir, spare, { recursive: true });
    const newest = 'generation-0000000003';
    const view = ['root.json', 'timestamp.json', 'snapshot.json', 'targets.json'].map((name) => `../${name}`);
    const sets = [
      [newest],
      ['floor-a'],
      ['floor-b'],
      [newest, 'floor-a'],
      [newest, 'floor-b'],
      ['floor-a', 'floor-b'],
      [newest, 'generation-0000000002', 'generation-0000000001'],
      [newest, 'generation-0000000002', 'generation-0000000001', 'floor-a', 'floor-b'],
      view,
      [...view, newest, 'floor-b'],
      ['initial-root', newest],
    ];
    for (const set of sets) {
      await rm(box.dir, { recursive: true });
      await cp(spare, box.dir, { recursive: true });
      for (const name of set) await damage(join(hidden, name));
      site.folder = older;
      await refusedWith(t, 'UPDATE_ROLLBACK', () => box.updater().refresh(), set.join());
      site.folder = shop.repository;
      const lines: string[] = [];
      t.is((await box.updater({ log: (line) => lines.push(line) }).refresh()).versions.timestamp, 3, set.join());
      t.deepEqual(await box.shown(), { root: 1, timestamp: 3, snapshot: 3, targets: 3 }, set.join());
      site.folder = older;
      await refusedWith(t, 'UPDATE_ROLLBACK', () => box.updater().refresh(), `healed ${set.join()}`);
    }
  });
}

test('the newest state lost after a rotation: an older root and what its stolen key signed are refused', async (t) => {
  const { shop, site, box, hidden } = await seen(t);
  const old = await shop.copy('before-rotation');
  await rotateKeys(shop.keys, 'timestamp');
  await shop.publish(TODAY);
  await box.updater().refresh();
  await truncate(join(hidden, 'generation-0000000004'), 10);
  site.folder = old;
  await refusedWith(t, 'UPDATE_SIGNATURE', () => box.updater().refresh());
  site.folder = shop.repository;
  t.like((await box.updater().refresh()).versions, { root: 2, timestamp: 4 });
});

test('everything lost: refused, not broken; init or the embedded root heals', async (t) => {
  const { shop, box, hidden } = await seen(t);
  for (const name of await readdir(hidden)) await truncate(join(hidden, name), 0);
  for (const name of ['root', 'timestamp']) await truncate(join(box.dir, `${name}.json`), 0);
  await refusedWith(t, 'UPDATE_NO_ROOT', () => box.updater().refresh());
  t.is((await box.updater({ root: await shop.root }).refresh()).versions.timestamp, 3);
  for (const name of await readdir(hidden)) await truncate(join(hidden, name), 0);
  await truncate(join(box.dir, 'root.json'), 0);
  await box.updater().init(await shop.root);
  t.is((await box.updater().refresh()).versions.timestamp, 3);
});

test('what a failed refresh verified is kept: roots, then timestamp', async (t) => {
  const { shop, site, box } = await stage(t);
  await box.updater().refresh();
  await rotateKeys(shop.keys, 'root');
  await rotateKeys(shop.keys, 'snapshot');
  await shop.publish(TODAY);
  await rotateKeys(shop.keys, 'root');
  await shop.publish(TODAY);
  site.answers.set('/metadata/timestamp.json', (_, response) => void response.destroy());
  await refusedWith(t, 'UPDATE_UNREACHABLE', () => box.updater().refresh());
  t.deepEqual(await box.shown(), { root: 3, timestamp: 1, snapshot: 1, targets: 1 });
  site.answers.clear();
  site.answers.set('/metadata/2.snapshot.json', (_, response) => void response.destroy());
  await refusedWith(t, 'UPDATE_UNREACHABLE', () => box.updater().refresh());
  t.deepEqual(await box.shown(), { root: 3, timestamp: 3, snapshot: 1, targets: 1 });
  site.answers.clear();
  site.requests.length = 0;
  await box.updater().refresh();
  t.is(site.requests[0], '/metadata/4.root.json', 'the roots are not asked for again');
});

test('no change writes nothing; the folder stays small', async (t) => {
  const { shop, box, hidden } = await seen(t);
  const times = async () =>
    Promise.all(
      [...(await readdir(hidden)), '../root.json'].map(async (name) => (await stat(join(hidden, name))).mtimeMs),
    );
  const before = await times();
  for (let i = 0; i < 3; i++) await box.updater().refresh();
  t.deepEqual(await times(), before);
  for (let i = 0; i < 6; i++) {
    await shop.publish(TODAY + i);
    await box.updater().refresh();
  }
  t.deepEqual(
    (await readdir(hidden)).filter((name) => name.startsWith('generation')),
    [7, 8, 9].map((seq) => `generation-000000000${seq}`),
  );
  t.deepEqual((await readdir(box.dir)).sort(), [
    '.kerbside',
    'root.json',
    'snapshot.json',
    'targets.json',
    'timestamp.json',
  ]);
});

test('an updater that another one has overtaken does not write its older state over the newer', async (t) => {
  const { shop, site, box } = await stage(t);
  const slow = box.updater();
  await slow.refresh();
  await shop.publish(TODAY, { street: 'id: street\nversion: 2\n' });
  await box.updater().refresh();
  await slow.targets();
  t.is((await box.shown())['timestamp'], 2);
  site.folder = join(shop.folder, 'nowhere');
  await mkdir(site.folder);
  await refusedWith(t, 'UPDATE_HTTP', () => box.updater().refresh());
  t.is((await box.shown())['timestamp'], 2);
});

test('a full disk: refused by name, what was there stays trusted, and room heals it', async (t) => {
  const { shop, site } = await stage(t);
  const folder = await folderFor(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    t.log('no tmpfs may be mounted here: the real full disk is not tried');
    t.pass();
    return;
  }
  t.teardown(() => execFileSync('umount', [folder]));
  const box = await Box.open(t, site, null);
  const at = { dir: join(folder, 'md') };
  await box.updater(at).init(await shop.root);
  await box.updater(at).refresh();
  const filler = join(folder, 'filler');
  const fill = async () => {
    for (let size = 1 << 20; size >= 1; size = Math.floor(size / 2)) {
      await writeFile(filler, Buffer.alloc(size), { flag: 'a' }).catch(() => {});
    }
  };
  await shop.publish(TODAY + DAY / 2, { street: 'id: street\nversion: 2\n' });
  await fill();
  await refusedWith(t, 'UPDATE_DISK_FULL', () => box.updater(at).refresh());
  await rm(filler);
  t.is((await box.updater(at).refresh()).versions.timestamp, 2);
  await fill();
  t.is((await box.updater(at).refresh()).versions.timestamp, 2, 'no change needs no room');
  await rm(filler);
  await writeFile(filler, Buffer.alloc(700 << 10));
  const big = join(shop.folder, 'kerbside-1.0.0-linux-x64.tar.zst');
  await writeFile(big, Buffer.alloc(600 << 10, 7));
  const { readGood } = await import('../central/goods.ts');
  await shop.publish(TODAY + DAY / 2, {}, [await readGood(`agent=${big}`, shop.folder)]);
  const path = 'agent/kerbside/1/kerbside-1.0.0-linux-x64.tar.zst';
  const updater = box.updater(at);
  await refusedWith(t, 'UPDATE_DISK_FULL', () => updater.download(path, join(folder, 'release')));
  t.deepEqual((await readdir(folder)).sort(), ['filler', 'md'], 'nothing half stays in the way');
  t.is((await box.updater(at).refresh()).versions.targets, 3);
});
