// ota/device/apply: the program itself as a good. In: a release (.tar.zst). Out: the other slot filled, and the launcher's
// word on how its trial ended. Never: the running slot touched; a release for another machine; success before the launcher
// has committed it.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { KerbError } from '../../../contract/index.ts';
import { diskError, freeBytes } from '../../disk.ts';
import { checkout, type Installed, install, launcherState, other, releaseIn, wake } from './launcher.ts';
import type { UpdateMemory } from './memory.ts';
import type { Candidate, Outcome, StagedGood, UpdateKind, Version, Wanted } from './types.ts';
import { isProgram, unpack } from './unpack.ts';

export interface ReleaseOptions {
  /** null: a checkout */
  readonly installed: Installed | null;
  readonly memory: UpdateMemory;
  /** of the running program */
  readonly version: string;
  /** of this machine: x64, arm64 */
  readonly arch: string;
}

const ID = 'agent';
/** A release grows to four times its size. */
const GROWTH = 5;
/** What a slot must hold so that the launcher can start it. */
const PROGRAMS = ['deploy/slot/start', 'deploy/slot/agent', 'deploy/slot/healthy', 'scripts/node24'];

/** Joins the running slot. */
export async function releaseKind(options: ReleaseOptions): Promise<UpdateKind> {
  const { installed } = options;
  const release = installed ? await releaseIn(installed, installed.slot) : '';
  return new ReleaseKind(options, release);
}

class ReleaseKind implements UpdateKind {
  readonly id = ID;
  readonly kind = 'agent';
  readonly consumes = true;
  readonly #options: ReleaseOptions;
  /** name of the release that runs */
  readonly #release: string;

  constructor(options: ReleaseOptions, release: string) {
    this.#options = options;
    this.#release = release;
  }

  fits(name: string): boolean {
    return name === 'kerbside';
  }

  own(): Version {
    const { memory, version, arch } = this.#options;
    const { running } = memory.place(ID);
    if (running && isRelease(this.#release, running.version, arch)) {
      return { name: 'kerbside', version: running.version, counter: running.counter };
    }
    const long = /^kerbside-(.{1,60}?)(?:-linux)?-(?:x64|arm64)$/.exec(this.#release)?.[1];
    return { name: 'kerbside', version: long ?? version, counter: null };
  }

  has(good: Wanted): boolean {
    return isRelease(this.#release, good.version, this.#options.arch);
  }

  async admit(good: Wanted): Promise<void> {
    const { installed } = this.#options;
    if (!installed) throw checkout();
    const { committed, trial, wanted } = await launcherState(installed);
    if (trial || wanted || committed !== installed.slot) {
      const what = trial || wanted ? 'another release is being tried' : `slot ${installed.slot} stands in for another`;
      throw new KerbError('UPDATE_LATER', what, 'launcher', 'it is tried again later');
    }
    const needed = good.files.reduce((sum, { length }) => sum + length, 0) * GROWTH;
    const free = await freeBytes(installed.opt);
    if (free > needed) return;
    const what = `${needed} bytes are needed and ${free} are free`;
    throw new KerbError('UPDATE_DISK_FULL', what, installed.opt, 'make room; what runs is untouched');
  }

  async stage(good: StagedGood): Promise<Candidate> {
    const { installed, arch } = this.#options;
    if (!installed) throw checkout();
    const folder = join(installed.opt, '.update');
    const clear = () => rm(folder, { recursive: true, force: true });
    try {
      await clear();
      await mkdir(folder);
      await unpack(join(good.folder, good.first), folder);
    } catch (error) {
      await clear();
      throw (error as NodeJS.ErrnoException).syscall === undefined ? error : diskError(error, 'UPDATE', folder);
    }
    const release = basename(good.first).replace(/\.tar\.zst$/, '');
    return {
      check: () => checkLayout(folder, release, arch),
      async switch() {
        await install(installed, folder, release);
        await wake(installed);
        return 'restart';
      },
      async prove() {},
      back: clear,
      async settle() {},
      close: clear,
    };
  }

  async outcome(attempt: Wanted | null): Promise<Outcome> {
    const { installed, arch } = this.#options;
    if (!installed) return { state: 'none' };
    const { committed, trial, wanted, last } = await launcherState(installed);
    const counter = attempt?.counter ?? 0;
    if (trial || wanted) return { state: 'trial', counter };
    if (!attempt) return { state: 'none' };
    if (committed === installed.slot && isRelease(this.#release, attempt.version, arch)) {
      return { state: 'success', counter };
    }
    if (last?.result === 'returned' && isRelease(last.release, attempt.version, arch)) {
      // an earlier good of the same release may have left that word: the slot tells whether this one was ever put in place
      const placed = await releaseIn(installed, other(installed.slot));
      if (isRelease(placed, attempt.version, arch)) return { state: 'returned', counter, reason: last.reason };
    }
    return { state: 'none' };
  }
}

function isRelease(release: string, version: string, arch: string): boolean {
  return release === `kerbside-${version}-${arch}` || release === `kerbside-${version}-linux-${arch}`;
}

/** @throws KerbError UPDATE_ARCH, UPDATE_LAYOUT */
async function checkLayout(folder: string, release: string, arch: string): Promise<void> {
  const bad = (code: string, what: string) =>
    new KerbError(code, what, release, 'publish a release that `ota release` made for this machine');
  if (!/^[A-Za-z0-9._-]{1,120}$/.test(release)) throw bad('UPDATE_LAYOUT', 'its name cannot be a mark');
  let about: { arch?: unknown } = {};
  try {
    about = JSON.parse(await readFile(join(folder, 'release.json'), 'utf8')) as typeof about;
  } catch {
    throw bad('UPDATE_LAYOUT', 'it has no release.json');
  }
  if (about.arch !== arch) throw bad('UPDATE_ARCH', `it is for ${String(about.arch).slice(0, 20)}, this is ${arch}`);
  for (const program of PROGRAMS) {
    if (!(await isProgram(join(folder, program)))) throw bad('UPDATE_LAYOUT', `it has no program ${program}`);
  }
}
