// ota/device/apply: keeps a box at what its repository offers. In: time, hints from the centre, verified metadata. Out: each
// place brought to its newest good, one after the other; what is to be said of all. Never: two rounds at a time, a hint
// believed, a server asked without a pause.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  desiredSchema,
  KerbError,
  oneLine,
  type ReportBody,
  type ReportItem,
  reasonLine,
} from '../../../contract/index.ts';
import type { RepositoryUpdater } from '../index.ts';
import { newest, readOffers } from './choose.ts';
import type { GoodsStore } from './goods.ts';
import type { UpdateMemory } from './memory.ts';
import { Place } from './place.ts';
import type { UpdateKind } from './types.ts';

export interface ManagerOptions {
  /** a client of the repository for one round; `root` where a technician placed one */
  readonly open: (root: Uint8Array | undefined, signal: AbortSignal) => RepositoryUpdater;
  /** path of the root of trust */
  readonly root: string;
  readonly kinds: readonly UpdateKind[];
  readonly memory: UpdateMemory;
  readonly goods: GoodsStore;
  /** "linux-x64" */
  readonly hardware: string;
  readonly poll_s: number;
  readonly jitter_s: number;
  /** epoch ms */
  readonly now: () => number;
  /** uniform in [0, 1) */
  readonly random: () => number;
  readonly changed: () => void;
  readonly log: (line: string) => void;
}

/** What there is to say about updates. */
export interface UpdatesView {
  /** when the repository was last asked, and when it last answered with something valid, epoch ms */
  readonly last_check: number | null;
  readonly last_success: number | null;
  readonly versions: ReportBody['versions'];
  readonly items: readonly ReportItem[];
  /** why the last refresh failed, and since when that is so */
  readonly fault: { readonly code: string; readonly what: string; readonly since: number } | null;
}

/** The first look after a start: soon, but not while everything else starts. */
const FIRST_MS = 1500;
/** Hints cannot make it ask more often. */
const LEAST_GAP_MS = 2000;
const MAX_HINT_BYTES = 1024;
/** How often the end of a trial that needed a restart is looked for. */
const TRIAL_MS = 1000;

export class UpdateManager {
  readonly #options: ManagerOptions;
  readonly #places: Place[];
  readonly #stopped = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #due = Number.POSITIVE_INFINITY;
  #round: Promise<void> | null = null;
  #again = false;
  #began = Number.NEGATIVE_INFINITY;
  #view: Omit<UpdatesView, 'items'> = { last_check: null, last_success: null, versions: null, fault: null };

  constructor(options: ManagerOptions) {
    this.#options = options;
    const { memory, goods, now, changed, log } = options;
    this.#places = options.kinds.map((kind) => new Place(kind, { memory, goods, now, changed, log }));
  }

  /** Begins to poll. */
  start(): void {
    this.#plan(FIRST_MS + this.#options.random() * Math.min(this.#options.jitter_s, 10) * 1000);
  }

  /** "There is something new": looks soon, unless that is known already. @throws KerbError UPDATE_HINT for what is none */
  poke(payload: Uint8Array): void {
    const hint = payload.length <= MAX_HINT_BYTES ? parse(payload) : null;
    if (!hint) {
      throw new KerbError('UPDATE_HINT', 'is not a hint of an update', 'down/desired', 'look at who publishes it');
    }
    const { versions, fault } = this.#view;
    if (!fault && versions && hint.timestamp <= versions.timestamp) return;
    this.#plan(this.#options.random() * this.#options.jitter_s * 1000);
  }

  view(): UpdatesView {
    return { ...this.#view, items: this.#places.map(({ item }) => item) };
  }

  /** Looks now; resolves when that round has ended. */
  async round(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    if (this.#round) {
      this.#again = true;
      return this.#round;
    }
    clearTimeout(this.#timer);
    this.#due = Number.POSITIVE_INFINITY;
    this.#began = performance.now();
    this.#round = this.#run()
      .catch((error: unknown) => this.#options.log(oneLine(error)))
      .finally(() => {
        this.#round = null;
        const { poll_s, random } = this.#options;
        this.#plan(this.#again ? LEAST_GAP_MS : poll_s * 1000 * (0.9 + 0.2 * random()));
        this.#again = false;
      });
    return this.#round;
  }

  /** Ends what is under way; what is not proved yet is tried again after the next start. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopped.abort(new Error('the agent ends'));
    await this.#round;
  }

  #plan(inMs: number): void {
    if (this.#stopped.signal.aborted) return;
    if (this.#round) {
      this.#again = true;
      return;
    }
    const due = Math.max(performance.now() + inMs, this.#began + LEAST_GAP_MS);
    if (due >= this.#due) return;
    this.#due = due;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.round(), due - performance.now());
    this.#timer.unref();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    if (!(await this.#trialsEnd(signal))) return;
    const { open, root, now } = this.#options;
    const updater = open((await readFile(root).catch(() => null)) ?? undefined, signal);
    this.#see({ last_check: Math.round(now()) });
    let offers: ReturnType<typeof readOffers>;
    try {
      const { versions } = await updater.refresh();
      offers = readOffers(await updater.targets());
      this.#see({ versions, fault: null, last_success: Math.round(now()) });
    } catch (error) {
      if (!signal.aborted) this.#fault(error);
      return;
    }
    for (const place of this.#places) {
      if (signal.aborted) return;
      let wanted: ReturnType<typeof newest>;
      try {
        wanted = newest(offers, place.kind, this.#options.hardware);
      } catch (error) {
        place.unfit(error);
        continue;
      }
      await place.bring(wanted, (path, file) => updater.download(path, file), signal);
      if (place.kind.outcome && !(await this.#trialsEnd(signal))) return;
    }
  }

  /** Nothing is begun while a trial that needs a restart is under way. @returns false: the agent ends first */
  async #trialsEnd(signal: AbortSignal): Promise<boolean> {
    for (;;) {
      const states = await Promise.all(this.#places.map((place) => place.resume()));
      if (!states.includes(true)) return true;
      try {
        await sleep(TRIAL_MS, undefined, { signal, ref: false });
      } catch {
        return false;
      }
    }
  }

  #fault(error: unknown): void {
    const code = error instanceof KerbError ? error.code : 'UPDATE_FAULT';
    const what = reasonLine(oneLine(error));
    const before = this.#view.fault;
    const since = before?.code === code ? before.since : Math.round(this.#options.now());
    if (before?.code !== code) this.#options.log(`no refresh: ${what}`);
    this.#see({ fault: { code, what, since } });
  }

  #see(seen: Partial<Omit<UpdatesView, 'items'>>): void {
    this.#view = { ...this.#view, ...seen };
    this.#options.changed();
  }
}

function parse(payload: Uint8Array) {
  try {
    return desiredSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}
