// drivers/gnss: which satellite a receiver means. In: the talker, the number, the system id of NMEA 4.10 and later.
// Out: system and number within it, or null for a number no system has. Pure.
//
// Number ranges in use (NMEA 0183 4.11 table 20, receivers' manuals): 1-32 GPS (or the talker's own system), 33-64
// SBAS (120-151 less 87), 65-96 GLONASS, 101-136 Galileo (Quectel), 120-158 SBAS, 193-202 QZSS, 201-264 BeiDou
// (Skytraq, SiRF, Quectel), 301-336 Galileo, 401-464 BeiDou, 501-514 NavIC. 173-182 (IMES) are indoor beacons: dropped.
import type { GnssSystem } from './types.ts';

export const SYSTEMS: readonly GnssSystem[] = ['GPS', 'SBAS', 'GLONASS', 'Galileo', 'BeiDou', 'QZSS', 'NavIC'];
export const GPS = 0;
export const SBAS = 1;
export const GLONASS = 2;
export const GALILEO = 3;
export const BEIDOU = 4;
export const QZSS = 5;
export const NAVIC = 6;
/** a combined sentence: the number or the system id tells */
export const ANY = -1;

/** Satellites are carried as system * 256 + number. */
export const PER_SYSTEM = 256;
/** one more than the highest of them */
export const ALL_KEYS = 7 * PER_SYSTEM;

/** The system that a two-letter talker stands for, ANY for GN, GP (which carries others too) and unknown ones. */
export function talkerSystem(first: number, second: number): number {
  if (first === 66 && second === 68) return BEIDOU; // BD
  if (first === 80 && second === 81) return BEIDOU; // PQ, Quectel's BeiDou
  if (first === 81 && second === 90) return QZSS; // QZ
  if (first !== 71) return ANY; // G
  switch (second) {
    case 65:
      return GALILEO; // GA
    case 66:
      return BEIDOU; // GB
    case 73:
      return NAVIC; // GI
    case 76:
      return GLONASS; // GL
    case 81:
      return QZSS; // GQ
    default:
      return ANY;
  }
}

/** The system of an NMEA 4.10 system id (last field of GSA): 1 GPS, 2 GLONASS, 3 Galileo, 4 BeiDou, 5 QZSS, 6 NavIC. */
export function idSystem(id: number): number {
  switch (id) {
    case 2:
      return GLONASS;
    case 3:
      return GALILEO;
    case 4:
      return BEIDOU;
    case 5:
      return QZSS;
    case 6:
      return NAVIC;
    default:
      return ANY;
  }
}

/** system * 256 + number, or -1 where no system has that number. */
export function satelliteKey(number: number, system: number): number {
  if (number < 1 || number > 600) return -1;
  if (number > 500) return number <= 514 ? key(NAVIC, number - 500) : -1;
  if (number > 400) return number <= 464 ? key(BEIDOU, number - 400) : -1;
  if (number > 300) return number <= 364 ? key(GALILEO, number - 300) : -1;
  switch (system) {
    case GLONASS:
      return number > 96 ? -1 : key(GLONASS, number > 64 ? number - 64 : number);
    case GALILEO:
      return number > 100 && number <= 199 ? key(GALILEO, number - 100) : number <= 99 ? key(GALILEO, number) : -1;
    case BEIDOU:
      if (number > 200) return number <= 264 ? key(BEIDOU, number - 200) : -1;
      if (number > 192) return key(QZSS, number - 192);
      return number <= 99 ? key(BEIDOU, number) : -1;
    case QZSS:
      if (number > 192) return number <= 202 ? key(QZSS, number - 192) : -1;
      return number <= 32 ? key(QZSS, number) : -1;
    case NAVIC:
      return number <= 32 ? key(NAVIC, number) : -1;
    default:
      return byRange(number);
  }
}

function byRange(number: number): number {
  if (number <= 32) return key(GPS, number);
  if (number <= 64) return key(SBAS, number + 87);
  if (number <= 96) return key(GLONASS, number - 64);
  if (number <= 100) return -1;
  if (number < 120) return key(GALILEO, number - 100);
  if (number <= 158) return key(SBAS, number);
  if (number < 193) return -1;
  if (number <= 200) return key(QZSS, number - 192);
  return number <= 264 ? key(BEIDOU, number - 200) : -1;
}

function key(system: number, number: number): number {
  return system * PER_SYSTEM + number;
}
