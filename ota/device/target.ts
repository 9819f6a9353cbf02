// ota/device: fetches one target. In: its signed length and hashes, an address, a place. Out: the file, whole and durable.
// A broken connection goes on where it broke, also after the process was killed or the power went.
// Never: a byte under the file's own name that was not verified; more bytes than signed; a lie about a range believed.
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetFile } from '@tufjs/models';
import { LengthOrHashMismatchError } from '@tufjs/models/dist/error.js';
import { KerbError } from '../../contract/errors.ts';
import { diskError, freeBytes, makeFolder, syncFolder } from '../disk.ts';
import { lock } from '../lock.ts';
import { refusal } from './errors.ts';
import { lastFailure, pause, type Way, worthAgain } from './fetcher.ts';
import { transfer } from './transfer.ts';

/** Attempts in a row that bring less than GAIN before the target is given up for now. */
const ATTEMPTS = 5;
const GAIN = 16 << 10;
/** So much is at risk when the power goes, and so often the flash is flushed. */
const FLUSH_BYTES = 4 << 20;
/** Left free for the rest of the box. */
const SPARE_BYTES = 1 << 20;
/** Unfinished targets of earlier times that are kept. */
const KEEP_PARTS = 4;

export interface Fetched {
  /** false: it was already there */
  readonly fetched: boolean;
  /** bytes that came over the network */
  readonly received: number;
}

/** Whether the file at `path` is this target, by length and every signed hash. */
export async function isTarget(target: TargetFile, path: string): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  if (!info?.isFile() || info.size !== target.length || Object.keys(target.hashes).length === 0) return false;
  try {
    await target.verify(createReadStream(path));
    return true;
  } catch (error) {
    if (error instanceof LengthOrHashMismatchError) return false;
    throw diskError(error, 'UPDATE', path);
  }
}

/**
 * Puts the target at `path`.
 * @param url where its bytes are
 * @throws KerbError UPDATE_TARGET_BAD, UPDATE_TOO_LONG, UPDATE_TOO_SLOW, UPDATE_UNREACHABLE, UPDATE_RANGE, UPDATE_DISK,
 * UPDATE_DISK_FULL, UPDATE_BUSY; DownloadHTTPError
 */
export async function fetchTarget(target: TargetFile, url: string, path: string, way: Way): Promise<Fetched> {
  if (Object.keys(target.hashes).length === 0) {
    throw refusal('UPDATE_TARGET_BAD', 'it was signed without a hash', target.path, 'publish it again');
  }
  if (await isTarget(target, path)) return { fetched: false, received: 0 };
  const folder = join(dirname(path), '.kerbside-parts');
  try {
    await makeFolder(folder);
    const name = createHash('sha256')
      .update(JSON.stringify([target.path, target.length, target.hashes]))
      .digest('hex');
    const unlock = await lock(join(folder, name), 'UPDATE_BUSY');
    try {
      await tidy(folder, `${name}.part`);
      const part = new Part(target, url, join(folder, `${name}.part`), way);
      await part.fetch();
      await rename(part.path, path);
      await syncFolder(dirname(path));
      await syncFolder(folder);
      return { fetched: true, received: part.received };
    } finally {
      const left = join(folder, `${name}.part`);
      if ((await stat(left).catch(() => null))?.size === 0) await rm(left, { force: true });
      await unlock();
      await rmdir(folder).catch(() => {}); // others may still have parts in it
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).syscall === undefined ? error : diskError(error, 'UPDATE', path);
  }
}

/** Forgets all but the newest unfinished targets. */
async function tidy(folder: string, mine: string): Promise<void> {
  const others = (await readdir(folder)).filter((name) => name !== mine && name.endsWith('.part'));
  const aged = await Promise.all(
    others.map(async (name) => ({ name, at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  for (const { name } of aged.sort((a, b) => b.at - a.at).slice(KEEP_PARTS)) {
    await rm(join(folder, name), { force: true });
  }
}

/** The unfinished file. */
class Part {
  readonly path: string;
  received = 0;
  readonly #target: TargetFile;
  readonly #url: string;
  readonly #way: Way;

  constructor(target: TargetFile, url: string, path: string, way: Way) {
    this.#target = target;
    this.#url = url;
    this.path = path;
    this.#way = way;
  }

  /** Fetches what is missing and verifies the whole; what was resumed and turns out wrong is fetched once more, whole. */
  async fetch(): Promise<void> {
    const resumed = await this.#complete(true);
    if (await isTarget(this.#target, this.path)) return;
    await rm(this.path, { force: true });
    if (resumed) {
      await this.#complete(false);
      if (await isTarget(this.#target, this.path)) return;
      await rm(this.path, { force: true });
    }
    const remedy = 'look at what the server gives; the file was thrown away';
    throw refusal('UPDATE_TARGET_BAD', 'its length or hash is not the signed one', this.#target.path, remedy);
  }

  /** Brings the part to its full length. @returns whether any of it came by resuming */
  async #complete(mayResume: boolean): Promise<boolean> {
    const flags = constants.O_RDWR | constants.O_CREAT | (mayResume ? 0 : constants.O_TRUNC);
    const file = await open(this.path, flags, 0o644);
    try {
      let size = (await file.stat()).size;
      if (size > this.#target.length) {
        await file.truncate(0);
        size = 0;
      }
      await this.#reserve(size);
      const resumed = await this.#attempts(file, size, mayResume);
      await file.sync();
      return resumed;
    } catch (error) {
      if (isFull(error)) await file.truncate(0).catch(() => {}); // the room belongs to the rest of the box
      throw error;
    } finally {
      await file.close();
    }
  }

  async #attempts(file: FileHandle, size: number, mayResume: boolean): Promise<boolean> {
    const { length } = this.#target;
    let resumed = size > 0;
    let ranges = mayResume;
    let have = size;
    for (let poor = 0; have < length; ) {
      const before = have;
      const from = ranges ? have : 0;
      let failure: unknown = short(this.#url);
      try {
        await this.#once(file, from, (position) => {
          have = Math.max(have, position);
        });
      } catch (error) {
        failure = error;
      }
      resumed ||= from > 0 && have > before;
      if (have === length) break;
      if (ranges && failure instanceof KerbError && failure.code === 'UPDATE_RANGE') {
        ranges = false; // a server that lies about ranges is asked for the whole
        continue;
      }
      if (!worthAgain(failure) && (failure as KerbError).code !== 'UPDATE_UNREACHABLE') throw failure;
      poor = have - before < GAIN ? poor + 1 : 0;
      if (poor === ATTEMPTS) throw lastFailure(failure, this.#url);
      if (poor > 0) await sleep(pause(this.#way.pace, poor), undefined, { signal: this.#way.signal });
    }
    return resumed;
  }

  /** One answer, written where it belongs. A server that knows no ranges sends what we have again, over it. */
  async #once(file: FileHandle, from: number, progress: (position: number) => void): Promise<void> {
    let position = from;
    let unflushed = 0;
    await transfer(
      { ...this.#way, url: this.#url, from, limit: this.#target.length },
      async ({ at }) => {
        position = at;
      },
      async (chunk) => {
        for (let done = 0; done < chunk.length; ) {
          done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
        }
        position += chunk.length;
        this.received += chunk.length;
        progress(position);
        unflushed += chunk.length;
        if (unflushed < FLUSH_BYTES) return;
        await file.datasync();
        unflushed = 0;
      },
    );
  }

  async #reserve(size: number): Promise<void> {
    const missing = this.#target.length - size;
    const free = await freeBytes(this.path);
    if (missing === 0 || missing + SPARE_BYTES <= free) return;
    const what = `${missing} bytes are missing and ${free} are free, of which ${SPARE_BYTES} stay free`;
    throw refusal('UPDATE_DISK_FULL', what, this.path, 'make room; what runs is untouched');
  }
}

const short = (url: string) =>
  refusal('UPDATE_UNREACHABLE', 'the answer ends before the signed length', url, 'tried again later');

const isFull = (error: unknown) => ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
