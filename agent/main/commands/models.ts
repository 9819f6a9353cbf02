// agent/main: kerbside models. In: a verb and its arguments. Out: what the verb's own file does. Each loads only what it needs.
import { KerbError } from '../../../contract/errors.ts';

export const help = `usage: kerbside models ls | bench | add | pull

  ls                   the cards that come with the program and those that were added: a line of JSON for each
  bench [--model CARD] [--picture FILE] [--dry-run]
                       tries every runtime and every way of keeping the weights on this box and remembers the choice
                       (in KERBSIDE_HOME): the agent from its next start, detect and watch use it from then on. A
                       camera box does this by itself, beside its live looks (camera.trial in the box file)
  add FILE.tflite [--out DIR] [--labels FILE] [--name NAME] [--licence TEXT] [--range 0..1] [--picture FILE] [--replace]
                       inspects a model, tries it on a picture, measures it, and writes its card: NAME.yaml beside the
                       file, or both into DIR. A detector (SSD, YOLOv5/v8/11, EfficientDet-Lite) or a classifier, with
                       float, int8 or uint8 edges; another kind is named. What was guessed is said on stderr.
  pull NAME|URL [--sha256 HEX] [--out DIR] [add's options] | --list
                       fetches one, checks its hash or shows it and asks, and adds it (to KERBSIDE_HOME/models)

  --labels FILE        a label on each line, in the order of the classes (else those in the file)
  --range A..B         least and largest value of a float input, where the file does not say it
  --picture FILE       try on this one (default: a drawn street)
  --replace            write over an earlier card

ls:    {name, version, licence, card, source, sizes: [{width, height, file, present}], weights, head, classes, budget, uses}
bench: {runtime, weights, ms, mb, scoreDiff, agreement, fits} or {runtime, weights, fault}, at the end {chosen, ms, box}
add:   {name, card, head, input, classes, licence, notes, runs: [{runtime, ms, mb} | {runtime, fault}], chosen, finds}
docs/models.md says how to get a good model in, and which licences allow shipping.`;

interface Verb {
  run(argv: string[]): Promise<number>;
}

const verbs: Record<string, () => Promise<Verb>> = {
  ls: () => import('./models-ls.ts'),
  bench: () => import('./models-bench.ts'),
  add: () => import('./models-add.ts'),
  pull: () => import('./models-pull.ts'),
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
