// agent/main: kerbside models ls. In: the cards that come with the program. Out: a line of JSON for each.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type LoadedCard, loadCard, weightsOf } from '../../../models/card.ts';
import { findModel } from '../../../models/files.ts';
import { env } from '../env.ts';
import { useFor } from '../model.ts';

const cards = fileURLToPath(new URL('../../../models/cards/', import.meta.url));

/** @returns exit status @throws KerbError for bad usage or a broken card */
export async function run(argv: string[]): Promise<number> {
  parseArgs({ args: argv, options: {} });
  const names = (await readdir(cards)).filter((name) => name.endsWith('.yaml')).sort();
  for (const name of names) {
    process.stdout.write(`${JSON.stringify(await describe(await loadCard(join(cards, name))))}\n`);
  }
  return 0;
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
