// install.sh and uninstall.sh below a folder of their own, with a small release; and the real pm2 in a real slot.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { eventually, finish, freePort, tempDir } from '../test/chain-rig.ts';
import { pack } from './pack.ts';
import { inOrder, walk } from './release-tree.ts';
import { type TarEntry, tar } from './tar-writer.ts';
import { Box, ROOT } from './testing-launcher.ts';

/** A folder as a technician's stick holds it; gives the release's path. */
async function stick(folder: string, version: string, more: TarEntry[] = []): Promise<string> {
  const deploy = (await walk(join(ROOT, 'deploy'))).map((entry) => ({ ...entry, name: `deploy/${entry.name}` }));
  const about = { name: 'release.json', data: Buffer.from(JSON.stringify({ version, arch: 'x64' })) };
  const entries = [...inOrder([...deploy, about]), ...more];
  const release = join(folder, `kerbside-${version}-0123456789ab-x64.tar.zst`);
  const { sha256 } = await pack(tar(entries, 1), release, 'zst');
  copyFileSync(join(ROOT, 'deploy/install.sh'), join(folder, 'install.sh'));
  writeFileSync(join(folder, 'SHA256SUMS'), `${sha256}  ${release.slice(folder.length + 1)}\n`);
  // stands for the pinned Node, so that the test need not pack 120 MB
  writeFileSync(join(folder, 'node-0-x64.gz'), gzipSync(`#!/bin/sh\nexec ${process.execPath} "$@"\n`));
  return release;
}

/** Runs a script with DESTDIR and a PATH in which there is no zstd, as on a fresh Debian. */
function script(folder: string, destination: string, name: string, ...args: string[]) {
  const bin = join(folder, 'bin');
  if (!existsSync(bin)) {
    mkdirSync(bin);
    for (const tool of 'sh sed grep basename dirname uname id cmp cp mv rm mkdir chmod cat sync tar gzip sha256sum df head wc'.split(
      ' ',
    ))
      symlinkSync(execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(), join(bin, tool));
  }
  return finish('env', [`PATH=${bin}`, `DESTDIR=${destination}`, 'sh', name, ...args]);
}

const onX64 = process.arch === 'x64' ? test : test.skip;

onX64('installed, again, updated into the other slot, taken off', async (t) => {
  const folder = tempDir(t);
  const root = join(folder, 'root');
  const install = (release: string) => script(folder, root, join(folder, 'install.sh'), release);
  const first = await stick(folder, '1.0.0');
  let done = await install(first);
  t.is(done.status, 0, done.stderr);
  t.is(readFileSync(join(root, 'opt/kerbside/a/OK'), 'utf8'), 'kerbside-1.0.0-0123456789ab-x64\n');
  t.is(readFileSync(join(root, 'var/lib/kerbside/launch/state'), 'utf8').split('\n')[0], 'committed=a');
  for (const file of ['usr/lib/kerbside/launcher', 'usr/bin/kerbside', 'etc/systemd/system/kerbside.service'])
    t.true(existsSync(join(root, file)), file);
  const config = join(root, 'etc/kerbside/box.yaml');
  t.regex(readFileSync(config, 'utf8'), /^device: box-[0-9a-f]{8}$/m);
  writeFileSync(config, 'version: 1\ndevice: mine\n');

  done = await install(first);
  t.is(done.status, 0, done.stderr);
  t.regex(done.stderr, /installed already, in slot a[\s\S]*nothing to do/);

  done = await install(await stick(folder, '1.1.0'));
  t.is(done.status, 0, done.stderr);
  t.is(readFileSync(join(root, 'var/lib/kerbside/launch/want'), 'utf8'), 'b\n');
  t.true(existsSync(join(root, 'opt/kerbside/b/OK')));
  t.is(readFileSync(config, 'utf8'), 'version: 1\ndevice: mine\n');
  t.deepEqual(readdirSync(join(root, 'opt/kerbside')).sort(), ['a', 'b']);

  const off = join(root, 'usr/lib/kerbside/uninstall.sh');
  const copy = join(folder, 'uninstall.sh');
  copyFileSync(off, copy);
  t.is((await script(folder, root, copy)).status, 0);
  t.false(existsSync(join(root, 'opt/kerbside')));
  t.true(existsSync(config), 'the configuration stays');
  t.is((await script(folder, root, copy, '--purge')).status, 0);
  t.false(existsSync(config));
  t.false(existsSync(join(root, 'var/lib/kerbside')));
});

onX64('what is not a release for this machine is refused, and the running slot stays', async (t) => {
  const folder = tempDir(t);
  const root = join(folder, 'root');
  const install = (release: string) => script(folder, root, join(folder, 'install.sh'), release);
  t.is((await install(await stick(folder, '1.0.0'))).status, 0);
  const refused = async (release: string, status: number, why: RegExp) => {
    const done = await install(release);
    t.is(done.status, status, done.stderr);
    t.regex(done.stderr, why);
    t.is(
      done.stderr
        .trim()
        .split('\n')
        .filter((line) => !line.includes('unpacking ')).length >= 1,
      true,
    );
    t.deepEqual(readdirSync(join(root, 'opt/kerbside')), ['a']);
    t.false(existsSync(join(root, 'var/lib/kerbside/launch/want')));
  };
  await refused(join(folder, 'nothing-x64.tar.zst'), 2, /no such file/);

  const other = join(folder, 'kerbside-1.1.0-0123456789ab-arm64.tar.zst');
  writeFileSync(other, '');
  await refused(other, 2, /not for this machine/);

  const good = await stick(folder, '1.1.0');
  const bytes = readFileSync(good);
  bytes[1000]! ^= 1;
  writeFileSync(good, bytes);
  await refused(good, 2, /damaged/);

  writeFileSync(good, readFileSync(good).subarray(0, 20_000));
  writeFileSync(join(folder, 'SHA256SUMS'), '');
  await refused(good, 1, /cannot be unpacked|damaged/);

  const climbing = await stick(folder, '1.2.0', [{ name: '../../climbed', data: Buffer.from('out') }]);
  await refused(climbing, 1, /cannot be unpacked/);
  t.false(existsSync(join(root, 'opt/climbed')) || existsSync(join(root, 'opt/kerbside/climbed')));
});

/** An agent as ours: a page with /healthz, and it ends where pm2 is gone. */
const AGENT = `
import { createServer } from 'node:http';
process.on('disconnect', () => process.exit(0));
process.on('message', () => {});
process.on('SIGINT', () => process.exit(0));
createServer((_, answer) => answer.end('{"ok":true,"wrong":[]}')).listen(Number(process.env.KERBSIDE_PORT), '127.0.0.1');
`;

test('the real pm2: a good release stays, a killed agent and a killed pm2 are healed, one agent runs', async (t) => {
  const env = { KERBSIDE_PORT: String(await freePort()) };
  const box = new Box(t, { env }).realSlot('a', AGENT).realSlot('b', AGENT).state({ trial: 'b' });
  box.launcher.start();
  await box.runs('b');
  t.like(box.result, { result: 'committed', slot: 'b' });
  for (const name of ['agent', 'flows', 'pm2', 'agent']) {
    await eventually(`one ${name}`, () => box.processes(name).length === 1 || null);
    const [victim] = box.processes(name);
    process.kill(victim!.pid, 'SIGKILL');
    await eventually(`${name} again`, async () => {
      const agents = box.processes('agent');
      if (agents.length !== 1 || box.processes(name).some(({ pid }) => pid === victim!.pid)) return null;
      const answer = await fetch(`http://127.0.0.1:${env.KERBSIDE_PORT}/healthz`).catch(() => null);
      return answer?.ok && box.processes(name).length === 1 ? true : null;
    });
  }
  t.is(await box.launcher.end('SIGTERM'), 0);
  t.deepEqual(
    ['agent', 'flows', 'pm2'].flatMap((name) => box.processes(name)),
    [],
  );
});

test('the real pm2: a release that ends at once returns after three tries', async (t) => {
  const env = { KERBSIDE_PORT: String(await freePort()) };
  const box = new Box(t, { env }).realSlot('a', AGENT).realSlot('b', 'process.exit(1)').state({ trial: 'b' });
  box.launcher.start();
  const begun = performance.now();
  await eventually('a result', () => box.result);
  t.log(`${((performance.now() - begun) / 1000).toFixed(1)} s for three tries`);
  t.like(box.result, { result: 'returned', reason: 'the agent ended', tries: 3 });
  await box.runs('a');
});
