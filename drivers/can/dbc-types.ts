// drivers/can: what a DBC file says. In: nothing. Out: types. Never: anything of J1939's own table.
import type { BitField } from './bit-field.ts';

/** Under which value of which switch a multiplexed signal is in the frame. */
export interface DbcMultiplex {
  /** short name of the multiplexor signal */
  readonly by: string;
  /** its raw values, each from..to */
  readonly ranges: readonly (readonly [number, number])[];
}

export interface DbcSignal extends BitField {
  /** the long name where the file has one (SystemSignalLongSymbol), else the name of its SG_ entry */
  readonly name: string;
  readonly shortName: string;
  /** value = raw x factor + offset, in `unit`; never clamped */
  readonly factor: number;
  readonly offset: number;
  /** as the file says; not applied */
  readonly min: number;
  readonly max: number;
  readonly unit: string;
  /** texts of raw values (VAL_) */
  readonly texts?: ReadonlyMap<number, string>;
  readonly multiplex?: DbcMultiplex;
  /** its raw value says which other signals are there */
  readonly isSwitch: boolean;
}

export interface DbcMessage {
  /** 11 or 29 bits, without the flag that marks extended ones in the file */
  readonly id: number;
  readonly extended: boolean;
  readonly name: string;
  /** bytes, as the file says */
  readonly size: number;
  readonly sender: string;
  /** VFrameFormat: true for J1939PG, false where the file says another format for this very message */
  readonly j1939?: boolean;
  readonly signals: readonly DbcSignal[];
}

/** One entry that could not be used, or only in part. */
export interface DbcFault {
  readonly file: string;
  /** counted from 1 */
  readonly line: number;
  readonly what: string;
}

export interface Dbc {
  readonly file: string;
  readonly messages: readonly DbcMessage[];
  /** named value tables (VAL_TABLE_) */
  readonly valueTables: ReadonlyMap<string, ReadonlyMap<number, string>>;
  /** the first of them; `faultCount` says how many there were */
  readonly faults: readonly DbcFault[];
  readonly faultCount: number;
}
