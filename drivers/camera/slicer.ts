// drivers/camera: bytes of a pipe -> whole pictures in shared memory. In: chunks of any length. Out: rgb24 pictures.
// Never: a half picture, a picture that changes after it was handed out.

export class Slicer {
  readonly #bytes: number;
  #picture: Uint8Array<SharedArrayBuffer> | null = null;
  #filled = 0;

  /** @param width @param height pixels of the pictures that the pipe carries */
  constructor(width: number, height: number) {
    this.#bytes = width * height * 3;
  }

  /** Takes one chunk and gives the pictures that it completes, in order. */
  *push(chunk: Uint8Array): Generator<Uint8Array<SharedArrayBuffer>> {
    let from = 0;
    while (from < chunk.length) {
      this.#picture ??= new Uint8Array(new SharedArrayBuffer(this.#bytes));
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
