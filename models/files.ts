// models: finds and reads the model files of a card. In: what the card says of a file, cache folder. Out: bytes that are what the card says.
// Never: bytes of another length or hash.
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError, oneLine } from '../contract/errors.ts';
import type { CardFile } from './card.ts';

/** Where a card's relative paths may start: its own folder first, then the cache. */
export interface ModelPlaces {
  readonly folder: string;
  readonly cacheDir: string;
}

/** Where a file lies, and its length in bytes; null where there is none. */
export async function findModel(size: CardFile, places: ModelPlaces): Promise<{ path: string; bytes: number } | null> {
  for (const folder of [places.folder, places.cacheDir]) {
    const path = join(folder, size.file);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return { path, bytes: found.size };
  }
  return null;
}

/** @throws KerbError MODEL_MISSING, MODEL_ALTERED, MODEL_UNREADABLE */
export async function readModel(size: CardFile, places: ModelPlaces): Promise<Uint8Array> {
  const found = await findModel(size, places);
  if (!found) {
    const remedy = 'run `npm run setup`, or put the file beside its card';
    const what = `no such model file, neither in ${places.folder} nor in ${places.cacheDir}`;
    throw new KerbError('MODEL_MISSING', what, size.file, remedy);
  }
  const { path } = found;
  const altered = (how: string) => {
    const remedy = path.startsWith(join(places.cacheDir, '/'))
      ? 'delete it and run `npm run setup`, or correct the card'
      : 'put the right one there, or make it a card of its own: kerbside models add FILE --replace';
    return new KerbError('MODEL_ALTERED', `is not the file that the card names: ${how}`, path, remedy);
  };
  if (found.bytes !== size.bytes) throw altered(`${found.bytes} bytes instead of the card's ${size.bytes}`);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new KerbError('MODEL_UNREADABLE', `cannot be read: ${oneLine(error)}`, path, 'check its permissions');
  });
  if (createHash('sha256').update(bytes).digest('hex') !== size.sha256) throw altered('its SHA-256 differs');
  return bytes;
}
