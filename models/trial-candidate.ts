// models: one candidate of a trial: a runtime with a way of keeping weights, in a process of its own. In: what to load, the
// picture. Out: how long its looks take, what it needs, what it finds. Never: a process left behind, its helper included; a
// wait without an end.
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../contract/errors.ts';
import { agree, differ, strongestOf } from './alike.ts';
import type { Card } from './card.ts';
import type { Use } from './choice.ts';
import type { ModelPlaces } from './files.ts';
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

/** How a candidate behaves beside what else the box does. */
export interface Manner {
  /** gives way to everything else: a low priority, and the first that the kernel ends when memory runs out */
  readonly gentle: boolean;
  /** told of its process */
  readonly onChild?: ((pid: number, started: boolean) => void) | undefined;
}

const roundMs = 900;
const openMs = 120_000;
/** Beside busy looks it still gets about a tenth of a core; the lowest priority would get next to nothing. */
const niceness = 10;

/** Opened, then some turns, then closed; a gentle one may be opened again for its next turn. */
export class Candidate {
  readonly use: Use;
  fault: KerbError | null = null;
  readonly #start: CandidateStart;
  readonly #manner: Manner;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  readonly #ms: number[] = [];
  #mb = 0;
  #looks = 1;
  #ready: Extract<FromCandidate, { kind: 'ready' }> | undefined;
  #places: readonly number[] | undefined;

  constructor(start: CandidateStart, manner: Manner = { gentle: false }) {
    this.use = start.use;
    this.#start = start;
    this.#manner = manner;
  }

  async open(): Promise<void> {
    const child = fork(fileURLToPath(new URL('./trial-child.ts', import.meta.url)), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // a group of its own: its runtime may be a process too, and ends with it
      detached: true,
    });
    this.#child = child;
    const { pid } = child;
    const { gentle, onChild } = this.#manner;
    child.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      if (pid === undefined) resolve();
      child.once('exit', () => {
        if (pid !== undefined) onChild?.(pid, false);
        resolve();
      });
    });
    if (pid !== undefined) {
      onChild?.(pid, true);
      if (gentle) giveWay(pid);
    }
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

  /** where its scores are strongest; others are compared there */
  get #strongest(): readonly number[] {
    this.#places ??= strongestOf(this.#start.card.head, this.#ready!.outputs);
    return this.#places;
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
    const scoreDiff = differ(this.#start.card.head, reference!.#strongest, outputs, other.outputs);
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

  /** Ends it at once; resolves when its process is gone. */
  close(): Promise<void> {
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // it has ended by itself
      }
    }
    return this.#ended;
  }

  /** @returns undefined after a fault */
  #ask(asked: CandidateStart | number): Promise<FromCandidate | undefined> {
    const child = this.#child;
    if (!child) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (fault: KerbError | null, said?: FromCandidate) => {
        clearTimeout(timer);
        child.off('message', heard).off('exit', exited).off('error', failed);
        this.fault = fault;
        resolve(said);
      };
      const timer = setTimeout(() => end(this.#broken(`gave no answer within ${openMs} ms`)), openMs);
      const heard = (said: FromCandidate) => {
        if (said.kind === 'unfit') end(new KerbError(said.code, said.what, this.#name, 'use another'));
        else end(null, said);
      };
      const exited = (code: number | null, signal: string | null) =>
        end(this.#broken(`its process ended with ${signal ?? code}`));
      const failed = (error: Error) => end(this.#broken(error.message));
      child.on('message', heard).on('exit', exited).on('error', failed);
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

/** All threads of a process that has just begun; what it starts later is as they are. */
function giveWay(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), niceness);
  } catch {
    // it has ended already
  }
}
