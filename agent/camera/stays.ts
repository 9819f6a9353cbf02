// agent/camera: how long one object is in one zone under one rule. Types, and the limit that holds for it.
import type { Rule } from '../config/rules.ts';
import type { NearMiss } from './near-misses.ts';
import type { Box } from './types.ts';
import type { Watch } from './zones.ts';

/** One object in one zone under one rule, from when it was first seen there. */
export interface Stay {
  readonly number: number;
  watch: Watch;
  readonly track: number;
  /** what it was last taken for */
  class: string;
  readonly entry: number;
  readonly firstBox: Box;
  last: number;
  /** last known to be there, though it may not have been found */
  present: number;
  scores: number;
  finds: number;
  reported: boolean;
}

/** A stay that another life of the judge goes on with. */
export interface StayMemory extends Omit<Stay, 'number' | 'watch'> {
  readonly rule: string;
  readonly zone: string;
}

/** Seconds that the rule allows an object of this class. */
export function limitOf(rule: Rule, name: string): number {
  const of = rule.kind === 'dwell' ? rule.dwell_s_of : undefined;
  return of !== undefined && Object.hasOwn(of, name) ? of[name]! : rule.dwell_s.value;
}

/** What is said of a stay that ended before it was an event. @param over its rule's hours are over */
export function missOf(stay: Stay, over: boolean): NearMiss {
  const { rule, zone } = stay.watch;
  const dwell_s = (stay.last - stay.entry) / 1000;
  const limit_s = limitOf(rule, stay.class);
  return {
    kind: 'object',
    zone: zone.id,
    rule: rule.id,
    class: stay.class,
    at: stay.entry,
    until: stay.last,
    dwell_s,
    limit_s,
    score: stay.scores / Math.max(1, stay.finds),
    min_score: rule.min_score,
    box: stay.firstBox,
    reason: over ? 'hours' : dwell_s > limit_s ? 'score' : 'left',
  };
}
