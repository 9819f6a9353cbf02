// agent/main: a recording that may be compressed. In: a path. Out: a path that a program can seek in: the file itself, or
// for names ending in .gz an unpacked copy in a temporary folder, removed afterwards. Never: an unbounded copy.
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { KerbError } from '../../../contract/index.ts';

/** Longest recording that is unpacked. */
const MAX_BYTES = 4 * 2 ** 30;

/**
 * Calls `use` with a path of the plain file.
 * @throws KerbError RECORDING_MISSING, RECORDING_GZIP, and what `use` throws
 */
export async function withUnzipped<T>(file: string, use: (plain: string) => Promise<T>): Promise<T> {
  if (!file.endsWith('.gz')) return use(file);
  const folder = await mkdtemp(join(tmpdir(), 'kerbside-'));
  try {
    const plain = join(folder, basename(file, '.gz'));
    await unpack(file, plain);
    return await use(plain);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function unpack(file: string, plain: string): Promise<void> {
  let bytes = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > MAX_BYTES ? new Error(`unpacks to more than ${MAX_BYTES} bytes`) : null, chunk);
    },
  });
  try {
    await pipeline(createReadStream(file), createGunzip(), bounded, createWriteStream(plain));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      throw new KerbError('RECORDING_MISSING', 'there is no such file', file, 'give the path of a recording');
    }
    throw new KerbError('RECORDING_GZIP', `cannot be unpacked (${message})`, file, 'give a whole .gz file');
  }
}
