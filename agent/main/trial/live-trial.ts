// agent/main/trial: the box finds by itself what it looks fastest with. In: the running looker and its card, what else goes on.
// Out: once for each card and box a trial beside the live looks, its choice remembered and in force between two looks.
// Never: a trial that is begun again at each start, or within a day of one that chose nothing; two processes of it at a time;
// one beside an update; a looker that did not prove itself.
import { KerbError, oneLine } from '../../../contract/index.ts';
import type { LoadedCard } from '../../../models/card.ts';
import { type Choice, hashOf, readChoice } from '../../../models/choice.ts';
import { nativeAddon } from '../../../models/native.ts';
import { allUses, choose, gentleTrial, isSafe, nearlyEqualLive, roomForTrial } from '../../../models/trial.ts';
import type { Outcome } from '../../../models/trial-candidate.ts';
import type { LookerState } from '../../console/api.ts';
import type { Clock } from '../../health/clock.ts';
import { STREET, useFor } from '../model.ts';
import { remember } from '../remember.ts';
import { type Turn, WATCH_MS } from '../updates/exchange.ts';
import type { SwitchLooker } from '../updates/switch-looker.ts';
import { Attempts, attemptsFile } from './attempts.ts';
import { changeUse, sameUse } from './change.ts';
import { Lateness, type Served } from './lateness.ts';
import { nameOfUse, runsInWords, runsOf, UNSAID } from './words.ts';

type Trial = LookerState['trial'];
type Wait = NonNullable<Trial['wait']>;
type Fit = Outcome & { fault: null };

/** When things happen; other values are for tests. */
export interface TrialPace {
  /** after its start, or after another model came, a box has other things to do */
  readonly after_ms: number;
  /** how often it is looked whether a trial is due */
  readonly every_ms: number;
  /** A box whose looks are always late needs the trial most: after so long it gets it. */
  readonly patience_ms: number;
  /** how long the chosen looker is watched */
  readonly watch_ms: number;
}

const PACE: TrialPace = { after_ms: 120_000, every_ms: 15_000, patience_ms: 3600_000, watch_ms: WATCH_MS };

export interface LiveTrialOptions {
  readonly mode: 'once' | 'never';
  readonly looker: SwitchLooker;
  readonly card: () => LoadedCard;
  readonly cacheDir: string;
  readonly workers: number;
  /** where choices are remembered; attempts beside it */
  readonly choices: string;
  readonly clock: Clock;
  readonly turn: Turn;
  /** what else goes on that must not be disturbed */
  readonly hold: () => Promise<'update' | 'slot' | null>;
  readonly served: () => Served;
  readonly onRestart: (why: KerbError) => void;
  readonly onChange: () => void;
  readonly onChild: (pid: number, started: boolean) => void;
  readonly log: (line: string) => void;
  /** looks with each candidate; beside the live looks if not given */
  readonly tryOut?: typeof gentleTrial;
  readonly pace?: Partial<TrialPace>;
}

export class LiveTrial {
  readonly #options: LiveTrialOptions;
  readonly #pace: TrialPace;
  readonly #attempts: Attempts;
  readonly #lateness: Lateness;
  readonly #stop = new AbortController();
  /** when the running card began to run, and which it is */
  #began = performance.now();
  #cardHash = '';
  #lateSince: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #choice: Choice | null = null;
  #trial: Trial = { state: 'waiting', wait: 'start' };

  constructor(options: LiveTrialOptions) {
    this.#options = options;
    this.#pace = { ...PACE, ...options.pace };
    this.#attempts = new Attempts(attemptsFile(options.choices), options.clock);
    this.#lateness = new Lateness(options.served);
  }

  start(): void {
    this.#plan(0);
  }

  state(): LookerState {
    const { looker, card } = this.#options;
    const choice = this.#choice;
    return {
      model: card().card.name,
      runtime: looker.use?.runtime ?? null,
      weights: looker.use?.weights ?? null,
      tried: choice && {
        at: Date.parse(choice.at),
        runtime: choice.runtime,
        weights: choice.weights,
        runs: runsOf(choice).map((run) => ({ ...run })),
      },
      trial: this.#trial,
    };
  }

  /** Ends a trial that is under way, its processes too. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.abort(new KerbError('TRIAL_STOPPED', 'the agent was stopped during it', this.#name, 'nothing to do'));
    await this.#round;
  }

  get #name(): string {
    return `trial of ${this.#options.card().card.name}`;
  }

  #plan(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#round = this.#once().catch((error: unknown) => this.#options.log(oneLine(error)));
      void this.#round.then(() => {
        if (!this.#stop.signal.aborted) this.#plan(this.#pace.every_ms);
      });
    }, ms);
    this.#timer.unref();
  }

  async #once(): Promise<void> {
    const { mode, card, choices, cacheDir } = this.#options;
    const loaded = card();
    const cardHash = hashOf(loaded.card);
    if (cardHash !== this.#cardHash) [this.#cardHash, this.#began] = [cardHash, performance.now()];
    const late = this.#lateness.late(performance.now());
    this.#choice = await readChoice(choices, loaded.card);
    // what was chosen may be gone: a library, a file
    if (this.#choice && sameUse(this.#choice, await useFor(loaded, cacheDir, choices)))
      return this.#say({ state: 'done' });
    if (mode === 'never') return this.#say({ state: 'never' });
    const attempt = this.#attempts.of(cardHash);
    if (attempt && !this.#attempts.dayPassed(attempt)) {
      return this.#say({ state: 'failed', at: attempt.at, reason: attempt.why ?? UNSAID });
    }
    const wait = await this.#wait(late);
    if (wait) return this.#say({ state: 'waiting', wait });
    if (!this.#stop.signal.aborted) await this.#try(loaded, cardHash);
  }

  async #wait(late: boolean): Promise<Wait | null> {
    const now = performance.now();
    if (now - this.#began < this.#pace.after_ms) return 'start';
    if (!this.#options.turn.free) return 'update';
    const hold = await this.#options.hold();
    if (hold) return hold;
    this.#lateSince = late ? (this.#lateSince ?? now) : null;
    if (this.#lateSince !== null && now - this.#lateSince < this.#pace.patience_ms) return 'late';
    return roomForTrial() ? null : 'memory';
  }

  async #try(loaded: LoadedCard, cardHash: string): Promise<void> {
    const { log, turn } = this.#options;
    const update = new AbortController();
    turn.onTake = () =>
      update.abort(new KerbError('TRIAL_UPDATE', 'a model update came', this.#name, 'it is tried again after it'));
    if (!turn.free) update.abort();
    try {
      await this.#attempts.begin(cardHash);
    } catch (error) {
      turn.onTake = () => {};
      return this.#say({ state: 'failed', at: this.#now(), reason: `it cannot be written down: ${oneLine(error)}` });
    }
    this.#say({ state: 'running' });
    log('tries what this box looks fastest with, beside the live looks');
    try {
      const outcomes = await this.#run(loaded, AbortSignal.any([this.#stop.signal, update.signal]));
      update.signal.throwIfAborted();
      turn.onTake = () => {};
      const chosen = await this.#decide(loaded, outcomes);
      this.#choice = await remember(this.#options.choices, loaded, chosen, outcomes, this.#iso());
      await this.#attempts.forget(cardHash);
      log(`looks with ${nameOfUse(chosen.use)}, as tried here: ${runsInWords(runsOf(this.#choice))}`);
      this.#say({ state: 'done' });
    } catch (error) {
      const reason = oneLine(error);
      if (update.signal.aborted) {
        log('the trial gives way to a model update and is repeated after it');
        this.#say({ state: 'waiting', wait: 'update' });
        return await this.#attempts.forget(cardHash);
      }
      log(`the trial chose nothing and is not repeated within a day: ${reason}`);
      this.#say({ state: 'failed', at: this.#now(), reason });
      await this.#attempts.failed(cardHash, reason);
    } finally {
      turn.onTake = () => {};
    }
  }

  async #run({ card, folder }: LoadedCard, signal: AbortSignal): Promise<Outcome[]> {
    const { cacheDir, onChild, tryOut = gentleTrial } = this.#options;
    const uses = allUses(card).filter(({ runtime }) => runtime !== 'native' || nativeAddon() !== null);
    const start = { card, places: { folder, cacheDir }, picture: STREET, checked: true };
    return tryOut(start, uses, { signal, onChild });
  }

  /** @returns what is chosen; it runs when this resolves, or from the next start on */
  async #decide(card: LoadedCard, outcomes: readonly Outcome[]): Promise<Fit> {
    const { looker, turn, cacheDir, workers, onRestart, log } = this.#options;
    const plain = outcomes.find(({ use }) => isSafe(use));
    const chosen = plain?.fault === null ? choose(outcomes, nearlyEqualLive) : null;
    if (!chosen) throw this.#fault(oneLine(plain?.fault ?? 'the plain weights were not tried'));
    const former = looker.use;
    if (former && sameUse(former, chosen.use)) return chosen;
    const giveBack = await turn.take();
    try {
      const more = { watch_ms: this.#pace.watch_ms, signal: this.#stop.signal, where: this.#name };
      const how = await changeUse({ looker, card, use: chosen.use, cacheDir, workers, onRestart, log, ...more });
      if (how !== 'slower') return chosen;
      const kept = outcomes.filter(isFit).find(({ use }) => former && sameUse(use, former));
      if (!kept) throw this.#fault(`${nameOfUse(chosen.use)} is slower between live looks than what ran before`);
      return kept;
    } finally {
      giveBack();
    }
  }

  #fault(what: string): KerbError {
    return new KerbError('TRIAL_FAILED', what, this.#name, 'see kerbside models bench');
  }

  #now(): number {
    return Math.round(this.#options.clock.wall());
  }

  #iso(): string {
    return new Date(this.#now()).toISOString();
  }

  #say(trial: Trial): void {
    const before = this.#trial;
    this.#trial = trial;
    if (JSON.stringify(before) !== JSON.stringify(trial)) this.#options.onChange();
  }
}

const isFit = (one: Outcome): one is Fit => one.fault === null;
