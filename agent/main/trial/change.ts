// agent/main/trial: the running model looked with in another way. In: what the trial chose. Out: another pool of it under all
// cameras, between two looks, as a model update does it. Never: one that fails, or that is slower between live looks.
import { KerbError, oneLine } from '../../../contract/index.ts';
import type { LoadedCard } from '../../../models/card.ts';
import type { Use } from '../../../models/choice.ts';
import { createLooker } from '../../../models/pool.ts';
import { endLooker, medianOf, needRoom, watched } from '../updates/exchange.ts';
import type { SwitchLooker } from '../updates/switch-looker.ts';
import { nameOfUse } from './words.ts';

export interface Change {
  readonly looker: SwitchLooker;
  readonly card: LoadedCard;
  readonly use: Use;
  readonly cacheDir: string;
  readonly workers: number;
  /** how long it is watched, ms */
  readonly watch_ms: number;
  readonly signal: AbortSignal;
  readonly where: string;
  readonly onRestart: (why: KerbError) => void;
  readonly log: (line: string) => void;
}

/**
 * Whoever calls it has the turn.
 * @returns on: it is what runs; later: there is no room for two, so from the next start on; slower: what ran before runs
 * @throws KerbError TRIAL_FAILED, MODEL_*; the signal's reason: what ran before runs
 */
export async function changeUse(change: Change): Promise<'on' | 'later' | 'slower'> {
  const { looker, card, use, where, signal } = change;
  try {
    needRoom(card.card, where);
  } catch (error) {
    change.log(`${nameOfUse(use)} is used from the next start on: ${oneLine(error)}`);
    return 'later';
  }
  const { cacheDir, workers, onRestart } = change;
  const next = await createLooker({ card, use, cacheDir, workers, warm: 'wide', gently: true, onRestart });
  if (!next.use || !sameUse(next.use, use) || signal.aborted) {
    await next.close();
    signal.throwIfAborted();
    throw new KerbError('TRIAL_FAILED', `${nameOfUse(use)} does not start in the agent`, where, 'see the log');
  }
  const before = medianOf(looker.stats.ms);
  const old = looker.swap(next);
  try {
    await watched(looker, card.card, { where, watch_ms: change.watch_ms, signal });
  } catch (error) {
    void endLooker(looker.swap(old));
    throw error;
  }
  const after = medianOf(looker.stats.ms);
  if (before !== null && after !== null && after > before) {
    change.log(
      `${nameOfUse(use)} took ${after.toFixed(1)} ms between live looks, what ran before ${before.toFixed(1)} ms`,
    );
    await endLooker(looker.swap(old));
    return 'slower';
  }
  await endLooker(old);
  return 'on';
}

export const sameUse = (a: Use, b: Use) => a.runtime === b.runtime && a.weights === b.weights;
