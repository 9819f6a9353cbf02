import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { cacheDir, scratch } from '../../../models/testing.ts';
import { startModel } from './chosen.ts';

test('a box does not start with a model of its own that knows no persons: nobody would be hidden', async (t) => {
  const text = await readFile(fileURLToPath(new URL('../../../models/cards/coco-ssd.yaml', import.meta.url)), 'utf8');
  const card = join(await scratch(t), 'blind.yaml');
  await writeFile(card, text.replaceAll(/\bperson\b/g, 'lamp'));
  const error = await t.throwsAsync(
    startModel(null, card, { cacheDir, workers: 1 }, () => {}),
    { code: 'MODEL_LABELS' } as object,
  );
  t.regex(error!.message, /blind\.yaml: knows no persons.*label "person"/);
});
