// agent/main: kerbside models ls. In: the cards that come with the program. Out: a line of JSON for each.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../../../contract/errors.ts';
import { type LoadedCard, loadCard } from '../../../models/card.ts';
import { findModel } from '../../../models/files.ts';
import { env } from '../env.ts';

export const help = `usage: kerbside models ls

The model cards that come with the program: a line of JSON for each,
  {name, version, licence, card, source, sizes: [{width, height, file, present}], classes, budget}`;

const cards = fileURLToPath(new URL('../../../models/cards/', import.meta.url));

/** @returns exit status @throws KerbError for bad usage or a broken card */
export async function run(argv: string[]): Promise<number> {
  if (argv.length !== 1 || argv[0] !== 'ls') {
    throw new KerbError('USAGE', 'what to do is missing or unknown', 'kerbside models', 'say: kerbside models ls');
  }
  const names = (await readdir(cards)).filter((name) => name.endsWith('.yaml')).sort();
  for (const name of names) {
    process.stdout.write(`${JSON.stringify(await describe(await loadCard(join(cards, name))))}\n`);
  }
  return 0;
}

async function describe({ card, path, folder }: LoadedCard) {
  const sizes = [];
  for (const size of card.sizes) {
    const present = (await findModel(size, { folder, cacheDir: env().cache })) !== null;
    sizes.push({ width: size.width, height: size.height, file: size.file, present });
  }
  const classes = card.labels.filter((label) => label !== null);
  const { name, version, licence, source, budget } = card;
  return { name, version, licence, card: path, source: source.npm, sizes, classes, budget };
}
