// agent/main: kerbside models. In: a verb and its arguments. Out: what the verb's own file does. Each loads only what it needs.
import { KerbError } from '../../../contract/errors.ts';

export const help = `usage: kerbside models ls | bench | add | pull

  ls                   the model cards that come with the program and those that were added: a line of JSON for each
  bench [--model CARD] [--picture FILE] [--dry-run]
                       tries every runtime and every way of keeping the weights on this box, a line for each, and
                       remembers the choice: the agent, detect and watch use it from then on
  add FILE.tflite ...  inspects a model, tries it, writes its card: kerbside models add --help
  pull NAME|URL ...    fetches one and adds it: kerbside models pull --help

ls:    {name, version, licence, card, source, sizes: [{width, height, file, present}], weights, head, classes, budget, uses}
bench: {runtime, weights, ms, mb, scoreDiff, agreement, fits} or {runtime, weights, fault}, at the end {chosen, ms, box}`;

interface Verb {
  run(argv: string[]): Promise<number>;
}

const verbs: Record<string, () => Promise<Verb>> = {
  ls: () => import('./models-ls.ts'),
  bench: () => import('./models-bench.ts'),
  add: () => import('./models-add.ts'),
};

/** @returns exit status @throws KerbError for bad usage, a card or a model that is not right */
export async function run(argv: string[]): Promise<number> {
  const [verb, ...rest] = argv;
  const load = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!load) {
    const remedy = `say: kerbside models ${Object.keys(verbs).join(' | ')}`;
    throw new KerbError('USAGE', 'what to do is missing or unknown', 'kerbside models', remedy);
  }
  return (await load()).run(rest);
}
