// agent/main/updates: the detector as a good. In: a card with its files. Out: another looker under all cameras, between two
// looks. Never: a model that has not shown what it can; a moment without a looker; more of them than two.
import { freemem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KerbError, oneLine } from '../../../contract/index.ts';
import { type Card, type LoadedCard, loadCard } from '../../../models/card.ts';
import { createLooker } from '../../../models/pool.ts';
import { proveModel, type Seen, slow } from '../../../models/proof.ts';
import type { Looker } from '../../../models/types.ts';
import type { Candidate, StagedGood, UpdateKind, Version } from '../../../ota/device/index.ts';
import { useFor } from '../model.ts';
import type { SwitchLooker } from './switch-looker.ts';

export interface ModelKindOptions {
  readonly looker: SwitchLooker;
  readonly cacheDir: string;
  readonly workers: number;
  /** what is on now */
  readonly running: () => Version;
  /** told what is on from now on */
  readonly onSwitch: (running: Version, card: Card) => void;
  /** the card of what is on */
  readonly card: () => Card;
  /** classes that the rules in force are about, and that the running model knows */
  readonly needed: () => readonly string[];
  /** what the cameras see now, with the running model's finds */
  readonly seen: () => readonly Seen[];
  readonly onRestart: (why: KerbError) => void;
  /** how long it is watched after the switch, ms */
  readonly watch_ms?: number;
}

const WATCH_MS = 10_000;
/** Failed looks within the watch that are too many; one may be another's fault. */
const MAX_FAILED = 2;
/** Looks after which a slow median counts. */
const ENOUGH = 5;
/** Left for the rest of the box while two models are loaded, bytes. */
const SPARE_BYTES = 128 << 20;
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
  readonly #former: { readonly version: Version; readonly card: Card };
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
    this.#room();
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
    const { card } = this.#card;
    const { version, counter } = this.#good;
    this.#options.onSwitch({ name: card.name, version, counter }, card);
    return 'runs';
  }

  async prove(signal: AbortSignal): Promise<void> {
    const { looker, watch_ms = WATCH_MS } = this.#options;
    const { card } = this.#card;
    const end = performance.now() + watch_ms;
    const step = Math.min(250, watch_ms);
    while (performance.now() < end) {
      await sleep(step, undefined, { signal, ref: false });
      const { failed, faults, ms, most, looks } = looker.stats;
      if (failed > MAX_FAILED) {
        const what = `${failed} of its first ${looks + failed} looks failed: ${oneLine(faults[0])}`;
        throw new KerbError('MODEL_FAILS', what, this.#name, 'what ran before runs again');
      }
      if (most >= card.merge.objects) {
        const what = `sees ${most} things in one picture`;
        throw new KerbError('MODEL_NONSENSE', what, this.#name, 'what ran before runs again');
      }
      const median = ms.length >= ENOUGH ? ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)]! : 0;
      if (median > card.budget.ms) throw slow(card, median);
    }
  }

  async back(): Promise<void> {
    const { looker, onSwitch } = this.#options;
    if (!this.#old) return;
    this.#next = looker.swap(this.#old);
    this.#old = null;
    onSwitch(this.#former.version, this.#former.card);
  }

  async settle(): Promise<void> {
    await this.#end(this.#old);
    this.#old = null;
  }

  async close(): Promise<void> {
    await this.#end(this.#next);
    this.#next = null;
  }

  /** A looker ends once its last look has. */
  async #end(looker: Looker | null): Promise<void> {
    const LONGEST_MS = 20_000;
    const until = performance.now() + LONGEST_MS;
    while (looker && looker.busy > 0 && performance.now() < until) await sleep(20);
    await looker?.close();
  }

  async #open(workers: number, warm: 'wide' | 'fine'): Promise<Looker> {
    const { cacheDir, onRestart } = this.#options;
    const use = await useFor(this.#card, cacheDir);
    return createLooker({ card: this.#card, use, cacheDir, workers, warm, onRestart });
  }

  /** Two models side by side must not bring the box to its knees. */
  #room(): void {
    const needed = this.#card.card.budget.mb * MB + SPARE_BYTES;
    const free = freemem();
    if (free > needed) return;
    const what = `its card says ${this.#card.card.budget.mb} MB, and ${Math.round(free / MB)} MB are free`;
    throw new KerbError('UPDATE_MEMORY', what, this.#name, 'it is tried again when there is room');
  }

  get #name(): string {
    return `model ${this.#card.card.name} ${this.#good.version}`;
  }
}
