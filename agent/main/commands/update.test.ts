// agent/main: `kerbside update` as a script uses it: verbs and options in any order, exit status, the plain view.
import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { rotateKeys } from '../../../ota/central/rotate.ts';
import { folderFor, Shop, Site } from '../../../ota/testing.ts';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));

/** Runs the command as a process of its own. */
function update(...args: string[]) {
  return new Promise<{ status: number | null; out: string[]; err: string[] }>((resolve) => {
    const child = execFile(process.execPath, [CLI, 'update', ...args], (_, out, err) =>
      resolve({ status: child.exitCode, out: lines(out), err: lines(err) }),
    );
  });
}
const lines = (text: string) => text.split('\n').filter((line) => line !== '');

async function rig(t: ExecutionContext) {
  const shop = await Shop.open(t);
  await shop.publish(Date.now(), { street: 'id: street\nversion: 1\n' });
  const site = await Site.open(t, shop.repository);
  const folder = await folderFor(t);
  const dir = join(folder, 'metadata');
  const files = join(folder, 'targets');
  const root = join(shop.repository, 'metadata/1.root.json');
  const at = ['--metadata-dir', dir, '--metadata-url', `${site.url}/metadata/`];
  const from = ['--target-dir', files, '--target-base-url', `${site.url}/targets/`];
  return { shop, site, folder, dir, files, root, at, from };
}

test('update: init, refresh and download, options and verb in any order, the last of two counts', async (t) => {
  const { shop, site, folder, dir, files, root, at, from } = await rig(t);
  const init = await update('--metadata-dir', join(folder, 'other'), 'init', '--metadata-dir', dir, root);
  t.deepEqual(init, { status: 0, out: [], err: [] });
  t.deepEqual(await readdir(dir).then((names) => names.filter((name) => name.endsWith('.json'))), ['root.json']);
  t.deepEqual(site.requests, []);
  t.is((await update('init', root, '--metadata-dir', dir)).status, 0, 'again');

  const refreshed = await update('refresh', ...at);
  t.is(refreshed.status, 0, refreshed.err.join());
  t.like(JSON.parse(refreshed.out[0]!), { root: 1, timestamp: 1, snapshot: 1, targets: 1 });
  const metadata = join(shop.repository, 'metadata');
  for (const [name, source] of [
    ['root', '1.root'],
    ['timestamp', 'timestamp'],
    ['snapshot', '1.snapshot'],
    ['targets', '1.targets'],
  ]) {
    t.true((await readFile(join(dir, `${name}.json`))).equals(await readFile(join(metadata, `${source}.json`))), name);
  }
  t.deepEqual(
    site.requests,
    ['2.root', 'timestamp', '1.snapshot', '1.targets'].map((name) => `/metadata/${name}.json`),
  );

  await shop.publish(Date.now(), { lane: 'id: lane\n' });
  const names = ['profile/street/1/street.yaml', 'profile/lane/2/lane.yaml'];
  const download = [...names.flatMap((name) => ['--target-name', name]), ...from, ...at];
  const done = await update(...download, 'download');
  t.is(done.status, 0, done.err.join());
  t.deepEqual(
    done.out.map((line) => JSON.parse(line).target),
    names,
  );
  t.deepEqual((await readdir(files)).sort(), names.map(encodeURIComponent).sort());
  site.requests.length = 0;
  t.is((await update('download', ...download)).status, 0);
  t.deepEqual(
    site.requests,
    ['/metadata/2.root.json', '/metadata/timestamp.json'],
    'what is there is not fetched again',
  );
  await writeFile(join(files, encodeURIComponent(names[1]!)), 'another');
  t.is((await update('download', ...download)).status, 0);
  t.is(await readFile(join(files, encodeURIComponent(names[1]!)), 'utf8'), 'id: lane\n');
});

test('update: every refusal is status 1 and one line with its code; the rest is still done', async (t) => {
  const { shop, dir, files, root, at, from } = await rig(t);
  const refused = async (code: string, ...args: string[]) => {
    const { status, err } = await update(...args);
    t.is(status, 1, err.join());
    t.is(err.length, 1);
    t.true(err[0]!.startsWith(`kerbside: ${code}: `), err[0]);
  };
  await refused('UPDATE_NO_ROOT', 'refresh', ...at);
  await refused('UPDATE_ROOT_BAD', 'init', '--metadata-dir', dir, CLI);
  await update('init', '--metadata-dir', dir, root);
  const names = ['--target-name', 'nothing', '--target-name', 'profile/street/1/street.yaml'];
  await refused('UPDATE_TARGET_UNKNOWN', 'download', ...names, ...from, ...at);
  t.deepEqual(await readdir(files), [encodeURIComponent('profile/street/1/street.yaml')]);
  t.deepEqual((await readdir(dir)).sort(), [
    '.kerbside',
    'root.json',
    'snapshot.json',
    'targets.json',
    'timestamp.json',
  ]);
  await refused('UPDATE_UNREACHABLE', 'refresh', ...at, '--metadata-url', 'http://127.0.0.1:1/');
  await copyFile(join(shop.repository, 'metadata/timestamp.json'), join(shop.folder, 'old.json'));
  await shop.publish(Date.now());
  t.is((await update('refresh', ...at)).status, 0);
  await copyFile(join(shop.folder, 'old.json'), join(shop.repository, 'metadata/timestamp.json'));
  await refused('UPDATE_ROLLBACK', 'refresh', ...at);
  await rotateKeys(shop.keys, 'root');
  await shop.publish(Date.now());
  await update('refresh', ...at);
  const view = JSON.parse(await readFile(join(dir, 'root.json'), 'utf8')) as { signed: { version: number } };
  t.is(view.signed.version, 2);
});

test('update: wrong usage is one line and status 2', async (t) => {
  const folder = await folderFor(t);
  const at = ['--metadata-dir', folder];
  const wrong = [
    [],
    ['frobnicate'],
    ['refresh', ...at],
    ['refresh', 'download', ...at],
    ['refresh', '--bogus'],
    ['refresh', '--metadata-url', 'ftp://x', ...at],
    ['refresh', '--metadata-url', 'nowhere', ...at],
    ['download', '--metadata-url', 'http://127.0.0.1:1', ...at],
    ['init', ...at],
    ['init', 'a', 'b', ...at],
    ['init', join(folder, 'none.json'), ...at],
  ];
  for (const args of wrong) {
    const { status, out, err } = await update(...args);
    t.is(status, 2, `${args.join(' ')}: ${err.join()}`);
    t.is(out.length, 0);
    t.is(err.length, 1, err.join('\n'));
  }
});
