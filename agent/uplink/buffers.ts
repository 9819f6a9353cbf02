// agent/uplink: memory for messages, used again once the broker has confirmed them: a backlog of a hundred megabytes goes
// through a few buffers. May never happen: a buffer is given back while somebody may still read it, or idle ones stay.

/** Buffers that are kept: about what is in flight and packed ahead. */
const MOST = 32;

export class Buffers {
  #free: Buffer[] = [];

  /** A buffer of at least so many bytes, with anything in it. */
  take(bytes: number): Buffer {
    const found = this.#free.pop();
    if (found && found.length >= bytes) return found;
    // The link carries larger messages than before: the small ones are of no use any more.
    this.#free = [];
    return Buffer.allocUnsafeSlow(bytes);
  }

  give(buffer: Buffer): void {
    if (this.#free.length < MOST) this.#free.push(buffer);
  }

  clear(): void {
    this.#free = [];
  }
}
