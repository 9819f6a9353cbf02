// agent/camera: the last looked-at frames as pictures for the page. In: a frame, its report, and where persons are.
// Out: JPEGs, made when asked for, each with the persons of its own look hidden. Never: an unmasked picture, more than
// MAX_FRAMES frames or MAX_BYTES of them.
import type { Frame } from '../../drivers/camera/types.ts';
import { writeJpeg } from '../../models/image.ts';
import { blockFor, copyPicture, pixelate, regionOf } from '../../models/pixelate.ts';
import type { Box, FrameReport } from './types.ts';

/** Frames kept: what a page may still ask for after it was told of them. */
const MAX_FRAMES = 5;
const MAX_BYTES = 64 * 1024 * 1024;
const QUALITY = 80;

/** A looked-at frame as a masked picture. */
export interface LivePicture {
  readonly seq: number;
  readonly jpeg: Buffer;
  /** epoch ms of the frame */
  readonly time: number;
  /** how many regions were hidden */
  readonly persons: number;
}

/** How persons are hidden on live pictures: share of a box added on each side, blocks on its shorter side. */
export interface Hiding {
  readonly margin: number;
  readonly blocks: number;
}

export const HIDING: Hiding = { margin: 0.25, blocks: 2 };

interface Kept {
  readonly frame: Frame;
  readonly report: FrameReport;
  readonly persons: readonly Box[];
  jpeg: Promise<Buffer> | null;
  /** someone else may still read the frame */
  lent: boolean;
}

export class LivePictures {
  readonly #hiding: Hiding;
  readonly #onFree: (frame: Frame) => void;
  #kept: Kept[] = [];

  /** @param onFree told of a frame that nobody reads any more */
  constructor(hiding: Hiding = HIDING, onFree: (frame: Frame) => void = () => {}) {
    this.#hiding = hiding;
    this.#onFree = onFree;
  }

  /**
   * Keeps a frame with its report.
   * @param persons where persons are, or may be, in this very frame
   * @param lent whether others keep this frame too
   */
  add(frame: Frame, report: FrameReport, persons: readonly Box[], lent: boolean): void {
    this.#kept.push({ frame, report, persons, jpeg: null, lent });
    const most = Math.max(1, Math.min(MAX_FRAMES, Math.floor(MAX_BYTES / frame.rgb.length)));
    // A picture is masked on a copy, at once: who asked for one reads the frame no longer.
    for (const gone of this.#kept.splice(0, Math.max(0, this.#kept.length - most))) {
      if (!gone.lent) this.#onFree(gone.frame);
    }
  }

  /** seq of the newest, or null */
  get latest(): number | null {
    return this.#kept.at(-1)?.frame.seq ?? null;
  }

  /** The newest with its report, unmasked: for looks on this box alone. */
  get newest(): { readonly frame: Frame; readonly report: FrameReport } | null {
    const kept = this.#kept.at(-1);
    if (!kept) return null;
    kept.lent = true;
    return kept;
  }

  report(seq: number | null): FrameReport | null {
    return this.#find(seq)?.report ?? null;
  }

  /** The masked picture; seq null: the newest; null if it is no longer kept. The same one is encoded once. */
  async jpeg(seq: number | null): Promise<LivePicture | null> {
    const kept = this.#find(seq);
    if (!kept) return null;
    kept.jpeg ??= writeJpeg(this.#masked(kept), QUALITY);
    const { seq: own, time } = kept.frame;
    return { seq: own, jpeg: await kept.jpeg, time, persons: kept.persons.length };
  }

  #find(seq: number | null): Kept | undefined {
    return seq === null ? this.#kept.at(-1) : this.#kept.find((kept) => kept.frame.seq === seq);
  }

  #masked({ frame, persons }: Kept) {
    const copy = copyPicture(frame);
    for (const box of persons) {
      const region = regionOf(box, this.#hiding.margin, copy);
      if (region) pixelate(copy, region, blockFor(region, this.#hiding.blocks));
    }
    return copy;
  }
}
