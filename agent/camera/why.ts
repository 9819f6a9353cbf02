// agent/camera: why a track is, or is not, an event: of all rules over all zones the one that came nearest. Pure.
import type { Stay } from './stays.ts';
import { limitOf } from './stays.ts';
import type { Followed } from './track.ts';
import type { Why } from './types.ts';
import { standsIn, type Watch } from './zones.ts';

/** @param stayOf the stay of this track under this watch, if there is one */
export function whyOf(
  track: Followed,
  watches: readonly Watch[],
  isOpen: (watch: Watch) => boolean,
  stayOf: (watch: Watch) => Stay | undefined,
): Why {
  let best: Why | null = null;
  for (const watch of watches) {
    const why = under(track, watch, isOpen(watch), stayOf(watch));
    if (!best || rank(why) > rank(best)) best = why;
  }
  const { id, class: name, score } = track;
  const nothing = { zone: null, rule: null, dwell_s: 0, limit_s: 0, reason: 'class' } as const;
  return best ?? { track: id, class: name, score, ...nothing };
}

function under(track: Followed, watch: Watch, open: boolean, stay: Stay | undefined): Why {
  const { id, class: name, score } = track;
  const about = { track: id, class: name, score };
  const here = standsIn(watch, track.box) || (stay !== undefined && stay.last === track.last);
  const zone = here ? watch.zone.id : null;
  if (!watch.rule.classes.includes(name)) {
    return { ...about, zone, rule: null, dwell_s: 0, limit_s: 0, reason: 'class' };
  }
  const rule = watch.rule.id;
  const limit_s = limitOf(watch.rule, name);
  if (!stay) {
    const reason = here ? (open ? (watch.rule.kind === 'dwell' ? 'score' : 'group') : 'hours') : 'outside';
    return { ...about, zone, rule, dwell_s: 0, limit_s, reason };
  }
  const dwell_s = (stay.last - stay.entry) / 1000;
  const late = dwell_s > limit_s;
  const reason = stay.reported ? 'reported' : late ? 'score' : 'timing';
  return { ...about, zone: watch.zone.id, rule, dwell_s, limit_s, reason };
}

const RANKS: readonly Why['reason'][] = ['class', 'outside', 'hours', 'group', 'score', 'timing', 'reported'];

/** Later reasons come nearer to an event; of equal ones the longer stay. */
function rank(why: Why): number {
  return RANKS.indexOf(why.reason) + Math.min(0.9, why.dwell_s / 1e6) + (why.zone === null ? 0 : 0.05);
}
