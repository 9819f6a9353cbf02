// deploy: bytes into a compressed file, and what that file is. In: chunks. Out: {sha256, bytes} of a whole file.
// Never: bytes that hang on how the input was cut or on how many cores there are; a half-written file under its name.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';

export interface Packed {
  readonly sha256: string;
  readonly bytes: number;
}

const PIECE = 1 << 20;

/**
 * zstd at a fixed level. No workers: output differs between none and some, and with some this Node's stream breaks off
 * (ERR_STREAM_PUSH_AFTER_EOF). A window of 32 MB, so that the detector's sizes, which share their weights and lie side by
 * side, are stored once, and so that a box unpacks with 32 MB.
 */
function zstd() {
  return createZstdCompress({
    params: {
      [constants.ZSTD_c_compressionLevel]: 12,
      [constants.ZSTD_c_nbWorkers]: 0,
      [constants.ZSTD_c_windowLog]: 25,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  });
}

/** Writes the chunks, compressed, under `path` in one step; gives the file's length and SHA-256. */
export async function pack(chunks: AsyncIterable<Uint8Array>, path: string, kind: 'zst' | 'gz'): Promise<Packed> {
  const part = `${path}.part`;
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  try {
    await pipeline(evenly(chunks), kind === 'zst' ? zstd() : createGzip({ level: 9 }), meter, createWriteStream(part));
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** The same bytes in pieces of one size. */
async function* evenly(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafe(PIECE);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const take = Math.min(PIECE - filled, chunk.length - at);
      piece.set(chunk.subarray(at, at + take), filled);
      filled += take;
      at += take;
      if (filled < PIECE) continue;
      yield piece;
      piece = Buffer.allocUnsafe(PIECE);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
