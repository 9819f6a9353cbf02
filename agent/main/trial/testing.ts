// agent/main/trial: what the tests of this room share: a running looker, a clock that is set, a trial of known outcome. Tests only.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KerbError } from '../../../contract/index.ts';
import type { LoadedCard } from '../../../models/card.ts';
import type { Use } from '../../../models/choice.ts';
import { createLooker } from '../../../models/pool.ts';
import { cacheDir, defaultCard } from '../../../models/testing.ts';
import type { Outcome } from '../../../models/trial-candidate.ts';
import type { Clock } from '../../health/clock.ts';
import { Turn } from '../updates/exchange.ts';
import { SwitchLooker } from '../updates/switch-looker.ts';
import { LiveTrial, type LiveTrialOptions } from './live-trial.ts';

export const DAY_MS = 24 * 3600_000;

/** A clock that stands until it is moved. */
export class SetClock implements Clock {
  at = Date.UTC(2026, 7, 1);
  since = 60_000;
  good: ReturnType<Clock['quality']> = 'synced';
  boot = 'boot-1';
  wall = () => this.at;
  mono = () => this.since;
  quality = () => this.good;

  pass(ms: number): void {
    this.at += ms;
    this.since += ms;
  }
}

/** The built-in detector's first size. */
export async function smallCard(): Promise<LoadedCard> {
  const loaded = await defaultCard();
  loaded.card.sizes = loaded.card.sizes.slice(0, 1);
  return loaded;
}

/** As if it had been measured; ms null: it did not run. */
export function outcome(use: Use, ms: number | null): Outcome {
  if (ms === null) return { use, fault: new KerbError('TRIAL_FAILED', 'its process ended with 1', 'test', 'nothing') };
  const scoreDiff = use.weights === 'float' ? 0 : 0.01;
  return { use, fault: null, ms, mb: 100, scoreDiff, agreement: 1, finds: [], outputs: {}, known: {} };
}

interface Teardown {
  teardown(fn: () => unknown): void;
}

/** A box that looks with what is safe, and its trial, not started yet. */
export async function box(t: Teardown, options: Partial<LiveTrialOptions> = {}, home?: string) {
  const folder = home ?? (await mkdtemp(join(tmpdir(), 'trial-')));
  if (home === undefined) t.teardown(() => rm(folder, { recursive: true, force: true }));
  const card = await smallCard();
  const looker = new SwitchLooker(await createLooker({ card, cacheDir, workers: 1 }));
  const said: string[] = [];
  const children: number[] = [];
  let changed: () => void = () => {};
  const trial = new LiveTrial({
    mode: 'once',
    looker,
    card: () => card,
    cacheDir,
    workers: 1,
    choices: join(folder, 'choices.json'),
    clock: new SetClock(),
    turn: new Turn(),
    hold: async () => null,
    served: () => ({ missed: 0, wished_per_s: 4 }),
    onRestart: (why) => said.push(why.message),
    onChange: () => changed(),
    onChild: (pid, started) => started && children.push(pid),
    log: (line) => said.push(line),
    ...options,
    pace: { after_ms: 0, every_ms: 20, watch_ms: 50, ...options.pace },
  });
  t.teardown(async () => {
    await trial.close();
    await looker.close();
  });
  /** Resolves once its state is so. */
  const until = (state: string) =>
    new Promise<void>((resolve) => {
      changed = () => trial.state().trial.state === state && resolve();
      changed();
    });
  return { folder, card, looker, trial, said, children, until };
}
