// agent/main: the detector a box uses: its card, where that card's files must lie, and what this box's trial chose for it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Card, type LoadedCard, loadCard, withWeights } from '../../models/card.ts';
import { hashOf, readChoice, safe, type Use } from '../../models/choice.ts';
import { findModel } from '../../models/files.ts';
import { nativeAddon } from '../../models/native.ts';
import { systemClock } from '../health/clock.ts';
import { env } from './env.ts';
import { Attempts, attemptsFile } from './trial/attempts.ts';
import { dayOf, nameOfUse, runsInWords, runsOf, UNSAID } from './trial/words.ts';

const DEFAULT_CARD = fileURLToPath(new URL('../../models/cards/coco-ssd.yaml', import.meta.url));

/** The drawn street of models/proof, on which trials look. */
export const STREET = fileURLToPath(new URL('../../models/proof/street.png', import.meta.url));

/** The card at this path, or the built-in one. @throws KerbError CARD_* */
export function chosenCard(path?: string): Promise<LoadedCard> {
  return loadCard(path ?? DEFAULT_CARD);
}

/** Every file that the built-in detector needs, where it lies or should lie. @throws KerbError CARD_* */
export async function modelFiles(cache: string): Promise<string[]> {
  const { card, folder } = await chosenCard();
  const places = { folder, cacheDir: cache };
  return Promise.all(card.sizes.map(async (size) => (await findModel(size, places))?.path ?? join(cache, size.file)));
}

/** Where this box remembers its trials: in its state, not in the cache, which may be emptied, shared or copied along. */
export function choicesFile(home: string = env().home): string {
  return join(home, 'models/choices.json');
}

/** What the built-in detector is looked with, and what this box found when it tried. */
export async function useInWords(cache: string): Promise<string> {
  const loaded = await chosenCard();
  const choices = choicesFile();
  const choice = await readChoice(choices, loaded.card);
  const tried = choice
    ? `tried ${choice.at.slice(0, 10)}: ${runsInWords(runsOf(choice))}`
    : `${untried(choices, loaded.card)}; kerbside models bench tries now`;
  return `${nameOfUse(await useFor(loaded, cache))} (${tried})`;
}

function untried(choices: string, card: Card): string {
  const attempt = new Attempts(attemptsFile(choices), systemClock()).of(hashOf(card));
  if (!attempt) return 'not tried here yet: a camera box does so by itself';
  const why = attempt.why ?? `it runs now, or ${UNSAID}`;
  return `a trial on ${dayOf(attempt.at)} chose nothing: ${why}; it is repeated after a day`;
}

/** What to look with: what `kerbside models bench` found best here, if it still can be had; else what is safe everywhere. */
export async function useFor({ card, folder }: LoadedCard, cache: string, choices = choicesFile()): Promise<Use> {
  const choice = await readChoice(choices, card);
  if (choice === null || (choice.runtime === 'native' && nativeAddon() === null)) return safe;
  for (const size of withWeights(card, choice.weights).sizes) {
    const found = await findModel(size, { folder, cacheDir: cache });
    if (found?.bytes !== size.bytes) return safe;
  }
  return { runtime: choice.runtime, weights: choice.weights };
}
