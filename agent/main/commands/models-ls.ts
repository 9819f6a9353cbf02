// agent/main: kerbside models ls. In: the cards that come with the program, those in the box's state, and those that were
// added elsewhere and tried. Out: a line of JSON for each. A broken card costs its own line only.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../../../contract/errors.ts';
import { type LoadedCard, loadCard, weightsOf } from '../../../models/card.ts';
import { triedCards } from '../../../models/choice.ts';
import { findModel } from '../../../models/files.ts';
import { env } from '../env.ts';
import { choicesFile, useFor } from '../model.ts';

const cards = fileURLToPath(new URL('../../../models/cards/', import.meta.url));

/** @returns exit status, 2 where a card is broken @throws KerbError for bad usage */
export async function run(argv: string[]): Promise<number> {
  parseArgs({ args: argv, options: {} });
  const own = join(env().home, 'models');
  const paths = [...(await cardsIn(cards)), ...(await cardsIn(own)), ...(await triedCards(choicesFile()))];
  let status = 0;
  for (const path of new Set(paths)) {
    try {
      process.stdout.write(`${JSON.stringify(await describe(await loadCard(path)))}\n`);
    } catch (error) {
      if (!(error instanceof KerbError)) throw error;
      // One that was tried and is gone is no fault.
      if (error.code === 'CARD_MISSING') continue;
      process.stderr.write(`kerbside: ${oneLine(error)}\n`);
      status = 2;
    }
  }
  return status;
}

async function cardsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => join(folder, name));
}

async function describe(loaded: LoadedCard) {
  const { card, path, folder } = loaded;
  const { cache } = env();
  const sizes = [];
  for (const size of card.sizes) {
    const present = (await findModel(size, { folder, cacheDir: cache })) !== null;
    sizes.push({ width: size.width, height: size.height, file: size.file, present });
  }
  const classes = card.labels.filter((label) => label !== null);
  const { name, version, licence, budget } = card;
  const source = 'npm' in card.source ? card.source.npm : (card.source.url ?? card.source.file);
  const [weights, head, uses] = [weightsOf(card), card.head.kind, await useFor(loaded, cache)];
  return { name, version, licence, card: path, source, sizes, weights, head, classes, budget, uses };
}
