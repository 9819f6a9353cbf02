import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { KerbError } from '../contract/errors.ts';
import { readPicture, writeJpeg } from './image.ts';
import { knownPicture } from './known.ts';
import { scratch } from './testing.ts';

const raw = { raw: { width: 160, height: 120, channels: 3 as const } };

test('a PNG comes back as it went in, from a file or bytes; grey and transparent ones become RGB', async (t) => {
  const picture = knownPicture();
  const file = join(await scratch(t), 'a.png');
  await sharp(picture.rgb, raw).png().toFile(file);
  for (const source of [file, await readFile(file)]) {
    const { width, height, rgb } = await readPicture(source);
    t.deepEqual([width, height], [160, 120]);
    t.true(Buffer.from(rgb).equals(Buffer.from(picture.rgb)));
  }
  const grey = await sharp(picture.rgb, raw).greyscale().png().toBuffer();
  t.is((await readPicture(grey)).rgb.length, 160 * 120 * 3);
  const clear = await sharp(picture.rgb, raw).ensureAlpha(0.5).png().toBuffer();
  t.is((await readPicture(clear)).rgb.length, 160 * 120 * 3);
  const deep = await sharp(picture.rgb, raw).toColourspace('rgb16').png().toBuffer();
  t.is((await readPicture(deep)).rgb.length, 160 * 120 * 3);
});

test('the orientation that a camera noted is respected', async (t) => {
  const turned = await sharp(knownPicture().rgb, raw).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { width, height } = await readPicture(turned);
  t.deepEqual([width, height], [120, 160]);
});

test('the same picture gives the same JPEG, and quality counts', async (t) => {
  const picture = knownPicture();
  const [a, b, low] = [await writeJpeg(picture), await writeJpeg(picture), await writeJpeg(picture, 40)];
  t.true(a.equals(b));
  t.true(low.length < a.length);
  t.is((await readPicture(a)).width, 160);
});

test('what is no picture, or half of one, or too large, is told in one line', async (t) => {
  const folder = await scratch(t);
  const whole = await sharp(knownPicture().rgb, raw).png().toBuffer();
  const jpeg = await writeJpeg(knownPicture());
  const header = Buffer.from(whole);
  header.writeUInt32BE(60_000, 16);
  header.writeUInt32BE(60_000, 20);
  const cases: [string, Uint8Array | null, string][] = [
    ['none.png', null, 'PICTURE_MISSING'],
    ['empty.png', Buffer.alloc(0), 'PICTURE_UNREADABLE'],
    ['text.png', Buffer.from('hello'), 'PICTURE_UNREADABLE'],
    ['svg.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'PICTURE_UNREADABLE'],
    ['half.png', whole.subarray(0, whole.length >> 1), 'PICTURE_UNREADABLE'],
    ['half.jpg', jpeg.subarray(0, jpeg.length >> 1), 'PICTURE_UNREADABLE'],
    ['huge.png', header, 'PICTURE_UNREADABLE'],
  ];
  for (const [name, bytes, code] of cases) {
    const path = join(folder, name);
    if (bytes) await writeFile(path, bytes);
    const error = await t.throwsAsync(readPicture(path), { instanceOf: KerbError }, name);
    t.is(error.code, code, name);
    t.true(error.message.startsWith(path) && !error.message.includes('\n'), error.message);
  }
  await t.throwsAsync(readPicture(folder), { code: 'PICTURE_UNREADABLE' } as object);
});
