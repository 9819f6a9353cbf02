// ota/central: `ota publish`. In: a repository's folder, keys, things to add. Out: its next state, and a line that says it.
import { parseArgs } from 'node:util';
import { KerbError } from '../../contract/errors.ts';
import type { World } from '../cli.ts';
import { readGood } from './goods.ts';
import { publish } from './publish.ts';

export const help = `
usage: ota publish REPO --keys DIR [--add model=CARD|profile=FILE|agent=FILE]...

Makes or renews a static TUF repository: REPO/metadata and REPO/targets, for any web server. Boxes start from
REPO/metadata/1.root.json. Without --add it signs again: timestamp each time, the rest when half of its life is over.

  --keys DIR    made by \`ota keys\`
  --add K=FILE  a model by its card, a profile, or an agent release; may be given more than once

Prints {version, targets}: the version of timestamp, and the paths on offer. It may be stopped at any moment: what lies
there verifies.`;

/** @returns exit status @throws KerbError for bad usage, keys or files */
export async function run(argv: string[], { now, cacheDir }: World): Promise<number> {
  const options = {
    keys: { type: 'string' },
    add: { type: 'string', multiple: true, default: [] as string[] },
  } as const;
  const { values, positionals } = parseArgs({ args: argv, allowPositionals: true, options });
  const [repository] = positionals;
  if (repository === undefined || repository === '' || positionals.length > 1 || values.keys === undefined) {
    throw new KerbError('USAGE', 'name one repository and its keys', 'ota publish', 'ota publish REPO --keys DIR');
  }
  const add = [];
  for (const text of values.add) add.push(await readGood(text, cacheDir));
  const { version, targets } = await publish({ repository, keys: values.keys, add, now });
  process.stdout.write(`${JSON.stringify({ version, targets })}\n`);
  return 0;
}
