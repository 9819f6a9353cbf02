// agent/main: kerbside detect. In: pictures by path. Out: a line for each good one, in the given order.
// A bad picture costs its own line only: it is told on stderr, the others are done, and the status is 2.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../../../contract/errors.ts';
import { loadCard } from '../../../models/card.ts';
import { believed } from '../../../models/doubt.ts';
import { readPicture } from '../../../models/image.ts';
import { createLooker } from '../../../models/pool.ts';
import type { Looker } from '../../../models/types.ts';
import { env } from '../env.ts';
import { useFor } from '../model.ts';

export const help = `usage: kerbside detect [--model CARD] [--min-score S] [--fine] IMAGE...

What the detector finds in PNG or JPEG pictures: a line of JSON for each, in the given order,
  {image, ms, objects: [{class, score, box: [x, y, width, height] in pixels}]}

  --model CARD     another model card (default: models/cards/coco-ssd.yaml)
  --min-score S    finds below S are left out, 0 to 1 (default 0.5)
  --fine           look at every scale, as for evidence: small things are found too, slower`;

const defaultCard = fileURLToPath(new URL('../../../models/cards/coco-ssd.yaml', import.meta.url));

/** @returns exit status @throws KerbError for bad usage, card or model */
export async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      model: { type: 'string', default: defaultCard },
      'min-score': { type: 'string', default: '0.5' },
      fine: { type: 'boolean', default: false },
    },
  });
  const minScore = parseScore(values['min-score']);
  if (positionals.length === 0) {
    throw new KerbError('USAGE', 'no picture given', 'kerbside detect', 'name at least one PNG or JPEG');
  }
  const card = await loadCard(values.model);
  const { cache } = env();
  const onRestart = (why: KerbError) => process.stderr.write(`kerbside: ${oneLine(why)}\n`);
  const use = await useFor(card, cache);
  const looker = await createLooker({ card, use, cacheDir: cache, workers: 1, onRestart });
  let status = 0;
  try {
    for (const image of positionals) {
      try {
        process.stdout.write(`${JSON.stringify(await detect(looker, image, values.fine, minScore))}\n`);
      } catch (error) {
        if (!(error instanceof KerbError) || !error.code.startsWith('PICTURE_')) throw error;
        process.stderr.write(`kerbside: ${oneLine(error)}\n`);
        status = 2;
      }
    }
  } finally {
    await looker.close();
  }
  return status;
}

async function detect(looker: Looker, image: string, fine: boolean, minScore: number) {
  const picture = await readPicture(image);
  const look = await looker.look(picture, { depth: fine ? 'fine' : 'base', minScore });
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  return {
    image,
    ms: round(look.ms, 1),
    objects: believed(look.objects).map((object) => ({
      class: object.class,
      score: round(object.score, 4),
      box: object.box.map((value) => round(value, 2)),
    })),
  };
}

function parseScore(text: string): number {
  const score = Number(text);
  if (text.trim() === '' || !(score >= 0 && score <= 1)) {
    throw new KerbError('USAGE', `"${text.slice(0, 40)}" is no score`, '--min-score', 'give a number from 0 to 1');
  }
  return score;
}
