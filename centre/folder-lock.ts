// centre: one opener per database folder. The lock is the kernel's (a SQLite file held in an exclusive transaction), so
// it ends with its process however that ends, and two can never hold it; a note beside it says whom to ask.
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

const noteSchema = z.object({
  pid: z.number().int(),
  /** epoch ms */
  started: z.number(),
  /** of its HTTP interface; null: it has none (yet) */
  port: z.number().int().nullable(),
  token: z.string(),
});
/** Who holds the folder. */
export type LockNote = z.infer<typeof noteSchema>;

export class FolderLock {
  readonly #folder: string;
  readonly #db: DatabaseSync;

  private constructor(folder: string, db: DatabaseSync) {
    this.#folder = folder;
    this.#db = db;
  }

  /** Takes the lock, or gives null at once if another process has it. Makes the folder. */
  static take(folder: string): FolderLock | null {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const db = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
    try {
      db.exec('pragma locking_mode = exclusive; begin exclusive');
    } catch (error) {
      db.close();
      if (error instanceof Error && 'errcode' in error && error.errcode === 5) return null;
      throw error;
    }
    rmSync(join(folder, 'lock.json'), { force: true });
    return new FolderLock(folder, db);
  }

  /** Tries for `ms`, unless the holder offers its HTTP interface: then the answer is its note. */
  static async takeWithin(folder: string, ms: number): Promise<FolderLock | LockNote | null> {
    for (const end = performance.now() + ms; ; await wait(100)) {
      const lock = FolderLock.take(folder);
      if (lock) return lock;
      const note = readNote(folder);
      if (note && note.port !== null) return note;
      if (performance.now() > end) return note;
    }
  }

  /** Says who holds it; readable by this user alone, because of the token. */
  write(note: LockNote): void {
    const file = join(this.#folder, 'lock.json');
    const part = `${file}.part`;
    writeFileSync(part, JSON.stringify(note), { mode: 0o600 });
    chmodSync(part, 0o600);
    renameSync(part, file);
  }

  release(): void {
    rmSync(join(this.#folder, 'lock.json'), { force: true });
    this.#db.close();
  }
}

/** The note of the holder, or null where there is none that can be read. */
export function readNote(folder: string): LockNote | null {
  try {
    return noteSchema.parse(JSON.parse(readFileSync(join(folder, 'lock.json'), 'utf8')));
  } catch {
    return null;
  }
}
