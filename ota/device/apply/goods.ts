// ota/device/apply: where a box keeps goods: FOLDER/ID-COUNTER/PLACE. In: a good and a way to fetch verified files. Out: its
// folder. What lies on the box already is not fetched again. Never: a file outside, more than the goods that are named.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskError, makeFolder, syncFolder } from '../../disk.ts';
import type { Offer } from '../walk.ts';
import type { Held } from './memory.ts';
import type { StagedGood, Wanted } from './types.ts';

/** Puts a verified target at a path; what is there and right is left alone. */
export type Download = (path: string, file: string) => Promise<unknown>;

export class GoodsStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Brings all files of a good to this disk.
   * @param seeds folders in which some may lie already
   * @throws KerbError UPDATE_*
   */
  async fetch(id: string, good: Wanted, seeds: readonly string[], download: Download): Promise<StagedGood> {
    const folder = join(this.#folder, this.name(id, good.counter));
    try {
      await makeFolder(folder);
      for (const file of good.files) {
        const to = join(folder, file.place);
        await mkdir(dirname(to), { recursive: true });
        await seed(file, to, seeds);
        await download(file.path, to);
        await syncFolder(dirname(to));
      }
      await syncFolder(folder);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).syscall === undefined ? error : diskError(error, 'UPDATE', folder);
    }
    return { ...good, folder, first: good.files[0]!.place };
  }

  /** Its own name below the goods' folder. */
  name(id: string, counter: number): string {
    return `${id}-${counter}`;
  }

  path(held: Pick<Held, 'folder'>): string {
    return join(this.#folder, held.folder);
  }

  /** Whether a kept good's first file is as it was when it was taken. */
  async whole(held: Held): Promise<boolean> {
    return (await sha256(join(this.path(held), held.first))) === held.sha256;
  }

  async held(id: string, good: StagedGood): Promise<Held> {
    const { name, version, counter, first } = good;
    return {
      name,
      version,
      counter,
      folder: this.name(id, counter),
      first,
      sha256: (await sha256(join(good.folder, first))) ?? '',
    };
  }

  /** Removes every good of a place but those named. What cannot be removed now is removed another time. */
  async keep(id: string, held: readonly (Pick<Held, 'folder'> | null)[]): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    const mine = names.filter((name) => name.startsWith(`${id}-`) && /^\d+$/.test(name.slice(id.length + 1)));
    for (const name of mine) {
      if (held.some((one) => one?.folder === name)) continue;
      await rm(join(this.#folder, name), { recursive: true, force: true }).catch(() => {});
    }
  }
}

/** Offers what another folder has under the same place; `download` verifies it. */
async function seed(file: Offer & { readonly place: string }, to: string, folders: readonly string[]): Promise<void> {
  if (await stat(to).catch(() => null)) return;
  for (const folder of folders) {
    const from = join(folder, file.place);
    const found = await stat(from).catch(() => null);
    if (!found?.isFile() || found.size !== file.length) continue;
    if ((await sha256(from)) !== file.hashes['sha256']) continue;
    try {
      await link(from, to);
    } catch {
      await copyFile(from, to).catch(() => rm(to, { force: true })); // another disk: a copy, or it is fetched
    }
    return;
  }
}

async function sha256(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch {
    return null;
  }
}
