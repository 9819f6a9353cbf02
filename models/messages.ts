// models: what the pool and its looking threads say to each other.
import type { Card, Weights } from './card.ts';
import type { ModelPlaces } from './files.ts';
import type { RuntimeName } from './runtimes.ts';
import type { Detection, LookDepth, LookOptions, Picture } from './types.ts';

/** Given to a thread at its start. */
export interface WorkerStart {
  /** with the files of the chosen weights */
  readonly card: Card;
  readonly runtime: RuntimeName;
  /** how the card's files keep their weights, for traces */
  readonly weights: Weights;
  readonly places: ModelPlaces;
  /** sizes loaded before it says that it is ready */
  readonly warm: LookDepth;
}

/** One look; never two at a time. */
export interface ToWorker extends LookOptions {
  readonly id: number;
  readonly picture: Picture;
}

/** A KerbError, taken apart. */
export interface WireError {
  readonly code: string;
  readonly what: string;
  readonly where: string;
  readonly remedy: string;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  /** its runtime is a process of its own, to be ended with the thread; null once it has ended */
  | { readonly kind: 'process'; readonly pid: number | null }
  | { readonly kind: 'unfit'; readonly error: WireError }
  | {
      readonly kind: 'looked';
      readonly id: number;
      readonly objects: Detection[];
      readonly ms: number;
      readonly run_ms: number;
      readonly crops?: number;
      readonly model: string;
    }
  | { readonly kind: 'failed'; readonly id: number; readonly error: WireError };
