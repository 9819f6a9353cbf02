// agent/camera: gatherings: bicycles in a heap, a crowd, a stall with someone beside it. In: what is followed at one
// moment, the rules over the zones. Out: gatherings that begin and end, what is said of each, and a verdict when one lasts
// longer than its rule allows: once a gathering. Pure: no time but the frame's.
import type { LocalTime } from '../config/hours.ts';
import type { StallRule } from '../config/rules.ts';
import type { Almost } from './almost.ts';
import {
  type Group,
  type GroupRule,
  type GroupWatch,
  isGroupRule,
  isMatter,
  missOf,
  mostOf,
  neededOf,
  whyOf,
} from './gathering.ts';
import { gap, iou, union } from './geometry.ts';
import type { NearMiss } from './near-misses.ts';
import type { Followed } from './track.ts';
import type { Box, GroupWhy } from './types.ts';
import { standsIn, type Watch } from './zones.ts';

export interface GroupLook {
  readonly began: number[];
  readonly ended: number[];
  readonly verdicts: Group[];
  readonly groups: GroupWhy[];
  /** what ended without a verdict */
  readonly misses: NearMiss[];
}

/** Finds after which a thing that stands is known to stand. */
const SETTLED = 3;
/** Overlap from which a gathering without a common member is the same one: its things got other numbers. */
const SAME_PLACE = 0.3;
/** However small things are, the gap between two is never measured in less than this, pixels. */
const LEAST_SIDE = 4;

export class GroupJudge {
  readonly #next: () => number;
  readonly #almost: Almost;
  #groups: Group[] = [];

  /**
   * @param next gives the number of a new gathering; they share a series with stays
   * @param almost is told of those that are too few
   */
  constructor(next: () => number, almost: Almost) {
    this.#next = next;
    this.#almost = almost;
  }

  /** Other zones and rules: what still has both, by their ids, goes on. Gives the numbers of what ended. */
  adopt(watches: readonly Watch[]): number[] {
    const ended: Group[] = [];
    this.#groups = this.#groups.filter((group) => {
      const { zone, rule } = group.watch;
      const watch = watches.find((one) => one.zone.id === zone.id && one.rule.id === rule.id && isGroupRule(one.rule));
      if (watch) group.watch = watch as GroupWatch;
      else ended.push(group);
      return watch !== undefined;
    });
    return unreported(ended);
  }

  forget(): number[] {
    return unreported(this.#groups.splice(0));
  }

  /**
   * One look.
   * @param tracks everything followed, found now or hidden
   * @param absent_ms how long a rule bears that its gathering is not seen
   */
  look(
    time: number,
    tracks: readonly Followed[],
    watches: readonly Watch[],
    hours: LocalTime,
    absent_ms: (absent_s: number) => number,
  ): GroupLook {
    const began: number[] = [];
    const closed: Group[] = [];
    for (const watch of watches) {
      if (!isGroupRule(watch.rule)) continue;
      const group = watch as GroupWatch;
      const mine = this.#groups.filter((one) => one.watch === group);
      if (!hours.open(watch.rule.when, time)) closed.push(...mine);
      else this.#gather(time, tracks, group, mine, absent_ms(watch.rule.absent_s), began);
    }
    const gone = this.#groups.filter(
      (group) => closed.includes(group) || time - group.last > absent_ms(group.watch.rule.absent_s),
    );
    this.#groups = this.#groups.filter((group) => !gone.includes(group));
    const verdicts = this.#groups.filter((group) => group.seen === time && isMatter(group));
    for (const group of verdicts) group.reported = true;
    const ended = [...unreported(gone), ...verdicts.map((group) => group.number)];
    const misses = gone.filter((group) => !group.reported).map((group) => missOf(group, closed.includes(group)));
    return { began, ended, verdicts, groups: this.#groups.map(whyOf), misses };
  }

  /** Finds the gatherings under one rule in one zone, and carries on or begins each. */
  #gather(
    time: number,
    tracks: readonly Followed[],
    watch: GroupWatch,
    mine: readonly Group[],
    absent_ms: number,
    began: number[],
  ): void {
    const { rule } = watch;
    const known = new Set(mine.flatMap((group) => group.members.map(({ id }) => id)));
    const counted = tracks.filter((track) => {
      if (!rule.classes.includes(track.class) || !standsIn(watch, track.box)) return false;
      const seen = track.last === time || (track.standing && time - track.last <= absent_ms);
      return seen && (known.has(track.id) || (track.score >= rule.min_score && isSettled(track, rule)));
    });
    const needed = neededOf(rule);
    const left = new Set(mine);
    for (const members of clusters(counted, reach(rule))) {
      if (members.length < needed) {
        if (mine.length === 0 && members.length >= Math.max(2, needed / 2)) this.#few(time, watch, members);
        continue;
      }
      this.#almost.drop(fewKey(watch));
      const box = union(members.map((track) => track.box));
      const same = bestOf(left, members, box);
      const group = same ?? this.#begin(time, watch, members, box, began);
      left.delete(group);
      group.members = members;
      group.most = Math.max(group.most, members.length);
      group.box = box;
      group.last = time;
      if (members.filter((track) => track.last === time).length >= needed / 2) group.seen = time;
      group.looks += 1;
      group.scores += members.reduce((sum, { score }) => sum + score, 0) / members.length;
      if (rule.kind === 'stall' && isAttended(rule, members, tracks, time)) group.attended += 1;
    }
  }

  /** Too few to begin: remembered as one gathering a zone and rule. */
  #few(time: number, watch: GroupWatch, members: readonly Followed[]): void {
    const score = members.reduce((sum, track) => sum + track.score, 0) / members.length;
    const box = union(members.map((track) => track.box));
    this.#almost.see(fewKey(watch), time, watch, { class: mostOf(watch, members), box, score, count: members.length });
  }

  #begin(time: number, watch: GroupWatch, members: readonly Followed[], box: Box, began: number[]): Group {
    const number = this.#next();
    const lead = Math.min(...members.map(({ id }) => id));
    const tally = { last: time, seen: time, scores: 0, looks: 0, attended: 0, most: members.length, reported: false };
    const group: Group = { number, watch, lead, entry: time, firstBox: box, box, members, ...tally };
    this.#groups.push(group);
    began.push(number);
    return group;
  }
}

const fewKey = (watch: Watch) => `few ${watch.zone.id} ${watch.rule.id}`;

const unreported = (groups: readonly Group[]) => groups.filter((group) => !group.reported).map(({ number }) => number);

function isSettled(track: Followed, rule: GroupRule): boolean {
  if (rule.kind === 'count' && !rule.standing) return true;
  return track.standing && track.finds >= SETTLED;
}

const reach = (rule: GroupRule) => (rule.kind === 'stall' ? rule.near : (rule.near ?? Number.POSITIVE_INFINITY));

/** Boxes of which each is within reach of another one: single linkage. */
function clusters(tracks: readonly Followed[], near: number): Followed[][] {
  const left = new Set(tracks);
  const found: Followed[][] = [];
  for (const first of tracks) {
    if (!left.delete(first)) continue;
    const cluster = [first];
    // The list grows while it is walked: each new member may reach further.
    for (const member of cluster) {
      for (const other of left) {
        if (!isNear(member.box, other.box, near)) continue;
        left.delete(other);
        cluster.push(other);
      }
    }
    found.push(cluster);
  }
  return found;
}

function isNear(a: Box, b: Box, near: number): boolean {
  return gap(a, b) <= near * Math.max(LEAST_SIDE, a[2], a[3], b[2], b[3]);
}

/** Is a person beside the goods now? Far away is not beside, whatever the picture shows: feet are compared too. */
function isAttended({ near }: StallRule, goods: readonly Followed[], tracks: readonly Followed[], time: number) {
  return tracks.some(
    (track) => track.class === 'person' && track.last === time && goods.some((one) => isNear(one.box, track.box, near)),
  );
}

/** The gathering that these members carry on: most members in common, else the same place. */
function bestOf(groups: ReadonlySet<Group>, members: readonly Followed[], box: Box): Group | null {
  const ids = new Set(members.map(({ id }) => id));
  let best: Group | null = null;
  let most = 0;
  for (const group of groups) {
    const common = group.members.filter(({ id }) => ids.has(id)).length;
    const fit = common > 0 ? common + 1 : iou(group.box, box) >= SAME_PLACE ? iou(group.box, box) : 0;
    if (fit > most) [best, most] = [group, fit];
  }
  return best;
}
