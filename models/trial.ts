// models: a trial of runtimes and weights on the box it runs on. In: a card, a picture. Out: for each candidate its time,
// memory and agreement with the plain one, and the choice. Each runs in a process of its own; they take turns, so that a
// busy moment of the box meets all alike. Never: a candidate chosen that finds something else.
import { freemem } from 'node:os';
import { KerbError } from '../contract/errors.ts';
import { type Card, weightsOf } from './card.ts';
import { safe, type Use } from './choice.ts';
import { readPicture } from './image.ts';
import { runtimeNames } from './runtimes.ts';
import { Candidate, type CandidateStart, type Manner, type Outcome } from './trial-candidate.ts';

const rounds = 3;
/** So many times slower than the fastest in its first turn, it gets no other. */
const hopeless = 3;
/** what a candidate takes at most; a box without room for all lets them run one at a time */
const roomBytes = 400 << 20;
/** Weights in bytes move scores by 0.01 to 0.02 on average on street pictures; more is another model. */
const mostDiff = 0.05;
/** A slower one is preferred if it is nearer to the plain weights and within this of the fastest: timings are noisy. */
const nearlyEqual = 1.1;
/** ... and noisier beside live looks. */
export const nearlyEqualLive = 1.25;
/** what one candidate takes at most, and what stays for the rest of a box at work */
const gentleBytes = 300 << 20;
const spareBytes = 128 << 20;
const gentleMs = 15 * 60_000;

/** Looks with each candidate. Those of `uses` that cannot run are outcomes too. @throws KerbError PICTURE_* */
export async function runTrial(start: Omit<CandidateStart, 'use'>, uses: readonly Use[]): Promise<Outcome[]> {
  // a picture that is none is no candidate's fault
  await readPicture(start.picture);
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
        await one.close();
      }
    }
    return compared(candidates);
  } finally {
    await Promise.all(candidates.map((one) => one.close()));
  }
}

/**
 * The same beside a box at work: one process at a time, of low priority, opened anew for each of its turns; ended at once
 * where memory gets short or it takes too long.
 * @param signal ends it; no process is left when this rejects
 * @throws KerbError TRIAL_MEMORY, TRIAL_LONG; the signal's reason
 */
export async function gentleTrial(
  start: Omit<CandidateStart, 'use'>,
  uses: readonly Use[],
  { signal, onChild }: { readonly signal: AbortSignal; readonly onChild?: Manner['onChild'] },
): Promise<Outcome[]> {
  const { card } = start;
  const candidates = uses.map((use) => new Candidate({ ...start, use }, { gentle: true, onChild }));
  const bounds = new AbortController();
  const short = () =>
    new KerbError(
      'TRIAL_MEMORY',
      `${Math.round(freemem() / 2 ** 20)} MB are free`,
      card.name,
      'it is tried again when there is room',
    );
  const long = () =>
    new KerbError('TRIAL_LONG', `takes longer than ${gentleMs / 60_000} min`, card.name, 'kerbside models bench');
  const watch = setInterval(() => freemem() < spareBytes && bounds.abort(short()), 500);
  const timer = setTimeout(() => bounds.abort(long()), gentleMs);
  const ends = AbortSignal.any([signal, bounds.signal]);
  const kill = () => void Promise.all(candidates.map((one) => one.close()));
  ends.addEventListener('abort', kill);
  try {
    for (let round = 0; round < rounds; round++) {
      const fastest = Math.min(...candidates.map((one) => one.median));
      for (const one of candidates) {
        ends.throwIfAborted();
        if (one.fault || (round > 0 && one.median > fastest * hopeless)) continue;
        await one.open();
        await one.turn();
        await one.close();
      }
    }
    ends.throwIfAborted();
    return compared(candidates);
  } finally {
    clearInterval(watch);
    clearTimeout(timer);
    ends.removeEventListener('abort', kill);
    await Promise.all(candidates.map((one) => one.close()));
  }
}

/** Whether a gentle trial has the memory that it needs. */
export function roomForTrial(): boolean {
  return freemem() > gentleBytes + spareBytes;
}

/** Everything that a card may be looked with. */
export function allUses(card: Card): Use[] {
  return runtimeNames.flatMap((runtime) => weightsOf(card).map((weights): Use => ({ runtime, weights })));
}

function compared(candidates: readonly Candidate[]): Outcome[] {
  const fit = candidates.filter((one) => one.fault === null);
  const reference = fit.find(({ use }) => isSafe(use)) ?? fit[0];
  return candidates.map((one) => one.outcome(reference));
}

export const isSafe = ({ runtime, weights }: Use) => runtime === safe.runtime && weights === safe.weights;

/**
 * The fastest that finds the same; of nearly equal ones the one nearest to the plain weights.
 * @param worthwhile how much slower such a one may be
 */
export function choose(outcomes: readonly Outcome[], worthwhile = nearlyEqual): (Outcome & { fault: null }) | null {
  const good = outcomes
    .filter((one) => one.fault === null)
    .filter(({ scoreDiff, agreement }) => scoreDiff <= mostDiff && agreement === 1);
  const fastest = Math.min(...good.map(({ ms }) => ms));
  const near = good.filter(({ ms }) => ms <= fastest * worthwhile);
  return near.toSorted((a, b) => a.scoreDiff - b.scoreDiff || a.ms - b.ms)[0] ?? null;
}
