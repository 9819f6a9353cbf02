// ota/central: keys that are never overwritten, publishing that may be stopped at any moment, what is on offer.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { Box, DAY, folderFor, refusedWith, Shop, Site, stage, TODAY } from '../testing.ts';
import { readGood } from './goods.ts';
import { loadRoles, makeKeys } from './keys.ts';
import { readRepository } from './repository.ts';
import { rotateKeys } from './rotate.ts';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));

function ota(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8' });
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');
  return { status, out: lines(stdout), err: lines(stderr) };
}

test('keys: 2 of 3 for root, private ones 0600, never overwritten', async (t) => {
  const dir = join(await folderFor(t), 'deep/keys');
  const made = ota('keys', dir);
  t.is(made.status, 0, made.err.join());
  t.deepEqual(JSON.parse(made.out[0]!), {
    role: 'root',
    threshold: 2,
    keys: ['root-1', 'root-2', 'root-3'],
    days: 365,
  });
  const files = await readdir(dir);
  t.is(files.filter((name) => name.endsWith('.pem')).length, 6);
  for (const name of files.filter((entry) => entry.endsWith('.pem')))
    t.is((await stat(join(dir, name))).mode & 0o777, 0o600);
  const before = await readFile(join(dir, 'root-1.pem'));
  const again = ota('keys', dir);
  t.is(again.status, 2);
  t.is(again.err.length, 1);
  t.true((await readFile(join(dir, 'root-1.pem'))).equals(before));
  const empty = join(await folderFor(t), 'empty');
  await mkdir(empty);
  t.is((await makeKeys(empty, 3)).roles.root.keys.length, 5);
});

test('wrong usage and bad input are one line and status 2', async (t) => {
  const dir = await folderFor(t);
  const keys = join(dir, 'keys');
  await makeKeys(keys);
  const repo = join(dir, 'repo');
  await writeFile(join(dir, 'release.zip'), 'x');
  await writeFile(join(dir, 'empty.yaml'), '');
  const wrong = [
    [],
    ['frobnicate'],
    ['keys'],
    ['keys', join(dir, 'k'), '--root-threshold', '0'],
    ['keys', keys, '--rotate', 'everyone'],
    ['publish', repo],
    ['publish', '--keys', keys],
    ['publish', repo, '--keys', dir],
    ['publish', repo, '--keys', keys, '--add', 'model'],
    ['publish', repo, '--keys', keys, '--add', 'toy=x'],
    ['publish', repo, '--keys', keys, '--add', 'model=/no/such/card.yaml'],
    ['publish', repo, '--keys', keys, '--add', `profile=${dir}`],
    ['publish', repo, '--keys', keys, '--add', `profile=${join(dir, 'empty.yaml')}`],
    ['publish', repo, '--keys', keys, '--add', `agent=${join(dir, 'release.zip')}`],
  ];
  for (const args of wrong) {
    const { status, out, err } = ota(...args);
    t.is(status, 2, args.join(' '));
    t.is(out.length, 0);
    if (args.length > 0) t.is(err.length, 1, err.join('\n'));
  }
  t.is(await readRepository(repo), null, 'nothing was published');
  for (const command of ['keys', 'publish']) t.is(ota(command, '--help').status, 0);
});

test('the offer: counters rise by kind, the same is not added twice, five of a name stay', async (t) => {
  const shop = await Shop.open(t);
  await shop.publish(TODAY, { street: 'id: street\nversion: 1\n' });
  const same = await shop.publish(TODAY, { street: 'id: street\nversion: 1\n' });
  t.deepEqual(same.targets, ['profile/street/1/street.yaml']);
  t.is(same.version, 2);
  await shop.publish(TODAY, { lane: 'profile: lane\n', broken: '{{{' });
  for (let version = 2; version <= 7; version++)
    await shop.publish(TODAY, { street: `id: street\nversion: ${version}\n` });
  const { targets } = await shop.publish(TODAY);
  t.deepEqual(targets, [
    'profile/broken/3/broken.yaml',
    'profile/lane/2/lane.yaml',
    ...[5, 6, 7, 8, 9].map((counter) => `profile/street/${counter}/street.yaml`),
  ]);
  const folders = await readdir(join(shop.repository, 'targets/profile/street'));
  t.deepEqual(folders.sort(), ['5', '6', '7', '8', '9'], 'the bytes of what was dropped are gone');
});

test('a model is its card and its files, as the card says they are', async (t) => {
  const dir = await folderFor(t);
  const card = fileURLToPath(new URL('../../models/cards/coco-ssd.yaml', import.meta.url));
  const missing = await refusedWith(t, 'MODEL_MISSING', () => readGood(`model=${card}`, dir));
  t.regex(missing!.message, /300x300/);
  await mkdir(join(dir, 'models/coco-ssd'), { recursive: true });
  await writeFile(join(dir, 'models/coco-ssd/300x300.tflite'), 'another');
  await refusedWith(t, 'MODEL_ALTERED', () => readGood(`model=${card}`, dir));
});

test('without additions: timestamp is new each time, the rest when half of its life is over', async (t) => {
  const { shop, box } = await stage(t);
  const versions = async (now: number) => {
    await shop.publish(now);
    box.now = now;
    return (await box.updater().refresh()).versions;
  };
  t.deepEqual(await versions(TODAY + DAY), { root: 1, timestamp: 2, snapshot: 1, targets: 1 });
  t.deepEqual(await versions(TODAY + 8 * DAY), { root: 1, timestamp: 3, snapshot: 2, targets: 1 });
  t.deepEqual(await versions(TODAY + 46 * DAY), { root: 1, timestamp: 4, snapshot: 3, targets: 2 });
  t.deepEqual(await versions(TODAY + 200 * DAY), { root: 2, timestamp: 5, snapshot: 4, targets: 3 });
});

test('offline keys: the online ones sign again alone; what needs the others says which', async (t) => {
  const { shop, box } = await stage(t);
  for (const name of ['root-1', 'root-2', 'root-3', 'targets-1']) await rm(join(shop.keys, `${name}.pem`));
  await shop.publish(TODAY + DAY);
  t.is((await box.updater().refresh()).versions.timestamp, 2);
  const error = await refusedWith(t, 'OTA_KEYS_TOO_FEW', () => shop.publish(TODAY + DAY, { lane: 'id: lane' }));
  t.regex(error!.message, /targets-1\.pem/);
  t.is((await shop.publish(TODAY + DAY)).version, 3, 'nothing was half done');
});

test('each role can be given new keys, one after the other, with boxes that come late', async (t) => {
  const { shop, site, box } = await stage(t);
  await box.updater().refresh();
  for (const role of ['timestamp', 'root', 'snapshot', 'targets', 'root'] as const) {
    await rotateKeys(shop.keys, role);
    await shop.publish(TODAY);
    t.is(
      (await loadRoles(shop.keys)).roles[role].keys.some((name) => name.endsWith('-1')),
      false,
    );
    const late = await Box.open(t, site, await shop.root);
    t.deepEqual(await late.updater().refresh(), await box.updater().refresh(), role);
  }
  t.is((await box.shown())['root'], 6);
});

test('kill -9 at any moment of publishing leaves a repository that verifies, and the next publishing goes on', async (t) => {
  const shop = await Shop.open(t);
  await shop.publish(Date.now(), { street: 'id: street\nversion: 0\n' });
  const site = await Site.open(t, shop.repository);
  const first = await shop.root;
  const box = await Box.open(t, site, first);
  const big = join(shop.folder, 'kerbside-1.0.0-linux-x64.tar.zst');
  let killed = 0;
  for (let run = 0; run < 25; run++) {
    await writeFile(join(shop.folder, 'street.yaml'), `id: street\nversion: ${run}\n`);
    await writeFile(big, Buffer.alloc(3 << 20, run));
    if (run % 2 === 1)
      await rotateKeys(shop.keys, (['targets', 'root', 'snapshot', 'timestamp'] as const)[(run >> 1) % 4]!);
    const add = ['--add', `profile=${join(shop.folder, 'street.yaml')}`, '--add', `agent=${big}`];
    const child = spawn(process.execPath, [CLI, 'publish', shop.repository, '--keys', shop.keys, ...add], {
      stdio: 'ignore',
    });
    // from when its first file appears on, a little later each time
    const watching = new AbortController();
    void killSoon(child, shop.repository, run, watching.signal);
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    watching.abort();
    if (signal === 'SIGKILL') killed++;
    box.now = Date.now();
    const updater = box.updater();
    for (const { path } of (await updater.refresh().then(() => updater.targets())).slice(-2)) {
      await updater.download(path, join(box.files, encodeURIComponent(path)));
    }
  }
  t.log(`${killed} of 25 killed`);
  t.true(killed >= 5);
  const { targets } = await shop.publish(Date.now());
  box.now = Date.now();
  t.is((await (await Box.open(t, site, first)).updater({ now: Date.now }).targets()).length, targets.length);
});

async function killSoon(
  child: { kill(signal: 'SIGKILL'): void },
  folder: string,
  run: number,
  over: AbortSignal,
): Promise<void> {
  const count = async () => (await readdir(folder, { recursive: true }).catch(() => [])).length;
  const before = await count();
  while (!over.aborted && (await count()) === before) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, run));
  if (!over.aborted) child.kill('SIGKILL');
}

test('a damaged repository is refused by name and left alone', async (t) => {
  const { shop } = await stage(t);
  const copy = await shop.copy('copy');
  await writeFile(join(shop.repository, 'metadata/1.snapshot.json'), '{');
  const before = (await readdir(shop.repository, { recursive: true })).sort();
  await refusedWith(t, 'OTA_REPOSITORY_BROKEN', () => shop.publish(TODAY));
  t.deepEqual((await readdir(shop.repository, { recursive: true })).sort(), before);
  await cp(copy, shop.repository, { recursive: true });
  t.is((await shop.publish(TODAY)).version, 2);
});
