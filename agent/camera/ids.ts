// agent/camera: names of events. What they are made of comes in; a text shaped like a ULID goes out.
// No chance and no clock: the same recording gives the same names again (law 1).
import { derivedId } from '../../contract/index.ts';

/** What makes an event one of its own. */
export interface EventName {
  readonly device: string;
  readonly site: string;
  readonly camera: string;
  readonly rule: string;
  readonly zone: string;
  /** epoch ms of the object's entry into the zone */
  readonly entry: number;
  readonly track: number;
}

/** The id of an event: its entry time, then everything that makes it one of its own. */
export function eventId({ device, site, camera, rule, zone, entry, track }: EventName): string {
  return derivedId(entry, device, site, camera, rule, zone, entry, track);
}
