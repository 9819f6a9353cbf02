// ota/device/apply: releases that would harm are refused by name, and leave the rest of the disk as it was.
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { type TarEntry, tar } from '../../../deploy/tar-writer.ts';
import { folderFor, refusedWith } from '../../testing.ts';
import { unpack } from './unpack.ts';

const data = (text: string) => Buffer.from(text);

async function packed(t: ExecutionContext, chunks: AsyncIterable<Uint8Array>) {
  const folder = await folderFor(t);
  const file = join(folder, 'release.tar.zst');
  await pipeline(chunks, createZstdCompress(), createWriteStream(file));
  const to = join(folder, 'slot');
  await mkdir(to);
  return { folder, file, to };
}

test('a release is unpacked as it was packed: files, folders, links, modes, long names', async (t) => {
  const long = `${'a'.repeat(90)}/${'b'.repeat(90)}/c.txt`;
  const big = Buffer.alloc(700_001, 7);
  const entries: TarEntry[] = [
    { name: 'bin/' },
    { name: 'bin/run', data: data('#!/bin/sh\n'), executable: true },
    { name: 'bin/link', link: '../big' },
    { name: 'big', data: big },
    { name: 'empty', data: data('') },
    { name: long, data: data('far') },
  ];
  const { file, to } = await packed(t, tar(entries, 1));
  await unpack(file, to);
  t.is((await stat(join(to, 'bin/run'))).mode & 0o777, 0o755);
  t.is((await stat(join(to, 'big'))).mode & 0o777, 0o644);
  t.is(await readlink(join(to, 'bin/link')), '../big');
  t.true((await readFile(join(to, 'bin/link'))).equals(big));
  t.is(await readFile(join(to, long), 'utf8'), 'far');
  t.is((await readFile(join(to, 'empty'))).length, 0);
});

const BAD: [string, TarEntry[], string][] = [
  ['a name that climbs out', [{ name: '../evil', data: data('x') }], 'UPDATE_CLIMBS'],
  ['one that climbs on its way', [{ name: 'a/../../evil', data: data('x') }], 'UPDATE_CLIMBS'],
  ['an absolute name', [{ name: '/tmp/evil', data: data('x') }], 'UPDATE_CLIMBS'],
  ['a link out', [{ name: 'out', link: '../..' }], 'UPDATE_CLIMBS'],
  ['a link to the root', [{ name: 'out', link: '/etc' }], 'UPDATE_CLIMBS'],
  ['a link that climbs through folders', [{ name: 'a/b/out', link: '../../../x' }], 'UPDATE_CLIMBS'],
  [
    'a file through a link',
    [{ name: 'here/' }, { name: 'link', link: 'here' }, { name: 'link/x', data: data('x') }],
    'UPDATE_CLIMBS',
  ],
  [
    'a file over a link',
    [
      { name: 'link', link: 'x' },
      { name: 'link', data: data('x') },
    ],
    'UPDATE_CLIMBS',
  ],
  [
    'a name twice',
    [
      { name: 'a', data: data('x') },
      { name: 'a', data: data('y') },
    ],
    'UPDATE_UNPACK',
  ],
  [
    'a file where a folder is',
    [
      { name: 'a', data: data('x') },
      { name: 'a/b', data: data('y') },
    ],
    'UPDATE_DISK',
  ],
  ['more than may be', [{ name: 'a', data: Buffer.alloc(5000) }], 'UPDATE_TOO_LARGE'],
];
for (const [what, entries, code] of BAD) {
  test(`refused: ${what}`, async (t) => {
    const { folder, file, to } = await packed(t, tar(entries, 1));
    await refusedWith(t, code, () => unpack(file, to, undefined, 4096), what);
    t.deepEqual((await readdir(folder)).sort(), ['release.tar.zst', 'slot'], 'nothing outside');
  });
}

async function* changed(entries: TarEntry[], change: (bytes: Buffer) => Buffer): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar(entries, 1)) chunks.push(chunk);
  yield change(Buffer.concat(chunks));
}

/** Sets a header's field and makes its sum right again. */
function header(bytes: Buffer, at: number, text: string): Buffer {
  bytes.write(text, at, 'latin1');
  bytes.write('        ', 148, 'latin1');
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return bytes;
}

const DAMAGE: Record<string, (bytes: Buffer) => Buffer> = {
  'cut off in a file': (bytes) => bytes.subarray(0, 700),
  'cut off in a header': (bytes) => bytes.subarray(0, 100),
  'without its end': (bytes) => bytes.subarray(0, 1024),
  'a header that rotted': (bytes) => bytes.fill(65, 10, 12),
  'no tar': () => Buffer.alloc(2048, 88),
  empty: () => Buffer.alloc(0),
  'a device': (bytes) => header(bytes, 156, '3'),
  'a hard link': (bytes) => header(bytes, 156, '1'),
  'a size beyond the end': (bytes) => header(bytes, 124, '00000100000\0'),
  'a size that is none': (bytes) => header(bytes, 124, '-0000000001\0'),
  'a folder with bytes': (bytes) => header(bytes, 156, '5'),
};
for (const [what, change] of Object.entries(DAMAGE)) {
  test(`refused: ${what}`, async (t) => {
    const { file, to } = await packed(t, changed([{ name: 'a.txt', data: data('hello') }], change));
    await refusedWith(t, 'UPDATE_UNPACK', () => unpack(file, to), what);
  });
}

test('refused: what is no zstd, or is cut off in it', async (t) => {
  const { file, to } = await packed(t, tar([{ name: 'a', data: Buffer.alloc(100_000, 'abcdefg') }], 1));
  const whole = await readFile(file);
  for (const bytes of [whole.subarray(0, whole.length >> 1), Buffer.from('<html>'), Buffer.alloc(0)]) {
    await writeFile(file, bytes);
    const folder = await folderFor(t);
    await refusedWith(t, 'UPDATE_UNPACK', () => unpack(file, folder));
  }
  t.deepEqual(await readdir(to), []);
});
