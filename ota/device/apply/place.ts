// ota/device/apply: one place of a box and the good that fills it: fetched, made ready, checked, switched to, proved, kept or
// given up. In: what is wanted. Out: what is said of it. Never: a moment in which nothing runs; a refused good tried again.
import { KerbError, oneLine, type ReportItem, reasonLine } from '../../../contract/index.ts';
import type { Download, GoodsStore } from './goods.ts';
import type { PlaceMemory, UpdateMemory } from './memory.ts';
import type { Candidate, StagedGood, UpdateKind, Wanted } from './types.ts';

/** So often a good is tried whose trial the box itself did not survive (power cuts count too). */
export const MAX_STARTS = 20;

/** Not the good's fault: it is tried again with the next poll. */
const PASSING = new Set(['UPDATE_DISK', 'UPDATE_DISK_FULL', 'UPDATE_BUSY', 'UPDATE_MEMORY', 'UPDATE_LATER']);

export interface PlaceOptions {
  readonly memory: UpdateMemory;
  readonly goods: GoodsStore;
  /** epoch ms */
  readonly now: () => number;
  readonly changed: () => void;
  readonly log: (line: string) => void;
}

type Said = Omit<ReportItem, 'kind' | 'name' | 'running' | 'at'> & { readonly at?: number };

export class Place {
  readonly kind: UpdateKind;
  readonly #options: PlaceOptions;
  #item: ReportItem;

  constructor(kind: UpdateKind, options: PlaceOptions) {
    this.kind = kind;
    this.#options = options;
    const { judged, attempt, at } = this.#memory;
    const { name } = this.#running();
    const base: ReportItem = { kind: kind.kind, name, wanted: null, running: null, result: 'success', at };
    this.#item = { ...base, running: this.#version() };
    // nobody is told yet: whoever makes a place is still being made
    if (attempt) this.#note({ wanted: pick(attempt), result: 'pending', at: attempt.at }, attempt.name);
    else if (judged && judged.counter > this.#memory.highest) this.#note(saidOf(judged), judged.name);
  }

  get #memory(): PlaceMemory {
    return this.#options.memory.place(this.kind.id);
  }

  /** What a report says of it. */
  get item(): ReportItem {
    return this.#item;
  }

  /** What became of a good that came with a restart. @returns whether its trial is still under way */
  async resume(): Promise<boolean> {
    const { attempt } = this.#memory;
    const outcome = (await this.kind.outcome?.(attempt && { ...attempt, files: [] })) ?? { state: 'none' };
    if (outcome.state === 'none') {
      if (attempt && this.#item.result === 'trial') this.#failed({ ...attempt, files: [] }, untaken());
      return false;
    }
    if (!attempt || attempt.counter !== outcome.counter) return outcome.state === 'trial';
    if (outcome.state === 'trial') {
      this.#say({ wanted: pick(attempt), result: 'trial' }, attempt.name);
      return true;
    }
    if (outcome.state === 'returned') {
      await this.#judge({ ...attempt, files: [] }, 'returned', 'UPDATE_RETURNED', outcome.reason);
      return false;
    }
    const { name, version, counter } = attempt;
    const folder = this.#options.goods.name(this.kind.id, counter);
    await this.#keep({ name, version, counter, folder, first: '', sha256: '' });
    return false;
  }

  /** Brings the place to what is wanted; says how it went, never throws. */
  async bring(wanted: Wanted | null, download: Download, signal: AbortSignal): Promise<void> {
    const { running, judged, highest } = this.#memory;
    if (!wanted || wanted.counter < highest) return this.#say({ wanted: null, result: 'success' });
    if (running?.counter === wanted.counter && this.#version().counter === wanted.counter) {
      return this.#say({ wanted: pick(wanted), result: 'success', at: this.#memory.at });
    }
    if (judged?.counter === wanted.counter) return this.#tellJudged(judged);
    try {
      if (this.kind.has?.(wanted)) {
        const folder = this.#options.goods.name(this.kind.id, wanted.counter);
        return await this.#keep({ ...pick(wanted), name: wanted.name, folder, first: '', sha256: '' });
      }
      await this.#try(wanted, download, signal);
    } catch (error) {
      if (!signal.aborted) this.#failed(wanted, error);
    }
  }

  /** The wanted good cannot even be told: its offer does not hold together, or no place is free for it. */
  unfit(error: unknown): void {
    this.#failed(null, error);
  }

  async #try(wanted: Wanted, download: Download, signal: AbortSignal): Promise<void> {
    const { memory, goods } = this.#options;
    const { id } = this.kind;
    this.#say({ wanted: pick(wanted), result: 'pending' }, wanted.name);
    try {
      await this.kind.admit?.(wanted);
    } catch (error) {
      return this.#refuse(wanted, error, signal);
    }
    await goods.keep(id, [...this.#held(), { folder: goods.name(id, wanted.counter) }]);
    const { running } = this.#memory;
    const seeds = [...(running ? [goods.path(running)] : []), ...(this.kind.seeds ?? [])];
    const good = await goods.fetch(id, wanted, seeds, download);
    const starts = (this.#memory.attempt?.counter === wanted.counter ? this.#memory.attempt.starts : 0) + 1;
    if (starts > MAX_STARTS) {
      const why = `the box stopped ${MAX_STARTS} times while it was tried`;
      return this.#judge(wanted, 'refused', 'UPDATE_STOPPED', why);
    }
    const { name, version, counter } = wanted;
    await memory.change(id, { attempt: { name, version, counter, starts, at: this.#options.now() } });
    let candidate: Candidate;
    try {
      candidate = await this.kind.stage(good);
    } catch (error) {
      return this.#refuse(wanted, error, signal);
    }
    try {
      await candidate.check();
      signal.throwIfAborted();
    } catch (error) {
      await candidate.close();
      return this.#refuse(wanted, error, signal);
    }
    await this.#switch(good, candidate, signal);
  }

  async #switch(good: StagedGood, candidate: Candidate, signal: AbortSignal): Promise<void> {
    try {
      const how = await candidate.switch();
      this.#say({ wanted: pick(good), result: 'trial' }, good.name);
      if (how === 'restart') return;
      await candidate.prove(signal);
      signal.throwIfAborted();
      await this.#keep(await this.#options.goods.held(this.kind.id, good));
    } catch (error) {
      await candidate.back();
      await candidate.close();
      if (signal.aborted || isPassing(error)) return this.#ended(error);
      return this.#judge(good, 'returned', codeOf(error), reasonOf(error));
    }
    await candidate.settle();
    await this.#options.goods.keep(this.kind.id, this.#held());
  }

  async #keep(held: NonNullable<PlaceMemory['running']>): Promise<void> {
    const { memory, goods, now, log } = this.#options;
    const { running } = this.#memory;
    const previous = running?.counter === held.counter ? this.#memory.previous : running;
    const highest = Math.max(this.#memory.highest, held.counter);
    await memory.change(this.kind.id, { running: held, previous, highest, attempt: null, judged: null, at: now() });
    if (this.kind.consumes) await goods.keep(this.kind.id, []);
    log(`${this.kind.kind} ${held.name} ${held.version} (${held.counter}) runs and is kept`);
    this.#say({ wanted: pick(held), result: 'success', at: this.#memory.at }, held.name);
  }

  /** What ran before is still there; what it says decides whether the good is ever tried again. */
  async #refuse(wanted: Wanted, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted || isPassing(error) || !(error instanceof KerbError)) return this.#ended(error);
    await this.#judge(wanted, 'refused', codeOf(error), reasonOf(error));
  }

  /** This try has ended, by no fault of the good and under the eyes of the box: it does not count. */
  async #ended(error: unknown): Promise<never> {
    if (this.#memory.attempt) await this.#options.memory.change(this.kind.id, { attempt: null });
    throw error;
  }

  async #judge(wanted: Wanted, result: 'refused' | 'returned', code: string, reason: string): Promise<void> {
    const { memory, goods, now, log } = this.#options;
    const { name, version, counter } = wanted;
    const judged = { name, version, counter, result, code, reason: reasonLine(reason), at: now() };
    log(`${this.kind.kind} ${name} ${version} (${counter}) was ${result}: ${reason}`);
    this.#tellJudged(judged);
    await memory.change(this.kind.id, { judged, attempt: null });
    await goods.keep(this.kind.id, this.kind.consumes ? [] : this.#held());
  }

  #tellJudged(judged: NonNullable<PlaceMemory['judged']>): void {
    this.#say(saidOf(judged), judged.name);
  }

  #failed(wanted: Wanted | null, error: unknown): void {
    const said = wanted ? pick(wanted) : null;
    this.#options.log(`${this.kind.kind}: ${oneLine(error)}`);
    this.#say({ wanted: said, result: 'failed', code: codeOf(error), reason: reasonOf(error) }, wanted?.name);
  }

  #held() {
    return [this.#memory.running, this.#memory.previous];
  }

  #running() {
    return this.kind.own();
  }

  #version() {
    const { version, counter } = this.#running();
    return { version, counter };
  }

  #say(said: Said, name?: string): void {
    if (this.#note(said, name)) this.#options.changed();
  }

  /** @returns whether there is something new to say */
  #note(said: Said, name?: string): boolean {
    const { at = this.#options.now(), ...rest } = said;
    const { name: own, version, counter } = this.#running();
    // what runs may have another name than what is wanted
    const mixed = name !== undefined && name !== own ? `${own} ${version}`.slice(0, 64) : version;
    const item: ReportItem = {
      kind: this.kind.kind,
      name: name ?? own,
      ...rest,
      running: { version: mixed, counter },
      at: Math.round(at),
    };
    const before = this.#item;
    const same = said.at === undefined && JSON.stringify({ ...item, at: 0 }) === JSON.stringify({ ...before, at: 0 });
    this.#item = same ? before : item;
    return JSON.stringify(this.#item) !== JSON.stringify(before);
  }
}

const untaken = () =>
  new KerbError('UPDATE_LAUNCHER', 'the launcher did not try it', 'launcher', 'it is tried again; see its log');
const saidOf = (judged: NonNullable<PlaceMemory['judged']>): Said => {
  const { result, code, reason, at } = judged;
  return { wanted: pick(judged), result, code, reason, at };
};
const pick = ({ version, counter }: { version: string; counter: number }) => ({ version, counter });
const isPassing = (error: unknown) => error instanceof KerbError && PASSING.has(error.code);
const reasonOf = (error: unknown) => reasonLine(oneLine(error));

function codeOf(error: unknown): string {
  return error instanceof KerbError && /^[A-Z][A-Z0-9_]{0,63}$/.test(error.code) ? error.code : 'UPDATE_FAULT';
}
