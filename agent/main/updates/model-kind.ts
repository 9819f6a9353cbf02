// agent/main/updates: the detector as a good. In: a card with its files. Out: another looker under all cameras, between two
// looks. Never: a model that has not shown what it can; a moment without a looker; more of them than two.
import { join } from 'node:path';
import { KerbError } from '../../../contract/index.ts';
import { type LoadedCard, loadCard } from '../../../models/card.ts';
import { createLooker } from '../../../models/pool.ts';
import { proveModel, type Seen } from '../../../models/proof.ts';
import type { Looker } from '../../../models/types.ts';
import type { Candidate, StagedGood, UpdateKind, Version } from '../../../ota/device/index.ts';
import { useFor } from '../model.ts';
import { endLooker, needRoom, type Turn, WATCH_MS, watched } from './exchange.ts';
import type { SwitchLooker } from './switch-looker.ts';

export interface ModelKindOptions {
  readonly looker: SwitchLooker;
  readonly cacheDir: string;
  readonly workers: number;
  /** what is on now */
  readonly running: () => Version;
  /** told what is on from now on */
  readonly onSwitch: (running: Version, card: LoadedCard) => void;
  /** the card of what is on */
  readonly card: () => LoadedCard;
  /** of whoever exchanges the looker */
  readonly turn: Turn;
  /** classes that the rules in force are about, and that the running model knows */
  readonly needed: () => readonly string[];
  /** what the cameras see now, with the running model's finds */
  readonly seen: () => readonly Seen[];
  readonly onRestart: (why: KerbError) => void;
  /** how long it is watched after the switch, ms */
  readonly watch_ms?: number;
}

const MB = 1e6;

export class ModelKind implements UpdateKind {
  readonly id = 'model';
  readonly kind = 'model';
  readonly seeds: readonly string[];
  readonly #options: ModelKindOptions;

  constructor(options: ModelKindOptions) {
    this.#options = options;
    this.seeds = [options.cacheDir];
  }

  /** A box has one detector: whatever is published for its hardware is meant to be it. */
  fits(): boolean {
    return true;
  }

  own(): Version {
    return this.#options.running();
  }

  async stage(good: StagedGood): Promise<Candidate> {
    const card = await loadCard(join(good.folder, good.first));
    return new ModelCandidate(this.#options, card, good);
  }
}

class ModelCandidate implements Candidate {
  readonly #options: ModelKindOptions;
  readonly #card: LoadedCard;
  readonly #good: StagedGood;
  readonly #former: { readonly version: Version; readonly card: LoadedCard };
  #giveBack: () => void = () => {};
  #next: Looker | null = null;
  #old: Looker | null = null;

  constructor(options: ModelKindOptions, card: LoadedCard, good: StagedGood) {
    this.#options = options;
    this.#card = card;
    this.#good = good;
    this.#former = { version: options.running(), card: options.card() };
  }

  /** First one thread alone, so that its time and memory are its own; then as many as the box uses. */
  async check(): Promise<void> {
    const { card } = this.#card;
    this.#giveBack = await this.#options.turn.take();
    needRoom(card, this.#name);
    const before = process.memoryUsage().rss;
    const alone = await this.#open(1, 'fine');
    try {
      await proveModel(alone, card, this.#options.needed(), this.#options.seen());
      const mb = (process.memoryUsage().rss - before) / MB;
      if (mb > card.budget.mb) {
        const what = `takes ${Math.round(mb)} MB on this box, its card allows ${card.budget.mb}`;
        throw new KerbError('MODEL_LARGE', what, this.#name, 'publish a smaller model for this box');
      }
    } finally {
      await alone.close();
    }
    this.#next = await this.#open(this.#options.workers, 'wide');
  }

  async switch(): Promise<'runs'> {
    const next = this.#next!;
    this.#old = this.#options.looker.swap(next);
    this.#next = null;
    const { version, counter } = this.#good;
    this.#options.onSwitch({ name: this.#card.card.name, version, counter }, this.#card);
    return 'runs';
  }

  async prove(signal: AbortSignal): Promise<void> {
    const { looker, watch_ms = WATCH_MS } = this.#options;
    await watched(looker, this.#card.card, { where: this.#name, watch_ms, signal });
  }

  async back(): Promise<void> {
    const { looker, onSwitch } = this.#options;
    if (!this.#old) return;
    this.#next = looker.swap(this.#old);
    this.#old = null;
    onSwitch(this.#former.version, this.#former.card);
  }

  async settle(): Promise<void> {
    await endLooker(this.#old).finally(this.#giveBack);
    this.#old = null;
  }

  async close(): Promise<void> {
    await endLooker(this.#next).finally(this.#giveBack);
    this.#next = null;
  }

  async #open(workers: number, warm: 'wide' | 'fine'): Promise<Looker> {
    const { cacheDir, onRestart } = this.#options;
    const use = await useFor(this.#card, cacheDir);
    return createLooker({ card: this.#card, use, cacheDir, workers, warm, gently: true, onRestart });
  }

  get #name(): string {
    return `model ${this.#card.card.name} ${this.#good.version}`;
  }
}
