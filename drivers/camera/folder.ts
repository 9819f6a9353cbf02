// drivers/camera: a folder of pictures. In: a path. Out: its pictures by name, or the newest that are new.
// Never: a list without end. A file that is still being written is no whole picture yet: who reads it finds out.
import { opendir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError } from '../../contract/errors.ts';
import { unreadable } from './probe.ts';
import type { StillSource } from './source.ts';
import { MAX_STILL_BYTES } from './still.ts';

type Folder = Extract<StillSource, { kind: 'folder' }>;

/** Pictures of one folder that are known at most. */
const MAX_FILES = 200_000;
/** Of several that came together so many are tried: the latest may be broken, or not whole yet. */
const TRIED = 4;
const PICTURE = /\.(jpe?g|png)$/i;

/** Names of the pictures, in order; "img2" comes before "img10". @throws KerbError CAMERA_UNREADABLE, CAMERA_MISSING */
export async function listPictures(source: Folder): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of await opened(source)) {
    if (!PICTURE.test(name) || name.startsWith('.')) continue;
    if (names.length >= MAX_FILES) throw unreadable(source, `holds more than ${MAX_FILES} pictures`);
    names.push(name);
  }
  const { compare } = new Intl.Collator('en', { numeric: true });
  return names.sort(compare);
}

/**
 * What is new in a folder. A file is told by its size and changing time, never by a comparison with a clock: a camera whose
 * clock is ahead, or a box whose own was set back, would else hide all that comes after.
 */
export class FolderNews {
  readonly #source: Folder;
  #known = new Map<string, string>();

  constructor(source: Folder) {
    this.#source = source;
  }

  /**
   * The latest of the pictures that came or changed since the last call, the very latest first. All count as known then;
   * one that was still being written will have changed.
   * @throws KerbError CAMERA_UNREADABLE, CAMERA_MISSING
   */
  async next(): Promise<string[]> {
    const known = new Map<string, string>();
    const fresh: { name: string; changed: number }[] = [];
    for await (const { name } of await opened(this.#source)) {
      if (!PICTURE.test(name) || name.startsWith('.')) continue;
      const info = await stat(join(this.#source.path, name)).catch(() => null);
      if (!info?.isFile()) continue;
      if (known.size >= MAX_FILES) throw unreadable(this.#source, `holds more than ${MAX_FILES} pictures`);
      const mark = `${info.size} ${info.mtimeMs}`;
      known.set(name, mark);
      if (this.#known.get(name) === mark) continue;
      fresh.push({ name, changed: info.mtimeMs });
      fresh.sort((a, b) => b.changed - a.changed);
      fresh.splice(TRIED);
    }
    this.#known = known;
    return fresh.map(({ name }) => name);
  }
}

/** @throws KerbError CAMERA_UNREADABLE */
export async function readPictureFile(source: Folder, name: string): Promise<Uint8Array> {
  const path = join(source.path, name);
  try {
    if ((await stat(path)).size > MAX_STILL_BYTES) throw unreadable(source, `${name} is too large for a picture`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof KerbError) throw error;
    throw unreadable(source, `${name} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

async function opened(source: Folder) {
  return opendir(source.path).catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === 'ENOENT' ? 'there is no such folder' : `cannot be opened (${cause.code})`;
    throw new KerbError('CAMERA_MISSING', what, source.shown, 'give a folder of JPEG or PNG pictures', { cause });
  });
}
