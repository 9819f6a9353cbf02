// ota: the only way in which this room changes the disk. In: paths and bytes. Out: files that are whole after a power cut.
// Never: a file that is visible under its name before its bytes are durable; a failed write that leaves its temporary file.
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KerbError, oneLine } from '../contract/errors.ts';

/** Makes creations, renames and removals in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export interface WriteOptions {
  /** permissions of the file */
  readonly mode?: number;
  /** false: a copy for eyes only, not worth a flush of the flash */
  readonly durable?: boolean;
}

/** Puts `data` under `path` in one step: others see the old file or the whole new one, after a power cut too. */
export async function writeWhole(path: string, data: Uint8Array, options: WriteOptions = {}): Promise<void> {
  const { mode = 0o644, durable = true } = options;
  const temporary = `${path}.tmp`;
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(data);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    if (durable) await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Makes a folder and its missing parents, durably. */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined) return;
  for (let folder = path; ; folder = dirname(folder)) {
    await syncFolder(dirname(folder));
    if (folder === first || folder === dirname(folder)) return;
  }
}

/** Bytes that an ordinary user may still write where `path` lies. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/**
 * A failed system call as the caller is told it.
 * @param prefix of the code: UPDATE or OTA
 */
export function diskError(error: unknown, prefix: string, path: string): KerbError {
  if (error instanceof KerbError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new KerbError(`${prefix}_DISK_FULL`, 'the disk is full', path, 'make room; what was there is untouched', {
      cause: error,
    });
  }
  const remedy = 'check that it is a folder of this user on a healthy disk';
  return new KerbError(`${prefix}_DISK`, `cannot be read or written: ${oneLine(error)}`, path, remedy, {
    cause: error,
  });
}
