// agent/camera: the picture of an object's first sight in a zone, kept until its stay is decided. In: frames and the
// numbers of the stays that begin with them. Out: the frame again. Kept as JPEG, one a frame however many stays share it.
// Never: more than MAX_BYTES of pictures. The picture that comes back is the same whatever else happens (law 1).
import type { Frame } from '../../drivers/camera/types.ts';
import { readPicture, writeJpeg } from '../../models/image.ts';

/** High enough that small persons are found in it as in the frame. */
const QUALITY = 95;
/** Beyond this the oldest pictures go; their stays are then shown by their proof alone. */
const MAX_BYTES = 64 * 1024 * 1024;

interface Kept {
  readonly seq: number;
  readonly time: number;
  readonly jpeg: Promise<Buffer | null>;
  readonly stays: Set<number>;
  bytes: number;
}

export class FirstSights {
  readonly #byStay = new Map<number, Kept>();
  readonly #kept = new Set<Kept>();

  /** bytes of all pictures that are kept */
  get bytes(): number {
    let sum = 0;
    for (const kept of this.#kept) sum += kept.bytes;
    return sum;
  }

  /** Keeps a frame for the stays that begin with it. */
  keep(frame: Frame, stays: readonly number[]): void {
    if (stays.length === 0) return;
    const jpeg = writeJpeg(frame, QUALITY).catch(() => null);
    const kept: Kept = { seq: frame.seq, time: frame.time, jpeg, stays: new Set(stays), bytes: 0 };
    this.#kept.add(kept);
    for (const stay of stays) this.#byStay.set(stay, kept);
    void jpeg.then((bytes) => {
      kept.bytes = bytes?.length ?? 0;
      this.#bound();
    });
  }

  /** The frame of a stay's beginning, decoded anew; null if it could not be kept. */
  async take(stay: number): Promise<Frame | null> {
    const kept = this.#byStay.get(stay);
    const jpeg = await kept?.jpeg;
    if (!kept || !jpeg) return null;
    const { width, height, rgb } = await readPicture(jpeg);
    const shared = new Uint8Array(new SharedArrayBuffer(rgb.length));
    shared.set(rgb);
    return { seq: kept.seq, time: kept.time, width, height, rgb: shared };
  }

  /** These stays need their picture no more. */
  release(stays: readonly number[]): void {
    for (const stay of stays) {
      const kept = this.#byStay.get(stay);
      if (!kept) continue;
      this.#byStay.delete(stay);
      kept.stays.delete(stay);
      if (kept.stays.size === 0) this.#kept.delete(kept);
    }
  }

  #bound(): void {
    let { bytes } = this;
    for (const kept of this.#kept) {
      if (bytes <= MAX_BYTES) return;
      bytes -= kept.bytes;
      this.release([...kept.stays]);
    }
  }
}
