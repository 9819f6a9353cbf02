// The release's bytes: they follow from names, contents and the commit's time alone, and any tar reads them.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { tempDir } from '../test/chain-rig.ts';
import { pack } from './pack.ts';
import { healthUrl, sound } from './probe.ts';
import { ofPackages, ofRepository } from './prune.ts';
import { release, run } from './release.ts';
import { inOrder, walk } from './release-tree.ts';
import { parts, sbom } from './sbom.ts';
import { tar } from './tar-writer.ts';

const TIME = 1_700_000_000;
const LONG = `${'long/'.repeat(30)}名字.txt`;
const FILES: Record<string, string> = {
  'a.txt': 'a',
  'bin/run': '#!/bin/sh\n',
  [LONG]: 'far down',
  'empty.txt': '',
  'z/block.bin': 'x'.repeat(1024),
};

/** The same files, made in another order, at another time, with another umask. */
function tree(folder: string, names: string[], seconds: number): string {
  for (const name of names) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, FILES[name]!, { mode: seconds % 2 ? 0o600 : 0o664 });
    utimesSync(path, seconds, seconds);
  }
  chmodSync(join(folder, 'bin/run'), 0o711);
  symlinkSync('a.txt', join(folder, 'link'));
  return folder;
}

test('two builds of one tree are byte-identical, and tar unpacks them', async (t) => {
  const work = tempDir(t);
  const names = Object.keys(FILES);
  const one = inOrder(await walk(tree(join(work, 'one'), names, 1_000_001)));
  const two = inOrder(await walk(tree(join(work, 'two'), names.toReversed(), 2_000_000)));
  const first = await release(one, TIME, join(work, 'one.tar.zst'));
  const second = await release(two, TIME, join(work, 'two.tar.zst'));
  t.deepEqual(first, second);
  t.is(first.bytes, readFileSync(join(work, 'one.tar.zst')).length);

  const plain = await Array.fromAsync(tar(one, TIME));
  writeFileSync(join(work, 'one.tar'), Buffer.concat(plain));
  const out = join(work, 'out');
  mkdirSync(out);
  execFileSync('tar', ['-xf', join(work, 'one.tar'), '-C', out]);
  for (const name of names) t.is(readFileSync(join(out, name), 'utf8'), FILES[name]!);
  const listed = execFileSync('tar', ['--numeric-owner', '--full-time', '--utc', '-tvf', join(work, 'one.tar')], {
    encoding: 'utf8',
  });
  t.regex(listed, /^-rwxr-xr-x 0\/0 +10 2023-11-14 22:13:20 bin\/run$/m);
  t.regex(listed, /^-rw-r--r-- 0\/0 +1 2023-11-14 22:13:20 a\.txt$/m);
  t.regex(listed, /link -> a\.txt$/m);
});

test('packed bytes do not hang on how the input was cut', async (t) => {
  const work = tempDir(t);
  const bytes = Buffer.alloc(5_000_000, 'street management ');
  const cut = async function* (size: number) {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const packed = await Promise.all(
    [777, 65_536, 5_000_000].flatMap((size) =>
      (['zst', 'gz'] as const).map((kind) => pack(cut(size), join(work, `${size}.${kind}`), kind)),
    ),
  );
  t.is(new Set(packed.map(({ sha256 }) => sha256)).size, 2);
});

test('a file that changes while it is packed is an error, and leaves nothing', async (t) => {
  const work = tempDir(t);
  writeFileSync(join(work, 'grows'), 'x');
  const entries = async function* () {
    for await (const piece of tar([{ name: 'grows', source: join(work, 'grows') }], TIME)) {
      writeFileSync(join(work, 'grows'), 'xx');
      yield piece;
    }
  };
  await t.throwsAsync(pack(entries(), join(work, 'out.zst'), 'zst'), { code: 'RELEASE_CHANGED' });
  t.throws(() => readFileSync(join(work, 'out.zst')));
  t.throws(() => readFileSync(join(work, 'out.zst.part')));
});

test('what a box needs is in, what only developers need is not', (t) => {
  for (const path of ['agent/main/cli.ts', 'scripts/node24', 'examples/street/site.yaml', 'LICENSE', 'deploy/launcher'])
    t.true(ofRepository(path), path);
  for (const path of [
    'agent/main/commands/watch.test.ts',
    'bench/run.ts',
    'scripts/setup.mjs',
    'test/samples.ts',
    'models/testing.ts',
  ])
    t.false(ofRepository(path), path);
  for (const path of [
    'epoll/build/Release/epoll.node',
    'mqtt/build/lib/client.js',
    '@serialport/bindings-cpp/prebuilds/linux-x64/@serialport+bindings-cpp.glibc.node',
    'pm2/LICENSE.md',
    'tfjs-tflite-node/build/Release/node_tflite_binding.node',
    'tfjs-tflite-node/cc_deps/linux_amd64/libtensorflowlite_c.so',
  ])
    t.true(ofPackages(path, 'x64'), path);
  for (const path of [
    '.package-lock.json',
    '.bin/pm2',
    'epoll/build/Makefile',
    'epoll/build/config.gypi',
    'epoll/build/Release/obj.target/epoll.node',
    '@serialport/bindings-cpp/prebuilds/linux-arm64/x.node',
    '@serialport/bindings-cpp/prebuilds/win32-x64/x.node',
    'tfjs-tflite-node/cc_deps/linux_arm64/libtensorflowlite_c.so',
    'tfjs-tflite-node/cc_deps/darwin_arm64/libtensorflowlite_c.dylib',
    'tfjs-tflite-node/node_modules/@tensorflow/tfjs-core/package.json',
    'zod/index.d.ts',
    'pm2/README.md',
  ])
    t.false(ofPackages(path, 'x64'), path);
});

test('the bill of materials follows from the commit and names every part', (t) => {
  const root = tempDir(t);
  const file = (path: string, value: unknown) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify(value));
  };
  file('package-lock.json', {
    packages: {
      '': {},
      'node_modules/@a/b': { integrity: 'sha512-AAAA' },
      'node_modules/c': {},
      'node_modules/gone': {},
    },
  });
  file('node_modules/@a/b/package.json', { name: '@a/b', version: '1.2.3', license: 'MIT', dependencies: { c: '*' } });
  file('node_modules/c/package.json', { name: 'c', version: '2.0.0', licenses: [{ type: 'ISC' }] });
  const product = {
    name: 'kerbside',
    version: '0.1.0',
    commit: 'f'.repeat(40),
    time: TIME,
    node: '24.21.0',
    models: [],
  };
  const make = () =>
    sbom(
      product,
      parts(root, () => true),
    );
  t.is(make(), make());
  const made = JSON.parse(make());
  t.regex(made.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  t.is(made.metadata.timestamp, '2023-11-14T22:13:20.000Z');
  t.deepEqual(
    made.components.map((one: { name: string }) => one.name),
    ['node', '@a/b', 'c'],
  );
  t.deepEqual(made.dependencies[0], { ref: 'node_modules/@a/b', dependsOn: ['node_modules/c'] });
  t.not(JSON.parse(sbom({ ...product, commit: '0'.repeat(40) }, [])).serialNumber, made.serialNumber);
});

test('wrong usage is told in one line', async (t) => {
  await t.throwsAsync(run([]), { code: 'USAGE' });
  await t.throwsAsync(run(['--out', 'x', '--arch', 'mips']), { code: 'RELEASE_ARCH' });
});

test('the health check: what comes from outside is not the release’s fault', (t) => {
  t.true(sound(200, { ok: true, wrong: [] }));
  t.true(sound(503, { ok: false, wrong: [{ id: 'camera-pole-1' }, { id: 'gnss' }] }));
  t.false(sound(503, { ok: false, wrong: [{ id: 'camera-pole-1' }, { id: 'detector' }] }));
  t.false(sound(500, {}));
  t.false(sound(503, null));
  t.is(healthUrl('version: 1', undefined), 'http://127.0.0.1:8088/healthz');
  t.is(healthUrl('page: { host: 0.0.0.0, port: 9000 }', '1'), 'http://127.0.0.1:9000/healthz');
  t.is(healthUrl('page: { host: "::" }', '7000'), 'http://[::1]:7000/healthz');
});
