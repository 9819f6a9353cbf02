// models: makes one find of many candidates. In: candidates of one or several input sizes. Out: finds, best first.
// The result is the same for a lower threshold, cut: greedy from the best score down. Ties go by size, box and label.
import type { Card } from './card.ts';
import type { Candidate } from './head.ts';
import type { Detection } from './types.ts';

/** Classes that count as one object share a group number. */
function groupsOf(card: Card): number[] {
  const groups = card.labels.map((_, i) => i);
  for (const names of card.merge.groups) {
    const first = card.labels.indexOf(names[0]!);
    for (const name of names) groups[card.labels.indexOf(name)] = first;
  }
  return groups;
}

/** Non-maximum suppression per class or group, and parts of an object seen at another size. */
export function mergeCandidates(card: Card, candidates: readonly Candidate[]): Detection[] {
  const groups = groupsOf(card);
  const kept: Candidate[] = [];
  for (const candidate of candidates.toSorted(byScore)) {
    if (kept.length >= card.merge.objects) break;
    if (!kept.some((better) => same(card, groups, better, candidate))) kept.push(candidate);
  }
  return kept.map(({ label, score, box: [x0, y0, x1, y1] }) => ({
    class: card.labels[label - 1]!,
    score,
    box: [x0, y0, x1 - x0, y1 - y0],
  }));
}

function same(card: Card, groups: readonly number[], better: Candidate, worse: Candidate): boolean {
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
  const [small, large] = areaA < areaB ? [areaA, areaB] : [areaB, areaA];
  return common / small > card.merge.containment && small / large >= card.merge.part;
}

const area = (box: Candidate['box']) => (box[2] - box[0]) * (box[3] - box[1]);

function byScore(a: Candidate, b: Candidate): number {
  if (a.score !== b.score) return b.score - a.score;
  if (a.scale !== b.scale) return a.scale - b.scale;
  for (let i = 0; i < 4; i++) if (a.box[i] !== b.box[i]) return a.box[i]! - b.box[i]!;
  return a.label - b.label;
}
