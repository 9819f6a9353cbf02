// agent/main: the detector a box uses: its card, and where that card's files must lie.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LoadedCard, loadCard } from '../../models/card.ts';
import { findModel } from '../../models/files.ts';

const DEFAULT_CARD = fileURLToPath(new URL('../../models/cards/coco-ssd.yaml', import.meta.url));

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
