// drivers/can: where frames' bytes live. In: the bytes of a frame. Out: a view that nobody will ever write again.
// Never: a buffer of its own per frame (thousands a second would be thousands of allocations a second).

const SLAB_BYTES = 8192;

/** Hands out small byte views cut from larger buffers; a buffer is freed once no frame in it is held any more. */
export class Slab {
  #buffer = new Uint8Array(SLAB_BYTES);
  #used = 0;

  /** A view of `length` bytes (at most 64), all still zero, for the caller to fill once. */
  take(length: number): Uint8Array {
    if (this.#used + length > SLAB_BYTES) {
      this.#buffer = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    const view = this.#buffer.subarray(this.#used, this.#used + length);
    this.#used += length;
    return view;
  }
}
