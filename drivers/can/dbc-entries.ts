// drivers/can: what the entries of a DBC file say, one by one, and the list of faults. In: nothing. Out: types.
// Never: a list of faults without bound.
import type { DbcFault } from './dbc-types.ts';

export interface RawSignal {
  readonly line: number;
  readonly name: string;
  /** `M`, `m3`, `m3M` or '' */
  readonly multiplex: string;
  readonly start: number;
  readonly length: number;
  readonly motorola: boolean;
  readonly signed: boolean;
  readonly factor: number;
  readonly offset: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

export interface RawMessage {
  readonly line: number;
  /** as in the file, with the flag of extended ones */
  readonly id: number;
  readonly name: string;
  readonly size: number;
  readonly sender: string;
  readonly signals: RawSignal[];
}

/** An entry about a message or one of its signals. */
export interface About<T> {
  readonly line: number;
  readonly message: number;
  readonly signal: string;
  readonly value: T;
}

export interface RawMultiplex {
  readonly by: string;
  readonly ranges: [number, number][];
}

export interface RawDbc {
  /** how many entries were understood, whatever they say */
  entries: number;
  readonly messages: RawMessage[];
  readonly valueTables: Map<string, Map<number, string>>;
  readonly texts: About<Map<number, string>>[];
  readonly floats: About<number>[];
  readonly multiplexes: About<RawMultiplex>[];
  readonly longMessages: About<string>[];
  readonly longSignals: About<string>[];
  readonly formats: About<string | number>[];
  /** the labels of VFrameFormat, and its default */
  formatLabels: string[];
  formatDefault: string | number | undefined;
}

/** how many faults are kept with their text; all are counted */
const FAULTS_KEPT = 200;

/** Collects faults, bounded. */
export class DbcFaults {
  readonly list: DbcFault[] = [];
  count = 0;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add(line: number, what: string): void {
    this.count++;
    if (this.list.length < FAULTS_KEPT) this.list.push({ file: this.#file, line, what });
  }
}
