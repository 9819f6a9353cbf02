// drivers/gnss: what a GNSS receiver gives, whatever brand it is. No meaning is known here.

/** Satellite systems, by their own names. SBAS is the augmentation satellites of all regions together. */
export type GnssSystem = 'GPS' | 'SBAS' | 'GLONASS' | 'Galileo' | 'BeiDou' | 'QZSS' | 'NavIC';

/**
 * One satellite in view. `prn` is its number within its own system, as RINEX counts them: GPS 1-32, SBAS 120-158,
 * GLONASS slot 1-32, Galileo 1-36, BeiDou 1-63, QZSS 1-10, NavIC 1-14, whichever range the receiver used.
 */
export interface Satellite {
  readonly system: GnssSystem;
  readonly prn: number;
  /** degrees above the horizon */
  readonly elevation: number | null;
  /** degrees from true north */
  readonly azimuth: number | null;
  /** carrier to noise, dB-Hz; null: not tracked */
  readonly snr: number | null;
  readonly used: boolean;
}

/**
 * Why a fix is not to be believed as it stands.
 * frozen: it claims to move and stays where it is; jump: it moved further than its own speed and any vehicle allow;
 * repeat: its time did not advance; time-back: its time went backwards.
 */
export type FixFlag = 'frozen' | 'jump' | 'repeat' | 'time-back';

/** What a receiver said of one instant. */
export interface Epoch {
  /** epoch ms, UTC; null while the receiver has not told the date */
  readonly time: number | null;
  /** 0 not said, 1 no fix, 2 position only, 3 position and altitude */
  readonly mode: 0 | 1 | 2 | 3;
  /** degrees WGS-84; null without a fix */
  readonly lat: number | null;
  readonly lon: number | null;
  /** metres above mean sea level; null without a 3D fix */
  readonly alt: number | null;
  /** metres per second over ground */
  readonly speed: number | null;
  /** degrees from true north */
  readonly track: number | null;
  readonly hdop: number | null;
  readonly satellites: readonly Satellite[];
  /** when the chunk that completed it arrived (epoch ms of the box); null in a recording without arrival times */
  readonly arrived: number | null;
  readonly flags?: readonly FixFlag[];
  /** the flags in words and figures */
  readonly why?: string;
}

/** A piece of what the receiver sent. `wall` is epoch ms when it arrived, null where a recording does not know. */
export interface GnssChunk {
  readonly bytes: Uint8Array;
  readonly wall: number | null;
}

/** What was read and what was skipped, by kind. They only grow. */
export interface GnssCounters {
  /** whole sentences of a kind that is read, with a right checksum */
  sentences: number;
  /** whole sentences of a kind that is not needed here (proprietary, marine ...) */
  ignored: number;
  epochs: number;
  badChecksum: number;
  /** sentences without a checksum, taken because this receiver never sends one */
  unchecked: number;
  /** sentences without a checksum from a receiver that sends them: dropped as torn */
  missingChecksum: number;
  /** sentences cut off by another one or by binary */
  torn: number;
  overlong: number;
  /** sentences with fewer fields than their kind has */
  short: number;
  /** fields that are no number or out of range: treated as empty */
  badField: number;
  /** whole binary packets with a right checksum, by protocol */
  sirf: number;
  ubx: number;
  rtcm3: number;
  /** bytes that belong to nothing */
  junkBytes: number;
  commentLines: number;
  /** dates that were 1024 weeks back and were put right */
  rollover: number;
  /** sentences of an epoch that was told already */
  late: number;
}

/** All counters at nought. */
export function noCounts(): GnssCounters {
  return {
    sentences: 0,
    ignored: 0,
    epochs: 0,
    badChecksum: 0,
    unchecked: 0,
    missingChecksum: 0,
    torn: 0,
    overlong: 0,
    short: 0,
    badField: 0,
    sirf: 0,
    ubx: 0,
    rtcm3: 0,
    junkBytes: 0,
    commentLines: 0,
    rollover: 0,
    late: 0,
  };
}
