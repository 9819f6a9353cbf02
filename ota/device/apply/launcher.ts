// ota/device/apply: what deploy/launcher keeps on the disk, read from the slot that it runs, and the one thing it is told:
// "try the other slot". In: its folders. Out: its state; a slot put in place and wanted. Never: its state written; the
// running slot touched; a slot that is complete before its files are durable.
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError } from '../../../contract/index.ts';
import { makeFolder, syncFolder, writeWhole } from '../../disk.ts';

export type Slot = 'a' | 'b';

/** Where an installed box lies (deploy/launcher says these to the programs it starts). */
export interface Installed {
  /** holds the slots a and b */
  readonly opt: string;
  /** holds launch/ */
  readonly home: string;
  /** holds the launcher's process note */
  readonly run: string;
  /** the slot that this program runs in */
  readonly slot: Slot;
}

export interface LauncherState {
  readonly committed: Slot | null;
  readonly trial: Slot | null;
  /** a slot waits to be tried */
  readonly wanted: boolean;
  /** how the last trial ended */
  readonly last: { readonly result: string; readonly release: string; readonly reason: string } | null;
}

export const other = (slot: Slot): Slot => (slot === 'a' ? 'b' : 'a');

export async function launcherState({ home }: Installed): Promise<LauncherState> {
  const read = (name: string) => readFile(join(home, 'launch', name), 'utf8').catch(() => '');
  const text = await read('state').then(async (state) => (/^end=yes$/m.test(state) ? state : read('state.copy')));
  const slot = (key: string): Slot | null => (new RegExp(`^${key}=([ab])$`, 'm').exec(text)?.[1] as Slot) ?? null;
  const wanted = (await read('want')) !== '';
  return { committed: slot('committed'), trial: slot('trial'), wanted, last: result(await read('result')) };
}

function result(text: string): LauncherState['last'] {
  try {
    const { result, release, reason } = JSON.parse(text) as Record<string, unknown>;
    return { result: String(result), release: String(release), reason: String(reason) };
  } catch {
    return null;
  }
}

/** The name of the release in a slot; empty where it is not complete. */
export async function releaseIn({ opt }: Installed, slot: Slot): Promise<string> {
  return (await readFile(join(opt, slot, 'OK'), 'utf8').catch(() => '')).trim();
}

/**
 * Puts an unpacked, flushed release into the slot that does not run, and asks for its trial.
 * @param folder beside the slots; it takes the slot's name
 * @param release becomes its mark, written last
 */
export async function install(box: Installed, folder: string, release: string): Promise<void> {
  const { opt, home } = box;
  const slot = other(box.slot);
  await writeWhole(join(folder, 'OK'), Buffer.from(`${release}\n`));
  // the slot's old files leave in one step: half a release is never a slot
  const old = join(opt, '.old');
  await rm(old, { recursive: true, force: true });
  await rename(join(opt, slot), old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(folder, join(opt, slot));
  await syncFolder(opt);
  await rm(old, { recursive: true, force: true });
  await makeFolder(join(home, 'launch'));
  await writeWhole(join(home, 'launch/want'), Buffer.from(`${slot}\n`));
}

/** Wakes the launcher; without it the wish is found at its next look. @returns whether it was there */
export async function wake({ run }: Installed): Promise<boolean> {
  const [pid = '', begun] = (await readFile(join(run, 'launcher'), 'utf8').catch(() => '')).trim().split(' ');
  if (!/^\d+$/.test(pid)) return false;
  // a number alone may be another process's by now
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] !== begun) return false;
  try {
    process.kill(Number(pid), 'SIGUSR1');
    return true;
  } catch {
    return false;
  }
}

export const checkout = () =>
  new KerbError(
    'UPDATE_CHECKOUT',
    'this is a checkout, not an installed box',
    'agent release',
    'install the box with install.sh, then it takes releases by itself',
  );
