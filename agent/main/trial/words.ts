// agent/main/trial: what was tried, in one line, for doctor, health and the log.
import type { Choice, Tried, Use } from '../../../models/choice.ts';

/** Why a trial chose nothing, where nobody was left to say. */
export const UNSAID = 'the agent or the box went down during it';

/** @param at epoch ms */
export const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

export const nameOfUse = ({ runtime, weights }: Use) => `${runtime}, weights ${weights}`;

/** What a trial found; one that an earlier release remembered tells only what it chose. */
export function runsOf({ tried, runtime, weights, ms }: Choice): readonly Tried[] {
  return tried ?? [{ runtime, weights, ms }];
}

/** One run as it is remembered, or as the page's interface tells it. */
interface Run {
  readonly runtime: string;
  readonly weights: string;
  readonly ms: number | null;
  readonly why?: string | undefined;
}

/** e.g. `wasm float 86.4 ms, wasm int8 31.2 ms, native float did not run` */
export function runsInWords(runs: readonly Run[]): string {
  return runs.map(({ runtime, weights, ms, why }) => `${runtime} ${weights} ${timeOf(ms, why)}`).join(', ');
}

function timeOf(ms: number | null, why: string | undefined): string {
  if (ms === null) return 'did not run';
  return `${ms.toFixed(1)} ms${why === undefined ? '' : ` (${why})`}`;
}
