// models: the words between a picture and what is found in it. No runtime, no file and no thread is named here.

/** Pixels that a model can look at: width x height x 3 bytes, RGB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** One find. */
export interface Detection {
  /** the label's name, for COCO "person", "car", ... */
  readonly class: string;
  /** 0..1 */
  readonly score: number;
  /** x, y, width, height in pixels of the picture looked at, not rounded */
  readonly box: readonly [number, number, number, number];
  /**
   * its class has this size and shape mostly by mistake (the card's `doubts`): not for judgement, nor to be shown as a
   * find; who hides persons hides it all the same
   */
  readonly doubtful?: true;
}

/** Which of the card's input sizes a look uses: the first, first and second, or every one as for evidence. */
export type LookDepth = 'base' | 'wide' | 'fine';

/** The result of one look. */
export interface Look {
  /** highest score first */
  readonly objects: readonly Detection[];
  /** milliseconds of the worker, resize and decoding included */
  readonly ms: number;
  /** card name and the sizes that were run, for traces */
  readonly model: string;
}

/** Something that looks: a pool of workers, or a made one in tests. */
export interface Looker {
  /**
   * One look. The same picture and options give the same objects, whichever worker serves it.
   * @param minScore finds below are left out, 0..1
   * @throws KerbError LOOK_TIMEOUT, LOOK_FAILED or MODEL_RUN: the worker has then been replaced; LOOK_BUSY: the queue is
   * full; PICTURE_UNFIT; MODEL_* where a size that is loaded at its first look is unfit
   */
  look(picture: Picture, options: { depth: LookDepth; minScore: number }): Promise<Look>;
  /** looks that can run side by side */
  readonly workers: number;
  /** looks waiting or running now */
  readonly busy: number;
  close(): Promise<void>;
}
