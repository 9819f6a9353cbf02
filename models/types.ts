// models: the words between a picture and what is found in it. No runtime, no file and no thread is named here.
import type { Use } from './choice.ts';

/** Pixels that a model can look at: width x height x 3 bytes, RGB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A part of a picture, read where it lies. */
export interface View extends Picture {
  /** bytes before its first pixel */
  readonly offset: number;
  /** pixels from a row's beginning to the next one's */
  readonly stride: number;
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
  /** milliseconds of one run of the first size, on the whole picture or on a crop; their mean */
  readonly run_ms: number;
  /** crops that were looked at too; absent where none was */
  readonly crops?: number;
  /** card name and the sizes that were run, for traces */
  readonly model: string;
}

/** How to look. */
export interface LookOptions {
  readonly depth: LookDepth;
  /** finds below are left out, 0..1 */
  readonly minScore: number;
  /**
   * parts of the picture that the first size looks at too, enlarged: x, y, width, height in whole pixels, within the
   * picture; at most MAX_CROPS
   */
  readonly crops?: readonly Detection['box'][];
  /** over shared memory: once its first number is not 0, no further crop is begun */
  readonly enough?: Int32Array;
}

/** Crops of one look, at most. */
export const MAX_CROPS = 8;

/** Something that looks: a pool of workers, or a made one in tests. */
export interface Looker {
  /**
   * One look. The same picture and options give the same objects, whichever worker serves it, unless `enough` was said.
   * @throws KerbError LOOK_TIMEOUT, LOOK_FAILED or MODEL_RUN: the worker has then been replaced; LOOK_BUSY: the queue is
   * full; PICTURE_UNFIT; CROP_UNFIT; MODEL_* where a size that is loaded at its first look is unfit
   */
  look(picture: Picture, options: LookOptions): Promise<Look>;
  /** looks that can run side by side */
  readonly workers: number;
  /** looks waiting or running now */
  readonly busy: number;
  /** what it looks with, where that is known */
  readonly use?: Use | undefined;
  close(): Promise<void>;
}
