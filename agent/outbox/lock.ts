// agent/outbox: one writer per folder. A lock names the process and when it began, so that the lock of a process that
// was killed is told from one that lives, even where its number was given away again. Never: two that hold it.
//
// The lock is a symbolic link whose target says who: it is made in one step, and needs no room on a full disk.
import { randomUUID } from 'node:crypto';
import { readFile, readlink, rename, symlink, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError, oneLine } from '../../contract/index.ts';

const LOCK_FILE = 'lock';
const TRIES = 50;
/** Characters of the boot id in the lock: with more of them the target would need a block of its own. */
const BOOT = 8;

interface Owner {
  pid: number;
  /** clock ticks between boot and its start */
  start: string;
  boot: string;
}

/** Takes the folder's lock; gives what lets go of it. @throws KerbError OUTBOX_IN_USE, OUTBOX_FOLDER */
export async function takeLock(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, LOCK_FILE);
  const { pid, start, boot } = (await ownerOf(process.pid)) ?? { pid: process.pid, start: '0', boot: '0' };
  const mine = `${pid}.${start}.${boot}`;
  for (let tries = 0; tries < TRIES; tries++) {
    if (await linked(mine, path)) return () => unlink(path).catch(() => {});
    const holder = await holderOf(path);
    if (holder) throw inUse(dir, holder.pid);
    await clearStale(path, mine);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw inUse(dir, 0);
}

function inUse(dir: string, pid: number): KerbError {
  const what = pid > 0 ? `process ${pid} has this outbox open` : 'others are opening this outbox';
  return new KerbError('OUTBOX_IN_USE', what, dir, 'stop it, or use another folder');
}

/**
 * Takes a dead process's lock away. Of several that find it dead only one may, else one of them could take away the
 * lock that another has just got: so that is guarded by a lock of its own, held for two system calls.
 */
async function clearStale(path: string, mine: string): Promise<void> {
  const guard = `${path}.over`;
  if (!(await linked(mine, guard))) {
    // Its holder may have been killed at just this point.
    const dead = `${path}.dead.${randomUUID()}`;
    if (!(await holderOf(guard))) await rename(guard, dead).then(() => unlink(dead), ignore);
    return;
  }
  try {
    if (!(await holderOf(path))) await unlink(path).catch(ignore);
  } finally {
    await unlink(guard).catch(ignore);
  }
}

const ignore = (): void => {};

async function linked(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new KerbError('OUTBOX_FOLDER', oneLine(error), path, 'give a folder that can be written to');
  }
}

/** The living process that a lock names; null where there is none, or something else has its name. */
async function holderOf(path: string): Promise<Owner | null> {
  try {
    const [pid, start, boot] = (await readlink(path)).split('.');
    const now = await ownerOf(Number(pid));
    return now && now.start === start && now.boot === boot ? now : null;
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
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).slice(0, BOOT);
    return { pid, start: fields[19] ?? '', boot };
  } catch {
    return null;
  }
}
