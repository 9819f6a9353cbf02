// drivers/serial: a recording in the place of a port. In: a file, plain or gzip (told by its first bytes). Out: its
// bytes in order. Never: more of the file in memory than a piece of it.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { KerbError, oneLine } from '../../contract/errors.ts';
import type { ByteListener, ByteSource } from './types.ts';

const PIECE = 262_144;
const REMEDY = 'give a recording, plain or gzip, that can be read';

/**
 * The bytes of a recording, piece by piece.
 * @throws KerbError RECORDING_UNREADABLE where the file is missing or unreadable or its gzip is broken
 */
export async function* readRecording(path: string, piece: number = PIECE): AsyncGenerator<Uint8Array> {
  try {
    const gzip = await isGzip(path);
    const file = createReadStream(path, { highWaterMark: piece });
    const stream = gzip ? file.pipe(createGunzip({ chunkSize: piece })) : file;
    if (gzip) file.once('error', (error) => stream.destroy(error));
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
    } finally {
      file.destroy();
    }
  } catch (error) {
    throw new KerbError('RECORDING_UNREADABLE', oneLine(error), path, REMEDY, { cause: error });
  }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(2);
    const { bytesRead } = await file.read(head, 0, 2, 0);
    return bytesRead === 2 && head[0] === 0x1f && head[1] === 0x8b;
  } finally {
    await file.close();
  }
}

export interface RecordingOptions {
  readonly path: string;
  /** epoch ms of the box */
  readonly now: () => number;
  /** bytes per piece */
  readonly piece?: number;
}

/** A recording behind the type of a port. It plays once, as fast as it can be read, and then says `ended`. */
export function openRecording(options: RecordingOptions): ByteSource {
  let opened = false;
  let closed = false;
  let done: Promise<void> = Promise.resolve();
  const play = async (listener: ByteListener): Promise<void> => {
    try {
      let ready = false;
      for await (const chunk of readRecording(options.path, options.piece)) {
        if (closed) return;
        if (!ready) listener.ready();
        ready = true;
        listener.bytes(chunk, options.now());
      }
      if (!closed) listener.ended?.();
    } catch (error) {
      if (!closed) listener.lost({ code: 'RECORDING_UNREADABLE', message: oneLine(error) });
    }
  };
  return {
    recorded: true,
    open(listener) {
      if (opened || closed) return;
      opened = true;
      done = play(listener);
    },
    write() {},
    async close() {
      closed = true;
      await done;
    },
  };
}
