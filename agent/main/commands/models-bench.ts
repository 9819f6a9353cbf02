// agent/main: kerbside models bench. In: a card, a picture. Out: a line for each candidate and one for the choice, which is
// remembered in the box's state. Never: a choice remembered that finds something else than the plain model.
import { parseArgs } from 'node:util';
import { KerbError } from '../../../contract/errors.ts';
import { thisBox } from '../../../models/choice.ts';
import { allUses, choose, runTrial } from '../../../models/trial.ts';
import type { Outcome } from '../../../models/trial-candidate.ts';
import { env } from '../env.ts';
import { choicesFile, chosenCard, STREET } from '../model.ts';
import { remember } from '../remember.ts';

/** @returns exit status, 1 where nothing can run @throws KerbError for bad usage or a broken card */
export async function run(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      model: { type: 'string' },
      picture: { type: 'string', default: STREET },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const { card, folder, path } = await chosenCard(values.model);
  const places = { folder, cacheDir: env().cache };
  const outcomes = await runTrial({ card, places, picture: values.picture, checked: true }, allUses(card));
  for (const outcome of outcomes) print(lineOf(outcome));
  const chosen = choose(outcomes);
  if (!chosen) throw new KerbError('TRIAL_FAILED', 'nothing can run this model here', card.name, 'see the lines above');
  const { use, ms } = chosen;
  if (!values['dry-run']) {
    await remember(choicesFile(), { card, path }, chosen, outcomes, new Date().toISOString());
  }
  print({ chosen: use, ms: round(ms, 1), box: thisBox() });
  return 0;
}

function lineOf(outcome: Outcome) {
  const { runtime, weights } = outcome.use;
  if (outcome.fault) return { runtime, weights, fault: outcome.fault.message };
  const { ms, mb, scoreDiff, agreement } = outcome;
  const fits = choose([outcome]) !== null;
  return {
    runtime,
    weights,
    ms: round(ms, 1),
    mb,
    scoreDiff: round(scoreDiff, 4),
    agreement: round(agreement, 3),
    fits,
  };
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));
const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
