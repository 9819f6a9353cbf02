// drivers/camera: one JPEG or PNG of a camera -> a picture in shared memory. In: bytes, untrusted. Out: RGB, and what it is.
// Never: more pixels decoded than the limit, half a picture taken for a whole one.
import sharp, { type OutputInfo } from 'sharp';
import { oneLine } from '../../contract/errors.ts';
import { MAX_SIDE, MIN_SIDE, sizeWords, unreadable } from './probe.ts';
import type { StillSource } from './source.ts';
import type { StreamFacts } from './types.ts';

/** Largest file that is taken for a picture. */
export const MAX_STILL_BYTES = 32 << 20;
/** What a 4:3 camera of 8192 pixels a side delivers; above, a picture is a bomb. */
const MAX_PIXELS = 64e6;

export interface Still {
  readonly facts: StreamFacts;
  readonly rgb: Uint8Array<SharedArrayBuffer>;
}

/**
 * Decodes one picture. Its EXIF orientation is obeyed.
 * @param where what to call it in errors, besides its source
 * @throws KerbError CAMERA_UNREADABLE
 */
export async function decodeStill(bytes: Uint8Array, source: StillSource, where = ''): Promise<Still> {
  const fault = (what: string) => unreadable(source, `${where}${where ? ' ' : ''}${what}`);
  if (bytes.length === 0) throw fault('is empty');
  if (bytes.length > MAX_STILL_BYTES) throw fault(`has more than ${MAX_STILL_BYTES} bytes`);
  const codec = codecOf(bytes);
  if (codec === null) throw fault('is neither JPEG nor PNG');
  let picture: { data: Buffer; info: OutputInfo };
  try {
    const image = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated' });
    const { width, height } = await image.metadata();
    if (width > MAX_SIDE || height > MAX_SIDE) throw new Error(sizeWords(width, height));
    picture = await image.autoOrient().flatten().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw fault(`cannot be decoded (${oneLine(error).slice(0, 160)})`);
  }
  const { width, height, channels } = picture.info;
  if (channels !== 3 || width < MIN_SIDE || height < MIN_SIDE) throw fault(sizeWords(width, height));
  const rgb = new Uint8Array(new SharedArrayBuffer(picture.data.length));
  rgb.set(picture.data);
  return { facts: { width, height, codec, rate: null }, rgb };
}

function codecOf([a, b, c]: Uint8Array): 'jpeg' | 'png' | null {
  if (a === 0xff && b === 0xd8 && c === 0xff) return 'jpeg';
  return a === 0x89 && b === 0x50 && c === 0x4e ? 'png' : null;
}
