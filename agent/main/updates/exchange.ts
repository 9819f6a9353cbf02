// agent/main/updates: what every exchange of the looker needs, whoever wants it: its turn, room for two, a watch over the new
// one, an end for the old one. Never: two exchanges at a time; a looker closed under a look.
import { freemem } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { KerbError, oneLine } from '../../../contract/index.ts';
import type { Card } from '../../../models/card.ts';
import { LONGEST_LOOK_MS } from '../../../models/pool.ts';
import { slow } from '../../../models/proof.ts';
import type { Looker } from '../../../models/types.ts';
import type { SwitchLooker } from './switch-looker.ts';

/** How long a new looker is watched, ms. */
export const WATCH_MS = 10_000;
/** Failed looks within the watch that are too many; one may be another's fault. */
const MAX_FAILED = 2;
/** Looks after which a slow median counts. */
const ENOUGH = 5;
/** Left for the rest of the box while two models are loaded, bytes. */
const SPARE_BYTES = 128 << 20;
const MB = 1e6;

/** Who may exchange the looker: one after the other. */
export class Turn {
  #tail: Promise<void> = Promise.resolve();
  #held = 0;
  /** told when somebody asks for it */
  onTake: () => void = () => {};

  get free(): boolean {
    return this.#held === 0;
  }

  /** Resolves when it is the caller's. @returns gives it back */
  async take(): Promise<() => void> {
    this.#held += 1;
    this.onTake();
    const before = this.#tail;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tail = before.then(() => promise);
    await before;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#held -= 1;
      resolve();
    };
  }
}

/** Two models side by side must not bring the box to its knees. @throws KerbError UPDATE_MEMORY */
export function needRoom(card: Card, where: string): void {
  const needed = card.budget.mb * MB + SPARE_BYTES;
  const free = freemem();
  if (free > needed) return;
  const what = `its card says ${card.budget.mb} MB, and ${Math.round(free / MB)} MB are free`;
  throw new KerbError('UPDATE_MEMORY', what, where, 'it is tried again when there is room');
}

/** Watches live looks for a while. @throws KerbError MODEL_FAILS, MODEL_NONSENSE, MODEL_SLOW; the signal's reason */
export async function watched(
  looker: SwitchLooker,
  card: Card,
  { where, watch_ms, signal }: { readonly where: string; readonly watch_ms: number; readonly signal: AbortSignal },
): Promise<void> {
  const end = performance.now() + watch_ms;
  const step = Math.min(250, watch_ms);
  while (performance.now() < end) {
    await sleep(step, undefined, { signal, ref: false });
    const { failed, faults, ms, most, looks } = looker.stats;
    if (failed > MAX_FAILED) {
      const what = `${failed} of its first ${looks + failed} looks failed: ${oneLine(faults[0])}`;
      throw new KerbError('MODEL_FAILS', what, where, 'what ran before runs again');
    }
    if (most >= card.merge.objects) {
      const what = `sees ${most} things in one picture`;
      throw new KerbError('MODEL_NONSENSE', what, where, 'what ran before runs again');
    }
    const median = medianOf(ms);
    if (median !== null && median > card.budget.ms) throw slow(card, median);
  }
}

/** Of looks, milliseconds; null where they are too few to say. */
export function medianOf(ms: readonly number[]): number | null {
  return ms.length >= ENOUGH ? ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)]! : null;
}

/** A looker ends once its last look has. */
export async function endLooker(looker: Looker | null): Promise<void> {
  const until = performance.now() + LONGEST_LOOK_MS;
  while (looker && looker.busy > 0 && performance.now() < until) await sleep(20);
  await looker?.close();
}
