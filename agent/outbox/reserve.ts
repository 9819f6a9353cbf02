// agent/outbox: a file that is kept for the time when the disk is full: as long as a small segment, all its blocks on the
// disk, so that writing into it needs no room. In: the lane's folder. Out: its path, once. What was used is made anew as
// soon as there is room again, without anybody's help. Never: a half-made file under its name.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Disk, freeBytes, writeAll } from './disk.ts';

export const RESERVE_FILE = 'reserve';
const STEP = 256 * 1024;
/** It is made where so many times its size is free. */
const FREE = 2;
/** How long after a failed try the next one comes, ms. */
const RETRY_MS = 10_000;

export class Reserve {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #dir: string;
  readonly bytes: number;
  readonly #retryMs: number;
  #ready = false;
  #making: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /** @param bytes of the file; 0: none is wanted */
  constructor(disk: Disk, dir: string, bytes: number, retryMs = RETRY_MS) {
    this.#disk = disk;
    this.#dir = dir;
    this.#path = join(dir, RESERVE_FILE);
    this.bytes = bytes;
    this.#retryMs = retryMs;
  }

  /** Finds what an earlier start left; where there is nothing it is made in the background. */
  async start(): Promise<void> {
    if (this.bytes > 0 && !(await this.#find())) this.#tryNow();
  }

  /** Whether it lies there with all its blocks. */
  async #find(): Promise<boolean> {
    const found = await stat(this.#path).catch(() => null);
    this.#ready = found !== null && found.size === this.bytes && found.blocks * 512 >= found.size;
    return this.#ready;
  }

  /** Its path, for the caller to rename; null where there is none. A new one is made as soon as there is room. */
  take(): string | null {
    if (!this.#ready) return null;
    this.#ready = false;
    this.#tryLater();
    return this.#path;
  }

  #tryLater(): void {
    if (this.#closed || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#tryNow();
    }, this.#retryMs);
    this.#timer.unref();
  }

  #tryNow(): void {
    this.#making ??= this.#restore()
      .catch(() => false)
      .then((made) => {
        this.#making = null;
        if (!made) this.#tryLater();
      });
  }

  async #restore(): Promise<boolean> {
    // What was taken may not have been used. And a nearly full disk is not worn by attempts.
    if (await this.#find()) return true;
    if ((await freeBytes(this.#dir)) < FREE * this.bytes) return false;
    await this.#make();
    return true;
  }

  async #make(): Promise<void> {
    const draft = `${this.#path}.new`;
    const fd = await this.#disk.open(draft, 'w+');
    try {
      const zeros = Buffer.alloc(Math.min(STEP, this.bytes));
      for (let at = 0; at < this.bytes && !this.#closed; at += zeros.length) {
        await writeAll(this.#disk, fd, zeros.subarray(0, this.bytes - at), at);
      }
      await this.#disk.datasync(fd);
    } catch (error) {
      // What could not be finished must not stay behind on a full disk.
      await this.#disk.unlink(draft).catch(() => {});
      throw error;
    } finally {
      await this.#disk.close(fd);
    }
    if (this.#closed) return this.#disk.unlink(draft);
    await this.#disk.rename(draft, this.#path);
    await this.#disk.syncDir(this.#dir);
    this.#ready = true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#making;
  }
}
