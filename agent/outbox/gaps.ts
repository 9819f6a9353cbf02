// agent/outbox: the list of what is gone for good. Ranges never overlap; what is noted twice counts once. Pure.
import type { Gap, GapReason } from './types.ts';

/** Most gaps kept apart; beyond it the oldest are rolled into one. */
const MOST = 256;

/** The list with `first` to `last` noted as gone; the same list where all of it was noted before. */
export function addGap(gaps: readonly Gap[], first: number, last: number, reason: GapReason, at: number): Gap[] {
  const list = [...gaps];
  for (const [from, to] of uncovered(gaps, first, last)) {
    const before = list.find((gap) => gap.last === from - 1 && gap.reason === reason);
    if (before) {
      list[list.indexOf(before)] = { ...before, last: to, count: before.count + to - from + 1, at };
    } else {
      list.push({ first: from, last: to, count: to - from + 1, reason, at });
    }
  }
  list.sort((a, b) => a.first - b.first);
  return bounded(list);
}

/** The parts of a range that no gap covers. */
export function uncovered(gaps: readonly Gap[], first: number, last: number): [number, number][] {
  const parts: [number, number][] = [];
  let from = first;
  for (const gap of gaps) {
    if (gap.last < from) continue;
    if (gap.first > last) break;
    if (gap.first > from) parts.push([from, gap.first - 1]);
    from = gap.last + 1;
  }
  if (from <= last) parts.push([from, last]);
  return parts;
}

/** How many records between `first` and `last` are noted as gone. */
export function goneBetween(gaps: readonly Gap[], first: number, last: number): number {
  let gone = 0;
  for (const gap of gaps) {
    if (gap.reason === 'several') {
      if (gap.first >= first && gap.last <= last) gone += gap.count;
      continue;
    }
    gone += Math.max(0, Math.min(gap.last, last) - Math.max(gap.first, first) + 1);
  }
  return gone;
}

/** How many records are noted as gone, by reason. */
export function goneByReason(gaps: readonly Gap[]): Partial<Record<GapReason, number>> {
  const gone: Partial<Record<GapReason, number>> = {};
  for (const { reason, count } of gaps) gone[reason] = (gone[reason] ?? 0) + count;
  return gone;
}

function bounded(list: Gap[]): Gap[] {
  if (list.length <= MOST) return list;
  const [a, b, ...rest] = list as [Gap, Gap, ...Gap[]];
  return [{ first: a.first, last: b.last, count: a.count + b.count, reason: 'several', at: b.at }, ...rest];
}
