// models: pictures from and to files. In: PNG or JPEG, untrusted, a path or bytes. Out: RGB pixels; JPEG bytes.
// Never: more pixels than the limit decoded, a cache or threads of the codec's own.
import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import { KerbError, oneLine } from '../contract/errors.ts';
import type { Picture } from './types.ts';

sharp.cache(false);
sharp.concurrency(1);

const maxBytes = 64 << 20;
const maxPixels = 100e6;
const maxSide = 20_000;

/**
 * Decodes a PNG or JPEG, turned as its EXIF orientation says.
 * @param source a path, or bytes
 * @param where what to call it in errors; the path if not given
 * @throws KerbError PICTURE_MISSING, PICTURE_UNREADABLE
 */
export async function readPicture(source: string | Uint8Array, where?: string): Promise<Picture> {
  const name = where ?? (typeof source === 'string' ? source : 'picture');
  const unreadable = (what: string) =>
    new KerbError('PICTURE_UNREADABLE', what, name, 'give a whole PNG or JPEG of at most 100 megapixels and 64 MB');
  const bytes = typeof source === 'string' ? await readBounded(source, name, unreadable) : source;
  if (bytes.length === 0) throw unreadable('is empty');
  if (bytes.length > maxBytes) throw unreadable(`has ${bytes.length} bytes`);
  if (!isPng(bytes) && !isJpeg(bytes)) throw unreadable('is neither PNG nor JPEG');
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' })
      .autoOrient()
      .flatten({ background: '#000' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`has ${info.channels} channels`);
    if (info.width > maxSide || info.height > maxSide) throw new Error(`is ${info.width}x${info.height}`);
    return { width: info.width, height: info.height, rgb: data };
  } catch (error) {
    throw unreadable(`cannot be decoded: ${oneLine(error).slice(0, 160)}`);
  }
}

/** Encodes as baseline JPEG, without metadata: the same picture gives the same bytes. @param quality 1..100 */
export async function writeJpeg(picture: Picture, quality = 85): Promise<Buffer> {
  const { width, height, rgb } = picture;
  return await sharp(rgb, { raw: { width, height, channels: 3 }, limitInputPixels: maxPixels })
    .jpeg({ quality, chromaSubsampling: '4:2:0', progressive: false, optimiseCoding: true, mozjpeg: false })
    .toBuffer();
}

async function readBounded(path: string, name: string, unreadable: (what: string) => KerbError): Promise<Buffer> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw unreadable('is not a file');
    if (found.size > maxBytes) throw unreadable(`has ${found.size} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof KerbError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT')
      throw new KerbError('PICTURE_MISSING', 'no such file', name, 'give the path of a PNG or JPEG');
    throw unreadable(`cannot be read (${code ?? oneLine(error)})`);
  }
}

const isPng = (bytes: Uint8Array) => bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47;
const isJpeg = (bytes: Uint8Array) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
