// agent/camera: how long one object is in one zone under one rule. Types, and the limit that holds for it.
import type { Rule } from '../config/rules.ts';
import type { Box } from './types.ts';
import type { Watch } from './zones.ts';

/** One object in one zone under one rule, from when it was first seen there. */
export interface Stay {
  readonly number: number;
  watch: Watch;
  readonly track: number;
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
