// agent/main/site: notices that somebody changed the site file. In: its path (and the profile file's). Out: a call, once the
// change has come to rest. It asks for their times and sizes instead of being told: that works on every file system, and
// for editors that put a new file in the place of the old one.
import { stat } from 'node:fs/promises';

/** How often it looks, ms; what was changed must then look the same twice. */
export const LOOK_EVERY_MS = 2000;

export class FileWatch {
  /** it knows the files as they are: what is changed from now on is told */
  readonly ready: Promise<void>;
  readonly #files: () => readonly string[];
  readonly #changed: () => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #told: string | null = null;
  #before = '';
  #busy = false;

  /** @param files asked anew each time: a site file may name another profile file */
  constructor(files: () => readonly string[], changed: () => Promise<void>, every_ms = LOOK_EVERY_MS) {
    this.#files = files;
    this.#changed = changed;
    this.#timer = setInterval(() => void this.#look(), every_ms);
    this.#timer.unref();
    this.ready = this.#look();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const now = (await Promise.all(this.#files().map(signature))).join(' ');
      const rests = now === this.#before;
      this.#before = now;
      this.#told ??= now;
      if (!rests || now === this.#told) return;
      this.#told = now;
      await this.#changed();
    } finally {
      this.#busy = false;
    }
  }
}

async function signature(file: string): Promise<string> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file);
    return `${ino}:${size}:${mtimeMs}:${ctimeMs}`;
  } catch {
    return 'none';
  }
}
