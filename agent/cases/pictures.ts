// agent/cases: the box's own copies of evidence, as plain files for its page (and for `watch --out`).
// Masked JPEGs come in; files DIR/ID.jpg go out, written whole or not at all, the oldest removed beyond the quota.
// A file is only served when its SHA-256 is the one in the case.
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of pictures that a box keeps for its page: about 4,000 of them. */
export const DEFAULT_QUOTA = 256 * 1024 * 1024;

export class PictureFolder {
  readonly #dir: string;
  readonly #quota: number;
  /** bytes by file name; null: not read yet */
  #files: Map<string, number> | null = null;

  /** @param quota bytes, Infinity for no bound */
  constructor(dir: string, quota: number = DEFAULT_QUOTA) {
    this.#dir = dir;
    this.#quota = quota;
  }

  /** The name of a picture's file, relative to the folder. */
  static fileName(id: string): string {
    return `${id}.jpg`;
  }

  /** Writes one picture; the newest is kept even if it alone is over the quota. @throws errors of the file system */
  async write(id: string, jpeg: Uint8Array): Promise<void> {
    const files = await this.#read();
    const name = PictureFolder.fileName(id);
    const part = join(this.#dir, `${name}.part`);
    const file = await open(part, 'w');
    try {
      await file.writeFile(jpeg);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(part, join(this.#dir, name));
    files.set(name, jpeg.length);
    await this.#bound(files, name);
  }

  async has(id: string): Promise<boolean> {
    return (await this.#read()).has(PictureFolder.fileName(id));
  }

  /** The bytes of a picture, or null where they are gone or not those of `sha256`. */
  async get(id: string, sha256: string): Promise<Buffer | null> {
    try {
      const bytes = await readFile(join(this.#dir, PictureFolder.fileName(id)));
      return createHash('sha256').update(bytes).digest('hex') === sha256 ? bytes : null;
    } catch {
      return null;
    }
  }

  /** What is there, oldest name first (ids sort by time); half-written files of an earlier life are removed. */
  async #read(): Promise<Map<string, number>> {
    if (this.#files) return this.#files;
    await mkdir(this.#dir, { recursive: true });
    const files = new Map<string, number>();
    for (const name of (await readdir(this.#dir)).sort()) {
      const path = join(this.#dir, name);
      if (/^[0-9A-Z]{26}\.jpg\.part$/.test(name)) await rm(path, { force: true });
      else if (/^[0-9A-Z]{26}\.jpg$/.test(name)) files.set(name, (await stat(path)).size);
    }
    this.#files = files;
    return files;
  }

  async #bound(files: Map<string, number>, keep: string): Promise<void> {
    let total = 0;
    for (const bytes of files.values()) total += bytes;
    for (const name of [...files.keys()].sort()) {
      if (total <= this.#quota) return;
      if (name === keep) continue;
      await rm(join(this.#dir, name), { force: true });
      total -= files.get(name) ?? 0;
      files.delete(name);
    }
  }
}
