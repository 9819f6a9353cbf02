// models: makes one find of many candidates. In: candidates of one or several runs. Out: finds, best first.
// The result is the same for a lower threshold, cut: greedy from the best score down. Ties go by run, box and label.
// Only boxes that a finer run corrects, and runs that confirm, want candidates from `leastScore` on.
import type { Card } from './card.ts';
import type { Candidate } from './head.ts';
import { isConfirmed, type Run } from './runs.ts';
import type { Detection } from './types.ts';

/** A find in the making. */
interface Kept {
  find: Candidate;
  /** a finer run's box was taken */
  corrected: boolean;
  /** what each run thinks of it at best */
  readonly scores: Map<number, number>;
}

/** Classes that count as one object share a group number. */
function groupsOf(card: Card): number[] {
  const groups = card.labels.map((_, i) => i);
  for (const names of card.merge.groups) {
    const first = card.labels.indexOf(names[0]!);
    for (const name of names) groups[card.labels.indexOf(name)] = first;
  }
  return groups;
}

/** Pixels of the picture that one pixel of a run's input covers; 0 where only one run is merged. */
type GrainOf = (run: number) => number;

/** From which score on candidates must be given, so that finds from `minScore` on are complete. */
export function leastScore({ merge: { near, confirm } }: Card, minScore: number): number {
  return Math.min(minScore * (near?.share ?? 1), confirm?.score ?? 1);
}

/** Non-maximum suppression per class or group, of one run's candidates. */
export function mergeCandidates(card: Card, candidates: readonly Candidate[]): Detection[] {
  return merged(card, candidates, () => 0).map(({ find }) => detection(card, find));
}

/**
 * The same for several runs: parts of an object seen by another run are no object of their own, and what runs that see it
 * well do not confirm is doubtful.
 */
export function mergeRuns(card: Card, candidates: readonly Candidate[], runs: readonly Run[]): Detection[] {
  const grains = new Map(runs.map(({ number, part, input }) => [number, part[2] / input.width]));
  return merged(card, candidates, (run) => grains.get(run)!).map(({ find, scores }) => {
    const isSure = !card.merge.confirm || isConfirmed(card.merge.confirm, find.box, scores, runs);
    return isSure ? detection(card, find) : { ...detection(card, find), doubtful: true };
  });
}

function merged(card: Card, candidates: readonly Candidate[], grainOf: GrainOf): Kept[] {
  const groups = groupsOf(card);
  const kept: Kept[] = [];
  for (const candidate of candidates.toSorted(byScore)) {
    const { score, scale, box } = candidate;
    const better = kept.find(({ find }) => same(card, groups, find, candidate, grainOf));
    if (!better) {
      if (kept.length < card.merge.objects) {
        kept.push({ find: candidate, corrected: false, scores: new Map([[scale, score]]) });
      }
      continue;
    }
    const { find, scores } = better;
    if (!scores.has(scale)) scores.set(scale, score);
    const isFiner = grainOf(scale) < grainOf(find.scale) && isNear(card, find, candidate, grainOf);
    if (!isFiner || better.corrected || score < find.score * (card.merge.near?.share ?? 1)) continue;
    better.corrected = true;
    better.find = { ...find, box, scale };
  }
  return kept;
}

function detection(card: Card, { label, score, box: [x0, y0, x1, y1] }: Candidate): Detection {
  return { class: card.labels[label - 1]!, score, box: [x0, y0, x1 - x0, y1 - y0] };
}

function same(card: Card, groups: readonly number[], better: Candidate, worse: Candidate, grainOf: GrainOf): boolean {
  if (groups[better.label - 1] !== groups[worse.label - 1]) return false;
  const [a, b] = [better.box, worse.box];
  const across = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (across <= 0 || down <= 0) return false;
  const common = across * down;
  const [areaA, areaB] = [area(a), area(b)];
  if (common / (areaA + areaB - common) > card.merge.iou) return true;
  // The same object, or a part of it, found again at another size. Within one size a box in a box is another object; and
  // one that is much smaller is another object too: a person far behind a near one.
  if (better.scale === worse.scale || better.label !== worse.label) return false;
  if (isNear(card, better, worse, grainOf)) return true;
  const [small, large] = areaA < areaB ? [areaA, areaB] : [areaB, areaA];
  return common / small > card.merge.containment && small / large >= card.merge.part;
}

/**
 * Are two boxes of different sizes one object, as far as the coarser size can tell? A small thing is a few pixels of its
 * input: its box is off by as many as the card says, and no overlap can be asked for.
 */
function isNear({ merge: { near } }: Card, a: Candidate, b: Candidate, grainOf: GrainOf): boolean {
  const [grainA, grainB] = [grainOf(a.scale), grainOf(b.scale)];
  if (!near || a.label !== b.label || grainA === grainB) return false;
  const off = near.pixels * Math.max(grainA, grainB);
  return [0, 1].every((axis) => {
    const [from, to] = [a.box[axis]! - b.box[axis]!, a.box[axis + 2]! - b.box[axis + 2]!];
    return Math.abs(from + to) / 2 < off && Math.abs(to - from) < 2 * off;
  });
}

const area = (box: Candidate['box']) => (box[2] - box[0]) * (box[3] - box[1]);

function byScore(a: Candidate, b: Candidate): number {
  if (a.score !== b.score) return b.score - a.score;
  if (a.scale !== b.scale) return a.scale - b.scale;
  for (let i = 0; i < 4; i++) if (a.box[i] !== b.box[i]) return a.box[i]! - b.box[i]!;
  return a.label - b.label;
}
