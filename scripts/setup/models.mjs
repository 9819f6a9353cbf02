// Set-up, the default detector: fetched, checked and converted by models/import, which does nothing if it is there.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say, writeWhole } from './run.mjs';

/** Converts the detector unless the cache holds it for this very card; gives whether it had to. */
export async function importModels({ root, cache, node, label }) {
  const card = createHash('sha256')
    .update(readFileSync(join(root, 'models/cards/coco-ssd.yaml')))
    .digest('hex');
  const stamp = join(cache, 'models/coco-ssd', `imported-${card.slice(0, 16)}`);
  if (existsSync(stamp)) return false;
  say(`${label} the detector: fetching and converting (about half a minute)`);
  const env = { PATH: `${join(node, 'bin')}:${process.env.PATH}` };
  await run(join(root, 'scripts/node24'), [join(root, 'models/import/main.ts'), '--cache', cache], {
    env,
    what: 'model import',
  });
  writeWhole(stamp, '');
  return true;
}
