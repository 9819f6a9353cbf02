// agent/main: what a trial found, remembered in the box's state: the one way for `models bench`, `models add` and the agent's
// own trial. In: outcomes and what was chosen. Out: the choice, written. Never: two forms of it.
import { resolve } from 'node:path';
import { oneLine } from '../../contract/errors.ts';
import type { LoadedCard } from '../../models/card.ts';
import { type Choice, hashOf, type Tried, thisBox, writeChoice } from '../../models/choice.ts';
import { choose } from '../../models/trial.ts';
import type { Outcome } from '../../models/trial-candidate.ts';

const MAX_WORDS = 200;

/** @param at ISO 8601 */
export async function remember(
  file: string,
  { card, path }: Pick<LoadedCard, 'card' | 'path'>,
  chosen: Outcome & { fault: null },
  outcomes: readonly Outcome[],
  at: string,
): Promise<Choice> {
  const choice: Choice = {
    card: card.name,
    cardHash: hashOf(card),
    box: thisBox(),
    path: resolve(path),
    ...chosen.use,
    ms: tenth(chosen.ms),
    at,
    tried: outcomes.map(told),
  };
  await writeChoice(file, choice);
  return choice;
}

/** One candidate, in short. */
export function told(outcome: Outcome): Tried {
  const { runtime, weights } = outcome.use;
  if (outcome.fault) return { runtime, weights, ms: null, why: oneLine(outcome.fault).slice(0, MAX_WORDS) };
  const fits = choose([outcome]) !== null;
  return { runtime, weights, ms: tenth(outcome.ms), ...(fits ? {} : { why: 'finds something else' }) };
}

const tenth = (ms: number) => Math.round(ms * 10) / 10;
