// drivers/camera: bytes of a pipe -> whole pictures in shared memory. In: chunks of any length. Out: rgb24 pictures.
// Never: a half picture, a picture that changes after it was handed out, unless it was given back.

/** Pictures kept for later ones. V8 does not count shared memory: what is only let go lies about for long. */
const MOST_SPARES = 2;

export class Slicer {
  readonly #bytes: number;
  #picture: Uint8Array<SharedArrayBuffer> | null = null;
  #filled = 0;
  readonly #spares: Uint8Array<SharedArrayBuffer>[] = [];

  /** @param width @param height pixels of the pictures that the pipe carries */
  constructor(width: number, height: number) {
    this.#bytes = width * height * 3;
  }

  /** A picture that nobody needs any more: a later one may lie in its place. One of another size is let go. */
  giveBack(picture: Uint8Array<SharedArrayBuffer>): void {
    if (picture.length === this.#bytes && this.#spares.length < MOST_SPARES) this.#spares.push(picture);
  }

  /** Takes one chunk and gives the pictures that it completes, in order. */
  *push(chunk: Uint8Array): Generator<Uint8Array<SharedArrayBuffer>> {
    let from = 0;
    while (from < chunk.length) {
      if (!this.#picture) {
        this.#picture = this.#spares.pop() ?? new Uint8Array(new SharedArrayBuffer(this.#bytes));
      }
      const part = chunk.subarray(from, from + this.#bytes - this.#filled);
      this.#picture.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled < this.#bytes) return;
      const whole = this.#picture;
      this.#picture = null;
      this.#filled = 0;
      yield whole;
    }
  }
}
