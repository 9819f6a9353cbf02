// agent/main: kerbside models add. In: a .tflite file. Out: its card, a line of JSON about it, what was guessed on stderr.
import { parseArgs } from 'node:util';
import { KerbError } from '../../../contract/errors.ts';
import { type Added, type AddOptions, addModel } from '../../../models/add/add.ts';
import { choicesFile, STREET } from '../model.ts';
import { remember } from '../remember.ts';

/** @returns exit status @throws KerbError for bad usage or a model that is not usable */
export async function run(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      labels: { type: 'string' },
      name: { type: 'string' },
      licence: { type: 'string' },
      range: { type: 'string' },
      picture: { type: 'string', default: STREET },
      replace: { type: 'boolean', default: false },
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new KerbError('USAGE', 'give one file', 'kerbside models add', 'say: kerbside models add FILE.tflite');
  }
  const range = values.range === undefined ? undefined : parseRange(values.range);
  await addAndTell({ ...values, file, range });
  return 0;
}

/** Adds a model, remembers how it runs best here, and says so. */
export async function addAndTell(options: AddOptions): Promise<void> {
  const added = await addModel(options);
  await remember(choicesFile(), added, added.chosen, added.outcomes, new Date().toISOString());
  for (const note of added.notes) process.stderr.write(`kerbside: ${note}\n`);
  process.stdout.write(`${JSON.stringify(lineOf(added))}\n`);
}

function lineOf({ card, path, notes, outcomes, chosen }: Added) {
  const { width, height } = card.sizes[0]!;
  const runs = outcomes.map((one) =>
    one.fault === null
      ? { runtime: one.use.runtime, ms: round(one.ms), mb: one.mb }
      : { runtime: one.use.runtime, fault: one.fault.message },
  );
  return {
    name: card.name,
    card: path,
    head: card.head.kind,
    input: { width, height, ...card.input },
    classes: card.labels.filter((label) => label !== null).length,
    licence: card.licence,
    notes,
    runs,
    chosen: chosen.use.runtime,
    finds: chosen.finds.slice(0, 10).map((find) => ({
      class: find.class,
      score: Number(find.score.toFixed(3)),
      box: find.box.map(Math.round),
    })),
  };
}

const round = (ms: number) => Number(ms.toFixed(1));

function parseRange(text: string): [number, number] {
  const [, low, high] = /^(-?[\d.]+)\.\.(-?[\d.]+)$/.exec(text) ?? [];
  const range: [number, number] = [Number(low), Number(high)];
  if (low !== undefined && range.every(Number.isFinite) && range[0] < range[1]) return range;
  throw new KerbError('USAGE', `"${text.slice(0, 40)}" is no range`, '--range', 'give one like 0..1 or -1..1');
}
