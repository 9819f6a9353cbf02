// agent/camera: one gathering: bicycles in a heap, a crowd, a stall with someone beside it. In: who belongs to it, its
// rule. Out: how long it has lasted, whether it is a matter, what is said of it on the page and when it ended. Pure.
import type { CountRule, Rule, StallRule } from '../config/rules.ts';
import type { NearMiss } from './near-misses.ts';
import type { Followed } from './track.ts';
import type { Box, GroupWhy } from './types.ts';
import type { Watch } from './zones.ts';

export type GroupRule = CountRule | StallRule;
export type GroupWatch = Watch & { readonly rule: GroupRule };

/** Whether a rule is about several objects at once. */
export function isGroupRule(rule: Rule): rule is GroupRule {
  return rule.kind === 'count' || rule.kind === 'stall';
}

/** One gathering in one zone under one rule. */
export interface Group {
  readonly number: number;
  watch: GroupWatch;
  /** the lowest track id among those that began it: what its event is named by */
  readonly lead: number;
  readonly entry: number;
  readonly firstBox: Box;
  box: Box;
  members: readonly Followed[];
  /** when it was there last, hidden members counted */
  last: number;
  /** when at least half of those that it needs were found: it has lasted until then, for sure */
  seen: number;
  scores: number;
  looks: number;
  attended: number;
  /** members at its largest */
  most: number;
  reported: boolean;
}

/** The class that most of its members have; of two the first in the rule's order. */
export function classOf({ members, watch }: Group): string {
  return mostOf(watch, members);
}

/** The class that most of these have; of two the first in the rule's order. */
export function mostOf(watch: GroupWatch, members: readonly Followed[]): string {
  const count = (name: string) => members.filter((track) => track.class === name).length;
  return watch.rule.classes.reduce((best, name) => (count(name) > count(best) ? name : best));
}

/** What is said of a gathering that ended too soon. @param over its rule's hours are over */
export function missOf(group: Group, over: boolean): NearMiss {
  const { watch, entry: at, last: until, scores, looks, most, box } = group;
  const { rule, zone } = watch;
  return {
    kind: 'group',
    zone: zone.id,
    rule: rule.id,
    class: classOf(group),
    at,
    until,
    dwell_s: dwellOf(group),
    limit_s: rule.dwell_s.value,
    score: scores / looks,
    min_score: rule.min_score,
    count: most,
    needed: neededOf(rule),
    box,
    reason: over ? 'hours' : isLonely(group) ? 'unattended' : 'left',
  };
}

const dwellOf = ({ entry, seen }: Group) => (seen - entry) / 1000;

const isLong = (group: Group) => dwellOf(group) > group.watch.rule.dwell_s.value;

/** Is it to be reported now? */
export function isMatter(group: Group): boolean {
  return !group.reported && isLong(group) && !isLonely(group);
}

/** How many make a matter. */
export const neededOf = (rule: GroupRule) => (rule.kind === 'count' ? rule.min_count.value : 1);

/** Was nobody beside the goods often enough? */
const isLonely = ({ watch: { rule }, attended, looks }: Group) =>
  rule.kind === 'stall' && attended < rule.attended * looks;

/** How it is told. */
export function whyOf(group: Group): GroupWhy {
  const { watch, members, box, reported } = group;
  const { rule, zone } = watch;
  return {
    rule: rule.id,
    zone: zone.id,
    box,
    count: members.length,
    needed: neededOf(rule),
    dwell_s: dwellOf(group),
    limit_s: rule.dwell_s.value,
    reason: reported ? 'reported' : isLong(group) && isLonely(group) ? 'unattended' : 'timing',
  };
}
