// agent/main/drive: a plausible sky over the made-up city: GPS and BeiDou on circular orbits. In: a time. Out: satellites
// with elevation and azimuth. Orbits are of the right size and tilt; phases are made up. Pure.
import { ORIGIN } from './streets.ts';

export interface Seen {
  readonly system: 'GPS' | 'BeiDou';
  readonly prn: number;
  /** degrees */
  readonly elevation: number;
  readonly azimuth: number;
}

interface Orbit {
  readonly system: 'GPS' | 'BeiDou';
  readonly prn: number;
  /** m from the Earth's centre */
  readonly radius: number;
  /** radians: tilt, node at time 0, place along the orbit at time 0 */
  readonly tilt: number;
  readonly node: number;
  readonly phase: number;
}

const RAD = Math.PI / 180;
/** WGS-84: gravitational parameter, m^3/s^2, and rotation, rad/s */
const MU = 3.986004418e14;
const SPIN = 7.2921151467e-5;
const EARTH = 6_371_000;

const GPS_RADIUS = 26_560_000;
const MEO_RADIUS = 27_906_000;
const SYNC_RADIUS = 42_164_000;

/** BeiDou's geostationary satellites: degrees east */
const GEO: readonly (readonly [prn: number, east: number])[] = [
  [1, 140],
  [2, 80],
  [3, 110.5],
  [4, 160],
  [5, 58.75],
];

const ORBITS: readonly Orbit[] = [
  ...Array.from({ length: 31 }, (_, i): Orbit => {
    const plane = i % 6;
    return orbit('GPS', i + 1, GPS_RADIUS, 55, plane * 60, Math.floor(i / 6) * 68 + plane * 37);
  }),
  ...Array.from({ length: 7 }, (_, i) => orbit('BeiDou', 6 + i, SYNC_RADIUS, 55, 118 + i * 51, 360 - i * 51)),
  ...Array.from({ length: 24 }, (_, i) => {
    const plane = i % 3;
    return orbit('BeiDou', 19 + i, MEO_RADIUS, 55, plane * 120, Math.floor(i / 3) * 45 + plane * 15);
  }),
];

function orbit(system: Orbit['system'], prn: number, radius: number, tilt: number, node: number, phase: number): Orbit {
  return { system, prn, radius, tilt: tilt * RAD, node: node * RAD, phase: phase * RAD };
}

/** Satellites above 5 degrees at this time (epoch ms), GPS first, by number. */
export function skyAt(time: number): Seen[] {
  const t = time / 1000;
  const seen: Seen[] = [];
  for (const { system, prn, radius, tilt, node, phase } of ORBITS) {
    const u = (phase + Math.sqrt(MU / radius ** 3) * t) % (2 * Math.PI);
    const east = (node - SPIN * t) % (2 * Math.PI);
    const x = Math.cos(u);
    const y = Math.sin(u) * Math.cos(tilt);
    const z = Math.sin(u) * Math.sin(tilt);
    const one = look(radius, x * Math.cos(east) - y * Math.sin(east), x * Math.sin(east) + y * Math.cos(east), z);
    if (one.elevation > 5) seen.push({ system, prn, ...one });
  }
  for (const [prn, east] of GEO) {
    const one = look(SYNC_RADIUS, Math.cos(east * RAD), Math.sin(east * RAD), 0);
    if (one.elevation > 5) seen.push({ system: 'BeiDou', prn, ...one });
  }
  return seen.sort((a, b) => (a.system === b.system ? a.prn - b.prn : a.system === 'GPS' ? -1 : 1));
}

/** Elevation and azimuth of a direction from the Earth's centre (unit vector, Earth-fixed) at this radius. */
function look(radius: number, x: number, y: number, z: number): { elevation: number; azimuth: number } {
  const lat = ORIGIN.lat * RAD;
  const lon = ORIGIN.lon * RAD;
  const up = [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)] as const;
  const dx = radius * x - EARTH * up[0];
  const dy = radius * y - EARTH * up[1];
  const dz = radius * z - EARTH * up[2];
  const e = -Math.sin(lon) * dx + Math.cos(lon) * dy;
  const n = -Math.sin(lat) * Math.cos(lon) * dx - Math.sin(lat) * Math.sin(lon) * dy + Math.cos(lat) * dz;
  const u = up[0] * dx + up[1] * dy + up[2] * dz;
  const azimuth = (Math.atan2(e, n) / RAD + 360) % 360;
  return { elevation: Math.atan2(u, Math.hypot(e, n)) / RAD, azimuth };
}
