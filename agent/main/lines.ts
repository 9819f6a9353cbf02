// agent/main: many short lines to a stream, gathered so that a replay is not slowed by its printing.
// In: lines of ASCII. Out: the stream's bytes. Never: more than two pieces in memory beyond what the stream holds.
import { once } from 'node:events';
import type { Writable } from 'node:stream';

const PIECE = 1 << 18;

export class Lines {
  readonly #stream: Writable;
  #buffer = Buffer.allocUnsafe(PIECE);
  #size = 0;
  #full = false;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** The stream holds as much as it wants: wait for `drained` before the next lines. */
  get full(): boolean {
    return this.#full;
  }

  /** @param line ASCII, without its newline */
  add(line: string): void {
    if (this.#size + line.length + 1 > PIECE) this.#pass();
    if (line.length + 1 > PIECE) {
      this.#write(Buffer.from(`${line}\n`, 'latin1'));
      return;
    }
    this.#size += this.#buffer.latin1Write(line, this.#size);
    this.#buffer[this.#size++] = 10;
  }

  /** Resolves once the stream takes more. */
  async drained(): Promise<void> {
    if (this.#full && this.#stream.writableNeedDrain) await once(this.#stream, 'drain');
    this.#full = false;
  }

  /** Hands over what is gathered; the stream stays open. */
  end(): void {
    this.#pass();
  }

  #pass(): void {
    if (this.#size === 0) return;
    this.#write(this.#buffer.subarray(0, this.#size));
    this.#buffer = Buffer.allocUnsafe(PIECE);
    this.#size = 0;
  }

  #write(bytes: Buffer): void {
    if (!this.#stream.write(bytes)) this.#full = true;
  }
}
