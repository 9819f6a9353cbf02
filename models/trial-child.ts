// models: one candidate of a trial in a process of its own, so that its memory can be told apart.
// In: on its IPC channel, what to load, then how many looks. Out: what it found, then how long each look took.
// Never: started by a person.
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { KerbError, oneLine } from '../contract/errors.ts';
import { withWeights } from './card.ts';
import { readModel } from './files.ts';
import { readPicture } from './image.ts';
import { checkKnown, knownPicture, type NamedOutputs } from './known.ts';
import { mergeCandidates } from './merge.ts';
import { openRuntime } from './runtimes.ts';
import { Scale } from './scale.ts';
import type { CandidateStart } from './trial-candidate.ts';
import type { Detection, Picture } from './types.ts';

/** What a candidate says. */
export type FromCandidate =
  | {
      readonly kind: 'ready';
      readonly known: NamedOutputs;
      readonly outputs: NamedOutputs;
      readonly finds: Detection[];
    }
  | { readonly kind: 'timed'; readonly ms: number[]; readonly mb: number }
  | { readonly kind: 'unfit'; readonly code: string; readonly what: string };

const leastScore = 0.2;
let scale: Scale | undefined;
let picture: Picture | undefined;
let helper: number | undefined;

async function open(start: CandidateStart): Promise<FromCandidate> {
  const card = withWeights(start.card, start.use.weights);
  const runtime = await openRuntime(start.use.runtime);
  helper = runtime.pid;
  scale = await Scale.untried(card, 0, await readModel(card.sizes[0]!, start.places), runtime);
  const known = await scale.named(knownPicture());
  if (start.checked) checkKnown(card.sizes[0]!.known, known, card.known.tolerance, card.sizes[0]!.file);
  picture = await readPicture(start.picture);
  const values = await scale.raw(picture);
  const finds = mergeCandidates(card, scale.decode(values, picture, leastScore));
  return { kind: 'ready', known, outputs: scale.name(values), finds };
}

async function time(looks: number): Promise<FromCandidate> {
  const ms: number[] = [];
  for (let i = 0; i < looks; i++) {
    const start = performance.now();
    await scale!.look(picture!, leastScore);
    ms.push(performance.now() - start);
  }
  return { kind: 'timed', ms, mb: (await memory('self')) + (helper === undefined ? 0 : await memory(String(helper))) };
}

/** Resident memory of a process, MB. */
async function memory(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
}

function unfit(error: unknown): FromCandidate {
  return { kind: 'unfit', code: error instanceof KerbError ? error.code : 'LOOK_FAILED', what: oneLine(error) };
}

process.on('message', (asked: CandidateStart | number) => {
  const answer = typeof asked === 'number' ? time(asked) : open(asked);
  void answer.catch(unfit).then((said) => process.send?.(said));
});
process.on('disconnect', () => process.exit());
