// models: which runtime and which way of keeping weights a box uses. Never: decided by a board's name.
import type { Weights } from './card.ts';
import type { RuntimeName } from './runtimes.ts';

/** What a trial chooses. */
export interface Use {
  readonly runtime: RuntimeName;
  readonly weights: Weights;
}

/** Without a trial: runs wherever the program runs, and gives what the model's maker intended to five digits. */
export const safe: Use = { runtime: 'wasm', weights: 'float' };
