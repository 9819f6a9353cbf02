// agent/outbox: one writer per folder. A lock file names the process and when it began, so that the lock of a process
// that was killed is told from one that lives, even where its number was given away again. Never: two that hold it.
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError, oneLine } from '../../contract/index.ts';

const LOCK_FILE = 'lock';
const TRIES = 50;

interface Owner {
  pid: number;
  /** clock ticks between boot and its start */
  start: string;
  boot: string;
}

/** Takes the folder's lock; gives what lets go of it. @throws KerbError OUTBOX_IN_USE, OUTBOX_FOLDER */
export async function takeLock(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, LOCK_FILE);
  const mine = `${JSON.stringify((await ownerOf(process.pid)) ?? { pid: process.pid, start: '', boot: '' })}\n`;
  const draft = join(dir, `${LOCK_FILE}.${process.pid}.${randomUUID()}`);
  await writeFile(draft, mine).catch((error: unknown) => {
    throw new KerbError('OUTBOX_FOLDER', oneLine(error), dir, 'make room, or give a folder that can be written to');
  });
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      if (await linked(draft, path)) return () => unlink(path).catch(() => {});
      const holder = await holderOf(path);
      if (holder) throw inUse(dir, holder.pid);
      await clearStale(path, draft);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw inUse(dir, 0);
  } finally {
    await unlink(draft).catch(() => {});
  }
}

function inUse(dir: string, pid: number): KerbError {
  const what = pid > 0 ? `process ${pid} has this outbox open` : 'others are opening this outbox';
  return new KerbError('OUTBOX_IN_USE', what, dir, 'stop it, or use another folder');
}

/**
 * Takes a dead process's lock away. Of several that find it dead only one may, else one of them could take away the
 * lock that another has just got: so that is guarded by a lock of its own, held for two system calls.
 */
async function clearStale(path: string, draft: string): Promise<void> {
  const guard = `${path}.over`;
  if (!(await linked(draft, guard))) {
    // Its holder may have been killed at just this point.
    if (!(await holderOf(guard))) await rename(guard, `${draft}.dead`).then(() => unlink(`${draft}.dead`), ignore);
    return;
  }
  try {
    if (!(await holderOf(path))) await unlink(path).catch(ignore);
  } finally {
    await unlink(guard).catch(ignore);
  }
}

const ignore = (): void => {};

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The living process that a lock file names; null where there is none. */
async function holderOf(path: string): Promise<Owner | null> {
  try {
    const said = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner> | null;
    if (typeof said?.pid !== 'number') return null;
    const now = await ownerOf(said.pid);
    return now && now.start === said.start && now.boot === said.boot ? now : null;
  } catch {
    return null;
  }
}

/** Who has this process number now; null where nobody has. */
async function ownerOf(pid: number): Promise<Owner | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The second field, the program's name, may hold anything, also brackets: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
    return { pid, start: fields[19] ?? '', boot };
  } catch {
    return null;
  }
}
