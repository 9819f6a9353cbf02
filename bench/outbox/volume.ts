// bench/outbox: a small ext4 of its own on a loop device, whose counter says what really went to the medium: data,
// journal, inodes. In: root's right to mount. Out: a folder on it, and its bytes. Never left behind.
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const SIZE = 96 * 1024 * 1024;
const SECTOR = 512;

export interface Volume {
  readonly dir: string;
  /** bytes written to the device so far, or null where the counting is left to the processes */
  written(): number | null;
  close(): void;
}

/** A volume below `home`; where none can be made a plain folder without a counter, and the reason on stderr. */
export function openVolume(home: string, name: string): Volume {
  const dir = join(home, name);
  mkdirSync(dir);
  const image = join(home, `${name}.img`);
  let device = '';
  try {
    const fd = openSync(image, 'w');
    ftruncateSync(fd, SIZE);
    closeSync(fd);
    device = execFileSync('losetup', ['--find', '--show', image], { encoding: 'utf8', stdio: 'pipe' }).trim();
    const lazy = 'lazy_itable_init=0,lazy_journal_init=0';
    execFileSync('mkfs.ext4', ['-q', '-b', '4096', '-E', lazy, device], { stdio: 'pipe' });
    execFileSync('mount', [device, dir], { stdio: 'pipe' });
  } catch (error) {
    if (device !== '') execFileSync('losetup', ['--detach', device]);
    process.stderr.write(`no loop device here, bytes are those of /proc: ${String(error).split('\n')[0]}\n`);
    return { dir, written: () => null, close: () => {} };
  }
  return {
    dir,
    written() {
      const fields = readFileSync(`/sys/block/${basename(device)}/stat`, 'utf8')
        .trim()
        .split(/\s+/);
      return Number(fields[6]) * SECTOR;
    },
    close() {
      // A writer that was stopped may still hold it for a moment.
      execFileSync('umount', ['--lazy', dir]);
      execFileSync('losetup', ['--detach', device]);
    },
  };
}
