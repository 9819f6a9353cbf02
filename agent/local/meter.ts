// agent/local: a local client's socket as the broker may see it: no message over a size, no more than a rate.
// In: a socket. Out: a stream for the broker. A flood is not read (so it waits in its sender), a message that
// announces itself too large ends the connection before it is read into memory.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Bucket } from './bucket.ts';

/** Follows MQTT's framing (OASIS MQTT 3.1.1, 2.2.3) through a byte stream. */
export class Frames {
  readonly #max: number;
  /** bytes of the current message still to come; -1: in its header */
  #rest = -1;
  #length = 0;
  #shift = -1;

  constructor(max: number) {
    this.#max = max;
  }

  /** @returns how many messages end in this chunk; -1: one is too large or no MQTT */
  feed(chunk: Uint8Array): number {
    let ended = 0;
    for (let i = 0; i < chunk.length; ) {
      if (this.#rest > 0) {
        const n = Math.min(this.#rest, chunk.length - i);
        this.#rest -= n;
        i += n;
      } else {
        const byte = chunk[i++]!;
        if (this.#shift < 0) {
          this.#shift = 0;
          this.#length = 0;
          continue; // the type of the message
        }
        this.#length |= (byte & 0x7f) << this.#shift;
        this.#shift += 7;
        if (this.#length > this.#max || (byte & 0x80 && this.#shift >= 28)) return -1;
        if (byte & 0x80) continue;
        this.#rest = this.#length;
        this.#shift = -1;
      }
      if (this.#rest === 0) {
        ended++;
        this.#rest = -1;
      }
    }
    return ended;
  }
}

export interface MeterOptions {
  maxMessage: number;
  messages: number;
  bytes: number;
  burst: number;
  mono: () => number;
  onPause: () => void;
  onCut: () => void;
}

/** The stream that the broker is given. */
export class Meter extends Duplex {
  readonly #socket: Socket;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, options: MeterOptions) {
    super({ readableHighWaterMark: 16 * 1024 });
    this.#socket = socket;
    const now = options.mono();
    const messages = new Bucket(options.messages, options.burst, now);
    const bytes = new Bucket(options.bytes, options.burst, now);
    const frames = new Frames(options.maxMessage);
    socket.on('data', (chunk: Buffer) => {
      const ended = frames.feed(chunk);
      if (ended < 0) {
        options.onCut();
        this.destroy();
        return;
      }
      const at = options.mono();
      const wait = Math.max(messages.draw(ended, at), bytes.draw(chunk.length, at));
      const more = this.push(chunk);
      if (wait > 0) {
        options.onPause();
        socket.pause();
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          socket.resume();
        }, wait);
      } else if (!more) {
        socket.pause();
      }
    });
    socket.on('end', () => this.push(null));
    socket.on('close', () => this.destroy());
    socket.on('error', () => this.destroy());
  }

  /** Bytes that wait to be read by the other side. */
  get unread(): number {
    return this.writableLength + this.#socket.writableLength;
  }

  override _read(): void {
    if (this.#timer === undefined) this.#socket.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, (error) => done(error ?? null));
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(_: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    this.#socket.destroy();
    done(null);
  }
}
