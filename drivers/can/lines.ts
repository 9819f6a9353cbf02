// drivers/can: bytes into lines. In: chunks of any size. Out: each line as a range of bytes, without its end.
// Never: a line longer than the limit in memory; the rest of such a line is dropped and counted once.

/** Told of each line: bytes `from` (inclusive) to `to` (exclusive) of `bytes`, valid only during the call. */
export type LineTaker = (bytes: Uint8Array, from: number, to: number) => void;

/** Cuts a byte stream into lines at `end` (one ASCII code), keeping at most `limit` bytes of an unfinished line. */
export class LineCutter {
  readonly #end: number;
  readonly #line: LineTaker;
  readonly #tooLong: () => void;
  readonly #held: Uint8Array;
  #length = 0;
  #dropping = false;

  constructor(end: number, limit: number, line: LineTaker, tooLong: () => void) {
    this.#end = end;
    this.#line = line;
    this.#tooLong = tooLong;
    this.#held = new Uint8Array(limit);
  }

  /** Takes the next bytes of the stream. */
  push(chunk: Uint8Array): void {
    let from = 0;
    while (from < chunk.length) {
      const to = chunk.indexOf(this.#end, from);
      if (to < 0) {
        this.#hold(chunk, from, chunk.length);
        return;
      }
      if (this.#dropping) this.#dropping = false;
      else if (this.#length > 0) {
        this.#hold(chunk, from, to);
        if (this.#dropping) this.#dropping = false;
        else this.#line(this.#held, 0, this.#length);
        this.#length = 0;
      } else if (to - from > this.#held.length) this.#tooLong();
      else this.#line(chunk, from, to);
      from = to + 1;
    }
  }

  /** The stream is over: what is held is the last line, which had no end. */
  end(): void {
    if (!this.#dropping && this.#length > 0) this.#line(this.#held, 0, this.#length);
    this.reset();
  }

  /** Forgets an unfinished line, e.g. because the port was lost. */
  reset(): void {
    this.#length = 0;
    this.#dropping = false;
  }

  #hold(chunk: Uint8Array, from: number, to: number): void {
    if (this.#dropping) return;
    if (this.#length + (to - from) > this.#held.length) {
      this.#dropping = true;
      this.#length = 0;
      this.#tooLong();
      return;
    }
    this.#held.set(chunk.subarray(from, to), this.#length);
    this.#length += to - from;
  }
}
