// drivers/gnss: SiRF binary, which some receivers start in: MID 2 (navigation), MID 4 (satellites), MID 7 and 41 (the
// full week). In: a packet's payload. Out: an epoch's figures. Source: SiRF Binary Protocol Reference Manual 2.4.
import { gpsTime } from './clock.ts';
import { ANY, PER_SYSTEM, SYSTEMS, satelliteKey } from './numbering.ts';
import type { Satellite } from './types.ts';

/** One navigation solution. Units as in an epoch; NaN where there is none. */
export interface SirfFix {
  readonly time: number | null;
  readonly mode: 1 | 2 | 3;
  readonly lat: number;
  readonly lon: number;
  readonly speed: number;
  readonly track: number;
  readonly hdop: number;
  /** metres above the ellipsoid */
  readonly height: number;
}

const A = 6_378_137;
const F = 1 / 298.257223563;
const E2 = F * (2 - F);
const DEG = 180 / Math.PI;

export class Sirf {
  /** weeks that the 10-bit week of MID 2 lacks, as MID 7 or 41 tells; null: not told yet */
  #era: number | null = null;
  /** metres above mean sea level and ellipsoid as MID 41 told them last */
  #separation = NaN;

  /** Reads a payload: a fix (MID 2), satellites (MID 4), or null for all others. */
  read(bytes: Uint8Array, from: number, to: number): SirfFix | Satellite[] | null {
    const length = to - from;
    const view = new DataView(bytes.buffer, bytes.byteOffset + from, length);
    switch (length > 0 ? view.getUint8(0) : -1) {
      case 2:
        return length >= 41 ? this.#navigation(view) : null;
      case 4:
        return length >= 188 ? satellites(view) : null;
      case 7:
        if (length >= 20) this.#week(view.getUint16(1));
        return null;
      case 41:
        if (length >= 88) this.#geodetic(view);
        return null;
      default:
        return null;
    }
  }

  /** height above mean sea level of an ellipsoid height, NaN where MID 41 has not told the difference */
  seaLevel(height: number): number {
    return height - this.#separation;
  }

  #week(week: number): void {
    if (week >= 1024) this.#era = week - (week % 1024);
  }

  #geodetic(view: DataView): void {
    this.#week(view.getUint16(5));
    const height = view.getInt32(31) / 100;
    const sea = view.getInt32(35) / 100;
    if (height !== 0 || sea !== 0) this.#separation = height - sea;
  }

  #navigation(view: DataView): SirfFix {
    const x = view.getInt32(1);
    const y = view.getInt32(5);
    const z = view.getInt32(9);
    const vx = view.getInt16(13) / 8;
    const vy = view.getInt16(15) / 8;
    const vz = view.getInt16(17) / 8;
    const type = view.getUint8(19) & 0x07;
    const week = view.getUint16(22);
    const tow = view.getUint32(24) * 10;
    // 4: four and more satellites, 6: solved by least squares in 3D; 0: none; 7: dead reckoning
    const mode = type === 4 || type === 6 ? 3 : type === 0 || (x === 0 && y === 0 && z === 0) ? 1 : 2;
    const full = week >= 1024 ? week : week + (this.#era ?? 1024);
    const time = week === 0 && tow === 0 ? null : gpsTime(full, tow);
    const hdop = view.getUint8(20) / 5;
    if (mode === 1) return { time, mode, lat: NaN, lon: NaN, speed: NaN, track: NaN, hdop, height: NaN };
    return { time, mode, hdop, ...geodetic(x, y, z, vx, vy, vz) };
  }
}

/**
 * Earth-centred position (m) and velocity (m/s) as latitude, longitude (degrees WGS-84), height (m), speed and track:
 * Bowring 1985, whose error near the ground is far below a micrometre.
 */
function geodetic(x: number, y: number, z: number, vx: number, vy: number, vz: number) {
  const b = A * (1 - F);
  const p = Math.hypot(x, y);
  const theta = Math.atan2(z * A, p * b);
  const lon = Math.atan2(y, x);
  const second = (A * A - b * b) / (b * b);
  const lat = Math.atan2(z + second * b * Math.sin(theta) ** 3, p - E2 * A * Math.cos(theta) ** 3);
  const n = A / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  const height = p / Math.cos(lat) - n;
  const north = -vx * Math.sin(lat) * Math.cos(lon) - vy * Math.sin(lat) * Math.sin(lon) + vz * Math.cos(lat);
  const east = -vx * Math.sin(lon) + vy * Math.cos(lon);
  const track = Math.atan2(east, north) * DEG;
  return {
    lat: lat * DEG,
    lon: lon * DEG,
    height,
    speed: Math.hypot(north, east),
    track: track < 0 ? track + 360 : track,
  };
}

/** MID 4: twelve channels of satellite, azimuth x 2/3, elevation x 2, state, ten C/N0. */
function satellites(view: DataView): Satellite[] {
  const list: Satellite[] = [];
  for (let channel = 0; channel < 12; channel++) {
    const at = 8 + channel * 15;
    const number = view.getUint8(at);
    const azimuth = (view.getUint8(at + 1) * 3) / 2;
    const elevation = view.getUint8(at + 2) / 2;
    const state = view.getUint16(at + 3);
    let sum = 0;
    for (let i = 0; i < 10; i++) sum += view.getUint8(at + 5 + i);
    const key = satelliteKey(number, ANY);
    if (key < 0 || (azimuth === 0 && elevation === 0 && sum === 0)) continue;
    const used = (state & 0x01) !== 0;
    list.push({
      system: SYSTEMS[Math.floor(key / PER_SYSTEM)]!,
      prn: key % PER_SYSTEM,
      elevation,
      azimuth,
      snr: sum / 10,
      used,
    });
  }
  return list;
}
