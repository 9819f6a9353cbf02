// drivers/can: frames into the values that a DBC file describes. In: the file's messages, then frames. Out: values by the
// file's own names in its own units. Never: a value clamped, or nulled for its range; null says that the frame is too short
// to hold the signal. A multiplexed signal that the frame does not carry is left out.
import { bytesNeeded, type Extract, exactField, extractor } from './bit-field.ts';
import type { Dbc, DbcMessage, DbcSignal } from './dbc-types.ts';
import { pgnOf } from './j1939-id.ts';
import { scaleOf } from './scale.ts';

/** By signal name: the value in the file's unit, or null where the frame is too short to hold it. */
export type Values = Record<string, number | null>;

/** how many identifiers that were found by PGN, or not at all, are remembered */
const REMEMBERED = 4096;
/** how many switch values are remembered per switch */
const CASES_REMEMBERED = 1024;

interface CompiledSignal {
  readonly name: string;
  readonly needed: number;
  readonly extract: Extract;
  /** value = (raw x times + plus) / by */
  readonly times: number;
  readonly plus: number;
  readonly by: number;
  /** all digits, for an integer of more than 53 bits that is scaled by integers */
  readonly exact: ((data: Uint8Array) => bigint) | undefined;
}

/** One multiplexor, and what hangs on it. */
interface Switch {
  readonly needed: number;
  /** its raw value, unsigned: that is what a file's multiplexor values count */
  readonly extract: Extract;
  readonly cases: readonly { readonly ranges: readonly (readonly [number, number])[]; readonly branch: Branch }[];
  /** by raw value, as met */
  readonly met: Map<number, readonly Branch[]>;
}

interface Branch {
  readonly signals: readonly CompiledSignal[];
  readonly switches: readonly Switch[];
}

function compileSignal(signal: DbcSignal): CompiledSignal {
  const { name, factor, offset } = signal;
  const wide = signal.length > 53 && !signal.float && Number.isInteger(factor) && Number.isInteger(offset);
  const digits = wide ? exactField(signal) : undefined;
  const bigFactor = wide ? BigInt(factor) : 0n;
  const bigOffset = wide ? BigInt(offset) : 0n;
  return {
    name,
    needed: bytesNeeded(signal),
    extract: extractor(signal),
    ...(signal.float ? { times: factor, plus: offset, by: 1 } : scaleOf(factor, offset, 2 ** signal.length)),
    exact: digits && ((data) => digits(data) * bigFactor + bigOffset),
  };
}

function compileBranch(signals: readonly DbcSignal[], all: readonly DbcSignal[]): Branch {
  return {
    signals: signals.map(compileSignal),
    switches: signals
      .filter((signal) => signal.isSwitch && all.some((other) => other.multiplex?.by === signal.shortName))
      .map((signal) => compileSwitch(signal, all)),
  };
}

function compileSwitch(signal: DbcSignal, all: readonly DbcSignal[]): Switch {
  const groups = new Map<string, DbcSignal[]>();
  for (const other of all) {
    if (other.multiplex?.by !== signal.shortName) continue;
    const key = JSON.stringify(other.multiplex.ranges);
    const group = groups.get(key);
    if (group) group.push(other);
    else groups.set(key, [other]);
  }
  return {
    needed: bytesNeeded(signal),
    extract: extractor({ ...signal, signed: false, float: false }),
    cases: [...groups.values()].map((group) => ({
      ranges: group[0]!.multiplex!.ranges,
      branch: compileBranch(group, all),
    })),
    met: new Map(),
  };
}

function branchesOf(one: Switch, value: number): readonly Branch[] {
  const met = one.met.get(value);
  if (met !== undefined) return met;
  const found = one.cases
    .filter(({ ranges }) => ranges.some(([from, to]) => value >= from && value <= to))
    .map(({ branch }) => branch);
  if (one.met.size < CASES_REMEMBERED) one.met.set(value, found);
  return found;
}

function fill(branch: Branch, data: Uint8Array, values: Values): void {
  const { length } = data;
  const { signals, switches } = branch;
  for (let i = 0; i < signals.length; i++) {
    const signal = signals[i]!;
    if (length < signal.needed) values[signal.name] = null;
    else values[signal.name] = (signal.extract(data) * signal.times + signal.plus) / signal.by;
  }
  for (let i = 0; i < switches.length; i++) {
    const one = switches[i]!;
    if (length < one.needed) continue;
    const branches = branchesOf(one, one.extract(data));
    for (let j = 0; j < branches.length; j++) fill(branches[j]!, data, values);
  }
}

function fillExact(branch: Branch, data: Uint8Array, exact: Map<string, bigint>): void {
  for (const signal of branch.signals) {
    if (signal.exact !== undefined && data.length >= signal.needed) exact.set(signal.name, signal.exact(data));
  }
  for (const one of branch.switches) {
    if (data.length < one.needed) continue;
    for (const next of branchesOf(one, one.extract(data))) fillExact(next, data, exact);
  }
}

/** One message of a DBC file, ready to decode. */
export class CompiledMessage {
  readonly message: DbcMessage;
  /** whether any signal has more digits than a double */
  readonly wide: boolean;
  readonly #root: Branch;

  constructor(message: DbcMessage) {
    this.message = message;
    this.#root = compileBranch(
      message.signals.filter((signal) => signal.multiplex === undefined),
      message.signals,
    );
    this.wide = message.signals.some((signal) => compileSignal(signal).exact !== undefined);
  }

  /** The values in a frame of any length. */
  decode(data: Uint8Array): Values {
    const values: Values = {};
    fill(this.#root, data, values);
    return values;
  }

  /** All digits of those signals that have more than a double holds; `decode` gives their nearest double. */
  exact(data: Uint8Array): Map<string, bigint> {
    const exact = new Map<string, bigint>();
    fillExact(this.#root, data, exact);
    return exact;
  }
}

/** Finds and decodes the messages of one DBC file. */
export class DbcDecoder {
  readonly #standard = new Map<number, CompiledMessage>();
  readonly #extended = new Map<number, CompiledMessage>();
  readonly #byPgn = new Map<number, CompiledMessage>();
  readonly #met = new Map<number, CompiledMessage | undefined>();

  constructor(dbc: Dbc) {
    for (const message of dbc.messages) {
      const compiled = new CompiledMessage(message);
      if (!message.extended) {
        this.#standard.set(message.id, compiled);
        continue;
      }
      this.#extended.set(message.id, compiled);
      if (message.j1939 === false) continue;
      // of several with one PGN: the one from the null address (254, "any sender"), else the first of the file
      const pgn = pgnOf(message.id);
      const known = this.#byPgn.get(pgn);
      if (known === undefined || ((message.id & 0xff) === 0xfe && (known.message.id & 0xff) !== 0xfe)) {
        this.#byPgn.set(pgn, compiled);
      }
    }
  }

  /**
   * The message of an identifier: the exact one, else (29 bits) the one with the same PGN, whatever priority, source and,
   * for addressed groups, destination are. Messages whose VFrameFormat is not J1939 are found by their exact id only.
   */
  find(id: number, extended: boolean): CompiledMessage | undefined {
    if (!extended) return this.#standard.get(id);
    const exact = this.#extended.get(id);
    if (exact !== undefined) return exact;
    const met = this.#met.get(id);
    if (met !== undefined || this.#met.has(id)) return met;
    const found = this.#byPgn.get(pgnOf(id));
    if (this.#met.size < REMEMBERED) this.#met.set(id, found);
    return found;
  }

  /** The values of a frame, or null where the file does not know its identifier. */
  decode(id: number, extended: boolean, data: Uint8Array): Values | null {
    return this.find(id, extended)?.decode(data) ?? null;
  }
}
