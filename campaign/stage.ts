// campaign: where the box's outbox lies. As root a small ext4 of its own on a loop device, which can be full, and whose
// power can be cut for real: the file system is shut down without its journal being flushed (FS_IOC_SHUTDOWN, as xfstests
// do), unmounted and mounted again, so that what was not synced is gone. Else a folder, which can do neither.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { oneLine } from '../contract/index.ts';

const run = promisify(execFile);
const IMAGE_BYTES = 28 * 1024 * 1024;
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH, linux/fs/ext4/ext4.h. Perl is on every Debian. */
const SHUT = 'open(F, "<", $ARGV[0]) or die $!; my $how = pack("L", 2); ioctl(F, 0x8004587D, $how) or die $!';

export class Stage {
  readonly #folder: string;
  readonly #image: string | null;
  /** why there is no file system of its own */
  readonly why: string;

  private constructor(folder: string, image: string | null, why: string) {
    this.#folder = folder;
    this.#image = image;
    this.why = why;
  }

  /** @param mounts whether this process may mount, in a mount namespace of its own */
  static async make(dir: string, mounts: boolean): Promise<Stage> {
    const folder = join(dir, 'box');
    mkdirSync(folder);
    if (!mounts) return new Stage(folder, null, 'no mount namespace of its own (needs root)');
    const image = join(dir, 'box.img');
    try {
      writeFileSync(image, '');
      truncateSync(image, IMAGE_BYTES);
      await run('mkfs.ext4', ['-q', '-F', '-b', '4096', '-J', 'size=4', '-m', '0', image]);
      const stage = new Stage(folder, image, '');
      await stage.#mount();
      return stage;
    } catch (error) {
      return new Stage(folder, null, oneLine(error));
    }
  }

  /** whether the disk can be full, and its power cut */
  get isDisk(): boolean {
    return this.#image !== null;
  }

  get outbox(): string {
    return join(this.#folder, 'outbox');
  }

  /** From now on nothing reaches the disk, synced or not. */
  async cutPower(): Promise<void> {
    await run('perl', ['-e', SHUT, this.#folder]);
  }

  /** After a cut, once nobody has a file open: what the disk holds. */
  async restorePower(): Promise<void> {
    await run('umount', [this.#folder]);
    await this.#mount();
  }

  async #mount(): Promise<void> {
    await run('mount', ['-o', 'loop,noatime', this.#image!, this.#folder]);
  }

  /** Takes all room but `left` bytes. The box writes meanwhile, so the room is measured again where it was too little. */
  async fill(left: number): Promise<void> {
    for (let tries = 0; tries < 10; tries++) {
      const { bavail, bsize } = statfsSync(this.#folder);
      const ballast = join(this.#folder, `ballast-${tries}`);
      const bytes = Math.floor(bavail * bsize - left);
      if (bytes <= 0) return;
      const filled = await run('fallocate', ['-l', `${bytes}`, ballast]).then(
        () => true,
        () => false,
      );
      if (filled) return;
    }
    throw new Error('the disk could not be filled');
  }

  free(): void {
    for (const name of readdirSync(this.#folder)) {
      if (name.startsWith('ballast')) rmSync(join(this.#folder, name), { force: true });
    }
  }

  async close(): Promise<void> {
    if (this.isDisk) await run('umount', ['-l', this.#folder]).catch(() => undefined);
  }
}
