// models: what a score is worth. A detector's 0.4 for a car may be right as often as its 0.6 for a person: a card may say,
// class by class, what a raw score means. In: finds with raw scores. Out: the same finds with the scores that thresholds
// are about. Pure; the order within a class never changes.
import type { Card } from './card.ts';
import type { Detection } from './types.ts';

type Points = Card['calibration'][number]['points'];

/** Finds with calibrated scores, highest first. */
export function calibrated({ calibration }: Card, finds: readonly Detection[]): Detection[] {
  if (calibration.length === 0) return [...finds];
  return finds
    .map((find) => {
      const points = calibration.find(({ classes }) => classes.includes(find.class))?.points;
      return points ? { ...find, score: along(points, find.score, 0, 1) } : find;
    })
    .toSorted((a, b) => b.score - a.score);
}

/** The raw score from which on finds must be asked for, so that those from `minScore` on are complete. */
export function rawScore({ calibration }: Card, minScore: number): number {
  return Math.min(minScore, ...calibration.map(({ points }) => along(points, minScore, 1, 0)));
}

/** Straight from point to point, from 0, 0 to 1, 1. */
function along(points: Points, value: number, from: 0 | 1, to: 0 | 1): number {
  const all = [[0, 0] as const, ...points, [1, 1] as const];
  const next = all.findIndex((point, i) => i > 0 && value <= point[from]);
  const [a, b] = [all[next - 1]!, all[next]!];
  return a[to] + ((value - a[from]) / (b[from] - a[from])) * (b[to] - a[to]);
}
