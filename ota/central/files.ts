// ota/central: the bytes of targets on disk. In: sources and places. Out: files under hash-prefixed names.
// Never: a file whose bytes are not the hashed ones, or that is visible before it is whole.
import { createHash } from 'node:crypto';
import { copyFile, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TargetFile } from '@tufjs/models';
import { KerbError } from '../../contract/errors.ts';
import { makeFolder, syncFolder } from '../disk.ts';
import { targetName, targetsFolder } from './repository.ts';

/** Where the bytes of a new target come from. */
export interface Put {
  readonly source: string;
  readonly target: TargetFile;
}

/** Copies a target's bytes to where boxes look for them, durably. @throws KerbError OTA_FILE where they changed meanwhile */
export async function putTarget(repository: string, { source, target }: Put): Promise<void> {
  const path = place(repository, target);
  if ((await stat(path).catch(() => null))?.size === target.length) return;
  const temporary = join(repository, '.incoming'); // one writer at a time; what a kill leaves is overwritten
  await makeFolder(dirname(path));
  try {
    await copyFile(source, temporary);
    const file = await open(temporary, 'r+');
    try {
      const hash = createHash('sha256');
      for await (const chunk of file.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
      if (hash.digest('hex') !== target.hashes['sha256']) {
        throw new KerbError('OTA_FILE', 'it changed while it was read', source, 'publish it again');
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Removes the bytes of targets that are no longer on offer; a box in the middle of one starts over with another. */
export async function dropTargets(
  repository: string,
  before: readonly TargetFile[],
  now: readonly TargetFile[],
): Promise<void> {
  const kept = new Set(now.map(({ path }) => path));
  for (const target of before) {
    if (kept.has(target.path)) continue;
    const path = place(repository, target);
    await rm(path, { force: true });
    await rmdir(dirname(path)).catch(() => {}); // others may still be in it
  }
}

const place = (repository: string, { path, hashes }: TargetFile): string =>
  join(targetsFolder(repository), targetName(path, hashes['sha256']!));
