// ota/device/apply: a release (.tar.zst) into a folder, streamed. In: a verified file, an empty folder. Out: the folder,
// flushed. Never: a file outside it, a link that leads out, a member written through a link, more than MAX_BYTES, the last
// bytes of the disk.
import { execFile } from 'node:child_process';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, stat, symlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { createZstdDecompress, constants as zlib } from 'node:zlib';
import { KerbError, oneLine } from '../../../contract/index.ts';
import { diskError, freeBytes } from '../../disk.ts';
import { damaged, type Member, readTar, type Taker } from './tar-reader.ts';

/** Three times what a release is today. */
const MAX_BYTES = 1.5e9;
const MAX_MEMBERS = 100_000;
/** Left free for cases and all else. */
const SPARE_BYTES = 64 << 20;
const LOOK_EVERY = 16 << 20;

const climbs = (name: string) =>
  new KerbError(
    'UPDATE_CLIMBS',
    `"${name.slice(0, 120)}" leads out of the release`,
    'release',
    'look at who published it',
  );

/** @throws KerbError UPDATE_UNPACK, UPDATE_CLIMBS, UPDATE_TOO_LARGE, UPDATE_DISK, UPDATE_DISK_FULL */
export async function unpack(file: string, folder: string, signal?: AbortSignal, most = MAX_BYTES): Promise<void> {
  const packed = createReadStream(file, { highWaterMark: 1 << 18 });
  const plain = packed.pipe(createZstdDecompress({ params: { [zlib.ZSTD_d_windowLogMax]: 27 } }));
  packed.on('error', (error) => plain.destroy(error));
  const writer = new Writer(folder, most);
  try {
    await readTar(guarded(plain, signal), writer);
    await promisify(execFile)('sync', ['-f', folder]);
  } catch (error) {
    if (error instanceof KerbError) throw error;
    if ((error as NodeJS.ErrnoException).syscall !== undefined) throw diskError(error, 'UPDATE', folder);
    throw damaged(`it cannot be unpacked: ${oneLine(error)}`);
  } finally {
    await writer.end();
    packed.destroy();
    plain.destroy();
  }
}

async function* guarded(chunks: AsyncIterable<Uint8Array>, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    yield chunk;
  }
}

class Writer implements Taker {
  readonly #folder: string;
  readonly #most: number;
  readonly #links = new Set<string>();
  readonly #folders = new Set<string>(['.']);
  #file: FileHandle | null = null;
  #members = 0;
  #bytes = 0;
  #looked = 0;

  constructor(folder: string, most: number) {
    this.#folder = folder;
    this.#most = most;
  }

  async member({ name, type, link, executable, size }: Member): Promise<void> {
    this.#members += 1;
    this.#bytes += size;
    if (this.#members > MAX_MEMBERS || this.#bytes > this.#most) {
      const what = `it unpacks to more than ${this.#members > MAX_MEMBERS ? `${MAX_MEMBERS} files` : `${this.#most} bytes`}`;
      throw new KerbError('UPDATE_TOO_LARGE', what, 'release', 'publish a release that `ota release` made');
    }
    await this.#room(size);
    const path = this.#inside(name);
    if (type === 'folder') return this.#make(path);
    await this.#make(posix.dirname(path));
    const at = join(this.#folder, path);
    if (type === 'link') {
      if (link.startsWith('/') || link.includes('\0') || isOut(posix.join(posix.dirname(path), link))) {
        throw climbs(`${name} -> ${link}`);
      }
      await symlink(link, at).catch((error) => {
        throw twice(error, name);
      });
      this.#links.add(path);
      return;
    }
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    this.#file = await open(at, flags, executable ? 0o755 : 0o644).catch((error) => {
      throw twice(error, name);
    });
  }

  async bytes(piece: Uint8Array): Promise<void> {
    for (let done = 0; done < piece.length; ) {
      done += (await this.#file!.write(piece, done)).bytesWritten;
    }
  }

  async end(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  /** The member's path below the folder; none of its parents may be a link. */
  #inside(name: string): string {
    if (name === '' || name.startsWith('/') || name.includes('\0') || Buffer.byteLength(name) > 1024)
      throw climbs(name);
    if (name.split('/').includes('..')) throw climbs(name);
    const path = posix.normalize(name).replace(/\/$/, '');
    for (let parent = path; parent !== '.'; parent = posix.dirname(parent)) {
      if (this.#links.has(parent)) throw climbs(name);
    }
    return path;
  }

  async #make(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    await mkdir(join(this.#folder, path), { recursive: true });
    this.#folders.add(path);
  }

  async #room(size: number): Promise<void> {
    if (this.#bytes - this.#looked < LOOK_EVERY && this.#members % 1000 !== 1) return;
    this.#looked = this.#bytes;
    const free = await freeBytes(this.#folder);
    if (free > size + SPARE_BYTES) return;
    const what = `${free} bytes are free, of which ${SPARE_BYTES} stay free`;
    throw new KerbError('UPDATE_DISK_FULL', what, this.#folder, 'make room; what runs is untouched');
  }
}

const isOut = (path: string) => path === '..' || path.startsWith('../');
const twice = (error: NodeJS.ErrnoException, name: string) =>
  ['EEXIST', 'ELOOP', 'EISDIR', 'ENOTDIR'].includes(error.code ?? '') ? damaged(`"${name}" comes twice`) : error;

/** Whether there is a file that may be run. */
export async function isProgram(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => null);
  return info?.isFile() === true && (info.mode & 0o111) !== 0;
}
