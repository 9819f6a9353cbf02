// agent/camera: which rules watch which zones of a camera, with the zones in the pixels of the frames that really come.

import { inside, type Point } from '../config/polygon.ts';
import type { Camera, Profile, Rule, Zone } from '../config/site.ts';
import { foot } from './geometry.ts';
import type { Box } from './types.ts';

/** One rule over one zone. */
export interface Watch {
  readonly index: number;
  readonly rule: Rule;
  readonly zone: Zone;
  readonly polygon: readonly Point[];
}

/** Every pair of a rule and a zone that it watches, in the order of the site and the profile. */
export function watchesOf(camera: Camera, profile: Profile, size: { width: number; height: number }): Watch[] {
  const [sx, sy] = [size.width / camera.picture[0], size.height / camera.picture[1]];
  const pairs = profile.rules.flatMap((rule) =>
    camera.zones.filter((zone) => rule.zones.includes(zone.kind)).map((zone) => ({ rule, zone })),
  );
  return pairs.map(({ rule, zone }, index) => {
    const polygon = zone.polygon.map(([x, y]): Point => [x * sx, y * sy]);
    return { index, rule, zone, polygon };
  });
}

/** Does an object stand in the zone: does the middle of its box's lower edge lie in it? */
export function standsIn(watch: Watch, box: Box): boolean {
  return inside(watch.polygon, foot(box));
}
