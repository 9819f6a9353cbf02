// agent/cases: an event or a case as one line of NDJSON, as `watch` prints it. Pure.
import type { Case, KerbEvent } from '../../contract/index.ts';

/**
 * @param thing what happened
 * @param pictures names of its picture files; left out where there are none
 * @returns one line without its line break
 */
export function line(thing: KerbEvent | Case, pictures: readonly string[] = []): string {
  const { kind, id, at, until, code, zone, class: what, track, box, certainty } = thing;
  const head = { kind, id, at, until, code, zone, class: what, track, box, certainty };
  const named = pictures.length > 0 ? { pictures } : {};
  const { device, site, camera } = thing;
  if (thing.kind === 'event') {
    const { rule, dwell_s, limit_s } = thing;
    return JSON.stringify({ ...head, ...named, device, site, camera, rule, dwell_s, limit_s });
  }
  const { event, code2013, name, place, rule, state } = thing;
  return JSON.stringify({ ...head, ...named, device, site, camera, event, code2013, name, place, rule, state });
}
