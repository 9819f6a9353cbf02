// models: a trial of runtimes and weights on the box it runs on. In: a card, a picture. Out: for each candidate its time,
// memory and agreement with the plain one, and the choice. Each runs in a process of its own; they take turns, so that a
// busy moment of the box meets all alike. Never: a candidate chosen that finds something else.
import { type ChildProcess, fork } from 'node:child_process';
import { freemem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../contract/errors.ts';
import { overlap } from './boxes.ts';
import type { Card } from './card.ts';
import { safe, type Use } from './choice.ts';
import type { ModelPlaces } from './files.ts';
import { isScore, logistic } from './head.ts';
import type { NamedOutputs } from './known.ts';
import type { FromCandidate } from './trial-child.ts';
import type { Detection } from './types.ts';

export interface CandidateStart {
  readonly card: Card;
  readonly places: ModelPlaces;
  readonly use: Use;
  /** path of the picture to look at */
  readonly picture: string;
  /** whether the card knows already what the known picture gives */
  readonly checked: boolean;
}

/** One candidate's outcome. */
export type Outcome =
  | ({ readonly use: Use; readonly fault: null } & Measured)
  | { readonly use: Use; readonly fault: KerbError };

export interface Measured {
  /** median of a base look, resize and decoding included, milliseconds */
  readonly ms: number;
  /** resident memory of the process, the base size loaded, MB */
  readonly mb: number;
  /** mean difference of the strongest scores from the reference's */
  readonly scoreDiff: number;
  /** part of the reference's finds that this one has too */
  readonly agreement: number;
  readonly finds: readonly Detection[];
  readonly outputs: NamedOutputs;
  /** its numbers for the known picture, for writing a card */
  readonly known: NamedOutputs;
}

const rounds = 3;
const roundMs = 900;
/** So many times slower than the fastest in its first turn, it gets no other. */
const hopeless = 3;
const openMs = 120_000;
/** what a candidate takes at most; a box without room for all lets them run one at a time */
const roomBytes = 400 << 20;
const strongest = 200;
/** Weights in bytes move scores by 0.01 to 0.02 on average on street pictures; more is another model. */
const mostDiff = 0.05;
/** A slower one is preferred if it is nearer to the plain weights and within this of the fastest: timings are noisy. */
const worthwhile = 1.1;

/** Looks with each candidate. Those of `uses` that cannot run are outcomes too. */
export async function runTrial(start: Omit<CandidateStart, 'use'>, uses: readonly Use[]): Promise<Outcome[]> {
  const candidates = uses.map((use) => new Candidate({ ...start, use }));
  const together = freemem() > candidates.length * roomBytes;
  try {
    if (together) {
      // One after the other: each start takes all the box has.
      for (const one of candidates) await one.open();
      for (let round = 0; round < rounds; round++) {
        const fastest = Math.min(...candidates.map((one) => one.median));
        for (const one of candidates) if (round === 0 || one.median < fastest * hopeless) await one.turn();
      }
    } else {
      for (const one of candidates) {
        await one.open();
        for (let round = 0; round < rounds; round++) await one.turn();
        one.close();
      }
    }
    const fit = candidates.filter((one) => one.fault === null);
    const reference = fit.find(({ use }) => use.runtime === safe.runtime && use.weights === safe.weights) ?? fit[0];
    return candidates.map((one) => one.outcome(reference));
  } finally {
    for (const one of candidates) one.close();
  }
}

/** The fastest that finds the same; of nearly equal ones the one nearest to the plain weights. */
export function choose(outcomes: readonly Outcome[]): (Outcome & { fault: null }) | null {
  const fit = outcomes.filter((one) => one.fault === null && one.scoreDiff <= mostDiff && one.agreement === 1);
  const good = fit.filter((one) => one.fault === null);
  const fastest = Math.min(...good.map(({ ms }) => ms));
  const near = good.filter(({ ms }) => ms <= fastest * worthwhile);
  return near.toSorted((a, b) => a.scoreDiff - b.scoreDiff || a.ms - b.ms)[0] ?? null;
}

class Candidate {
  readonly use: Use;
  fault: KerbError | null = null;
  readonly #start: CandidateStart;
  #child: ChildProcess | undefined;
  readonly #ms: number[] = [];
  #mb = 0;
  #looks = 1;
  #ready: Extract<FromCandidate, { kind: 'ready' }> | undefined;

  constructor(start: CandidateStart) {
    this.use = start.use;
    this.#start = start;
  }

  async open(): Promise<void> {
    this.#child = fork(fileURLToPath(new URL('./trial-child.ts', import.meta.url)), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const said = await this.#ask(this.#start);
    if (said?.kind !== 'ready') return;
    this.#ready = said;
    const first = await this.#ask(1);
    if (first?.kind === 'timed') this.#looks = Math.min(Math.max(Math.round(roundMs / first.ms[0]!), 1), 20);
  }

  async turn(): Promise<void> {
    if (this.fault) return;
    const said = await this.#ask(this.#looks);
    if (said?.kind !== 'timed') return;
    this.#ms.push(...said.ms);
    this.#mb = Math.max(this.#mb, said.mb);
  }

  /** of its looks so far, milliseconds; infinite before the first */
  get median(): number {
    return this.#ms.toSorted((a, b) => a - b)[this.#ms.length >> 1] ?? Infinity;
  }

  outcome(reference: Candidate | undefined): Outcome {
    const { use, fault } = this;
    const own = this.#ready;
    const other = reference ? reference.#ready : undefined;
    if (fault) return { use, fault };
    if (!own || !other) return { use, fault: this.#broken('gave no result') };
    const { finds, outputs, known } = own;
    const { head } = this.#start.card;
    const scoreDiff = differ(scoresOf(head, outputs), scoresOf(head, other.outputs));
    return {
      use,
      fault,
      ms: this.median,
      mb: this.#mb,
      scoreDiff,
      agreement: agree(finds, other.finds),
      finds,
      outputs,
      known,
    };
  }

  close(): void {
    this.#child?.kill('SIGKILL');
  }

  /** @returns undefined after a fault */
  #ask(asked: CandidateStart | number): Promise<FromCandidate | undefined> {
    const child = this.#child;
    if (!child) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (fault: KerbError | null, said?: FromCandidate) => {
        clearTimeout(timer);
        child.removeAllListeners();
        this.fault = fault;
        resolve(said);
      };
      const timer = setTimeout(() => end(this.#broken(`gave no answer within ${openMs} ms`)), openMs);
      child.once('message', (said: FromCandidate) => {
        if (said.kind === 'unfit') end(new KerbError(said.code, said.what, this.#name, 'use another'));
        else end(null, said);
      });
      child.once('exit', (code, signal) => end(this.#broken(`its process ended with ${signal ?? code}`)));
      child.once('error', (error) => end(this.#broken(error.message)));
      if (child.connected) child.send(asked);
      else end(this.#broken('its process has ended'));
    });
  }

  get #name(): string {
    return `${this.use.runtime}, weights ${this.use.weights}`;
  }

  #broken(what: string): KerbError {
    return new KerbError('TRIAL_FAILED', what, this.#name, 'use another');
  }
}

/** The class scores among a head's outputs, as probabilities. */
function scoresOf(head: Card['head'], { scores, rows }: NamedOutputs): Float32Array {
  const own = (scores ?? rows)!.filter((_, i) => isScore(head, i));
  return head.kind !== 'yolo' && head.scores === 'logit' ? own.map(logistic) : own;
}

/** Mean difference where the reference is strongest. */
function differ(own: Float32Array, reference: Float32Array): number {
  const at = [...reference.keys()].sort((a, b) => reference[b]! - reference[a]! || a - b).slice(0, strongest);
  return at.reduce((sum, i) => sum + Math.abs(own[i]! - reference[i]!), 0) / at.length;
}

/** Part of the reference's clear finds that are there too, of the same class at the same place, even if a little weaker. */
function agree(own: readonly Detection[], reference: readonly Detection[]): number {
  const clear = reference.filter(({ score }) => score >= 0.5);
  const met = clear.filter((find) => own.some((one) => one.class === find.class && overlap(one.box, find.box) > 0.7));
  return clear.length === 0 ? 1 : met.length / clear.length;
}
