// agent/camera: an event as the contract has it, of a rule over a zone and what was seen under it. Pure.
import type { KerbEvent } from '../../contract/index.ts';
import { rounded } from './geometry.ts';
import { eventId } from './ids.ts';
import type { Box } from './types.ts';
import type { Watch } from './zones.ts';

/** Entered, seen last, what it was, where, how sure. */
export type Seen = Pick<
  KerbEvent,
  'at' | 'until' | 'class' | 'track' | 'certainty' | 'dwell_s' | 'limit_s' | 'count'
> & { readonly box: Box };

/** @param place ids of device, site and camera */
export function eventOf(
  { device, site, camera }: { readonly device: string; readonly site: string; readonly camera: string },
  { rule, zone }: Watch,
  what: Seen,
): KerbEvent {
  return {
    v: 1,
    kind: 'event',
    id: eventId({ device, site, camera, rule: rule.id, zone: zone.id, entry: what.at, track: what.track }),
    device,
    site,
    camera,
    at: what.at,
    until: what.until,
    code: rule.code,
    rule: rule.id,
    zone: zone.id,
    class: what.class,
    track: what.track,
    box: rounded(what.box),
    certainty: Math.round(Math.min(1, what.certainty) * 1e4) / 1e4,
    dwell_s: what.dwell_s,
    limit_s: what.limit_s,
    ...(what.count === undefined ? {} : { count: what.count }),
  };
}
