// drivers/can: a candump log as a CAN source. In: a file, plain or gzip (told by its first bytes). Out: its frames in
// order, as fast as they are taken. Never: more of the file in memory than one piece of it.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { CandumpParser } from './candump-parser.ts';
import type { CanCounters, CanFrame, CanListener, CanSource } from './types.ts';

const REMEDY = 'give a candump log, plain or gzip, that can be read';

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

/**
 * Reads a whole recording, calling `frame` for each data frame.
 * @param paused asked after each piece: a promise to wait for before the next, e.g. while the output drains
 * @returns what was counted
 * @throws KerbError CAN_UNREADABLE where the file is missing, unreadable or its gzip is broken (frames before that
 *   were handed out)
 */
export async function readCandump(
  path: string,
  frame: (frame: CanFrame) => void,
  paused?: () => Promise<void> | undefined,
  signal?: AbortSignal,
): Promise<CanCounters> {
  const parser = new CandumpParser(frame);
  await pump(path, parser, paused, signal);
  return parser.counters;
}

async function pump(
  path: string,
  parser: CandumpParser,
  paused?: () => Promise<void> | undefined,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const gzip = await isGzip(path);
    const file = createReadStream(path, { highWaterMark: 1 << 16 });
    const stream = gzip ? file.pipe(createGunzip({ chunkSize: 1 << 16 })) : file;
    if (gzip) file.once('error', (error) => stream.destroy(error));
    try {
      for await (const chunk of stream as AsyncIterable<Uint8Array>) {
        if (signal?.aborted) return;
        parser.push(chunk);
        const wait = paused?.();
        if (wait) await wait;
      }
      parser.end();
    } finally {
      file.destroy();
    }
  } catch (error) {
    if (error instanceof KerbError) throw error;
    throw new KerbError('CAN_UNREADABLE', oneLine(error), path, REMEDY, { cause: error });
  }
}

/** A recording behind the type of a live bus. It plays once, as fast as it can be read, and then says `ended`. */
export class CandumpSource implements CanSource {
  readonly #path: string;
  readonly #abort = new AbortController();
  #parser: CandumpParser;
  #listener: CanListener | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
    this.#parser = new CandumpParser((frame) => {
      if (!this.#abort.signal.aborted) this.#listener?.frame(frame);
    });
  }

  get counters(): CanCounters {
    return this.#parser.counters;
  }

  start(listener: CanListener): void {
    if (this.#listener !== undefined) return;
    this.#listener = listener;
    this.#done = pump(this.#path, this.#parser, undefined, this.#abort.signal).then(
      () => {
        if (!this.#abort.signal.aborted) listener.ended();
      },
      (error: unknown) => {
        if (!this.#abort.signal.aborted) listener.lost({ code: 'CAN_UNREADABLE', message: oneLine(error) });
      },
    );
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }
}
