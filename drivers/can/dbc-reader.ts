// drivers/can: a DBC file as a whole. In: its bytes. Out: messages with their signals, and every fault with file, line and
// what. Never: an exception but the one that says that nothing in the file is usable.
import { readFile, stat } from 'node:fs/promises';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { bytesNeeded } from './bit-field.ts';
import { type About, DbcFaults, type RawDbc, type RawMessage, type RawSignal } from './dbc-entries.ts';
import { parseDbc } from './dbc-parser.ts';
import type { Dbc, DbcMessage, DbcMultiplex, DbcSignal } from './dbc-types.ts';

/** the largest real ones have a few MB */
const BYTES_LIMIT = 64 * 1024 * 1024;
/** the longest a message can be: J1939's transport protocol */
const MESSAGE_BYTES_LIMIT = 1785;
/** VFrameFormat's number for J1939 where the file does not list its labels */
const J1939_FORMAT = 3;

/** A file's text: UTF-8 where it is valid UTF-8, else Windows-1252 (of which Latin-1's letters are a part). */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/**
 * Reads the bytes of a DBC file.
 * @param file its name, for faults
 * @throws KerbError DBC_UNUSABLE where no message could be read, and not because there is none
 */
export function readDbc(bytes: Uint8Array, file: string): Dbc {
  const faults = new DbcFaults(file);
  const raw = parseDbc(decodeText(bytes), faults);
  const messages = connect(raw, faults);
  // a file without messages and without a fault is no error: it has nothing to say
  if (messages.length === 0 && (raw.entries === 0 || faults.count > 0)) {
    const first = faults.list[0];
    const what = first ? `line ${first.line}: ${first.what}` : 'it has no entry of a DBC file';
    throw new KerbError('DBC_UNUSABLE', `nothing in it is usable (${what})`, file, 'give a DBC file with messages');
  }
  return { file, messages, valueTables: raw.valueTables, faults: faults.list, faultCount: faults.count };
}

/**
 * Reads a DBC file from disk.
 * @throws KerbError DBC_UNREADABLE, DBC_UNUSABLE
 */
export async function readDbcFile(path: string): Promise<Dbc> {
  let bytes: Uint8Array;
  try {
    if ((await stat(path)).size > BYTES_LIMIT) throw new Error(`larger than ${BYTES_LIMIT} bytes`);
    bytes = await readFile(path);
  } catch (error) {
    throw new KerbError('DBC_UNREADABLE', oneLine(error), path, 'give a DBC file that can be read', { cause: error });
  }
  return readDbc(bytes, path);
}

interface Draft {
  readonly raw: RawMessage;
  readonly signals: Map<string, SignalDraft[]>;
  name: string;
  j1939: boolean | undefined;
}

interface SignalDraft {
  readonly raw: RawSignal;
  name: string;
  float: boolean;
  texts: Map<number, string> | undefined;
  multiplex: { by: string; ranges: [number, number][] } | undefined;
  dropped: boolean;
}

/** Puts the entries together: what is said about a message or signal may stand anywhere in the file. */
function connect(raw: RawDbc, faults: DbcFaults): DbcMessage[] {
  const drafts = new Map<number, Draft>();
  for (const message of raw.messages) addMessage(drafts, message, faults);

  const about = <T>(
    entries: About<T>[],
    kind: string,
    apply: (signal: SignalDraft, value: T, line: number) => void,
  ) => {
    for (const { line, message, signal, value } of entries) {
      const found = drafts.get(message)?.signals.get(signal);
      if (found === undefined)
        faults.add(line, `${kind} of signal ${signal} of message ${message}, which is not there`);
      else for (const one of found) apply(one, value, line);
    }
  };
  about(raw.texts, 'values', (signal, value) => {
    signal.texts = value;
  });
  about(raw.longSignals, 'long name', (signal, value) => {
    signal.name = value;
  });
  about(raw.floats, 'value type', (signal, value, line) => {
    if (value === 0) return;
    if (signal.raw.length === 16 || signal.raw.length === 32 || signal.raw.length === 64) signal.float = true;
    else {
      signal.dropped = true;
      faults.add(line, `signal ${signal.raw.name}: a float of ${signal.raw.length} bits`);
    }
  });
  about(raw.multiplexes, 'multiplexor values', (signal, value, line) => {
    if (signal.multiplex === undefined) signal.multiplex = { by: value.by, ranges: [...value.ranges] };
    else if (signal.multiplex.by === value.by) signal.multiplex.ranges.push(...value.ranges);
    else faults.add(line, `signal ${signal.raw.name} has two multiplexors; ${signal.multiplex.by} is used`);
  });
  for (const { line, message, value } of raw.longMessages) {
    const draft = drafts.get(message);
    if (draft === undefined) faults.add(line, `long name of message ${message}, which is not there`);
    else draft.name = value;
  }
  const isJ1939 = (value: string | number): boolean =>
    typeof value === 'number'
      ? (raw.formatLabels[value]?.startsWith('J1939') ?? value === J1939_FORMAT)
      : value.startsWith('J1939');
  if (raw.formatDefault !== undefined && isJ1939(raw.formatDefault)) {
    for (const draft of drafts.values()) draft.j1939 = true;
  }
  for (const { line, message, value } of raw.formats) {
    const draft = drafts.get(message);
    if (draft === undefined) faults.add(line, `VFrameFormat of message ${message}, which is not there`);
    else draft.j1939 = isJ1939(value);
  }
  return [...drafts.values()].map((draft) => finish(draft, faults));
}

function addMessage(drafts: Map<number, Draft>, raw: RawMessage, faults: DbcFaults): void {
  if (drafts.has(raw.id)) {
    faults.add(raw.line, `message ${raw.name}: the identifier ${raw.id} is taken by ${drafts.get(raw.id)!.name}`);
    return;
  }
  const draft: Draft = { raw, signals: new Map(), name: raw.name, j1939: undefined };
  drafts.set(raw.id, draft);
  for (const signal of raw.signals) {
    const fault = signalFault(signal, draft);
    if (fault !== null) {
      faults.add(signal.line, `signal ${signal.name}: ${fault}`);
      continue;
    }
    const needed = bytesNeeded({ ...signal, float: false });
    if (needed > raw.size) {
      // kept: a longer frame carries it, in a shorter one it is null
      faults.add(signal.line, `signal ${signal.name} needs ${needed} bytes, message ${raw.name} has ${raw.size}; kept`);
    }
    const one: SignalDraft = {
      raw: signal,
      name: signal.name,
      float: false,
      texts: undefined,
      multiplex: undefined,
      dropped: false,
    };
    const same = draft.signals.get(signal.name);
    if (same) same.push(one);
    else draft.signals.set(signal.name, [one]);
  }
}

function signalFault(signal: RawSignal, draft: Draft): string | null {
  if (signal.length < 1 || signal.length > 64) return `${signal.length} bits; 1 to 64 are possible`;
  if (signal.start >= MESSAGE_BYTES_LIMIT * 8) return `start bit ${signal.start} lies outside of any message`;
  if (bytesNeeded({ ...signal, float: false }) > MESSAGE_BYTES_LIMIT) return 'it lies outside of any message';
  if (signal.name === '__proto__') return 'the name cannot be used';
  const same = draft.signals.get(signal.name);
  // two of one name are told apart only where never both are in a frame
  const clash = same?.some(
    (other) =>
      !/^m\d+$/.test(signal.multiplex) ||
      !/^m\d+$/.test(other.raw.multiplex) ||
      other.raw.multiplex === signal.multiplex,
  );
  return clash ? `the name is taken in message ${draft.name}` : null;
}

function finish(draft: Draft, faults: DbcFaults): DbcMessage {
  const kept = [...draft.signals.values()].flat().filter((signal) => !signal.dropped);
  const multiplexes = resolveMultiplex(draft, kept, faults);
  const { raw } = draft;
  const extended = raw.id >= 0x80000000;
  return {
    id: extended ? raw.id - 0x80000000 : raw.id,
    extended,
    name: draft.name,
    size: raw.size,
    sender: raw.sender,
    ...(draft.j1939 === undefined ? {} : { j1939: draft.j1939 && extended }),
    signals: kept
      .filter((signal) => !signal.dropped)
      .map((signal): DbcSignal => {
        const { line: _line, name: shortName, multiplex: mark, ...rest } = signal.raw;
        const multiplex = multiplexes.get(signal);
        return {
          ...rest,
          name: signal.name,
          shortName,
          float: signal.float,
          isSwitch: mark.endsWith('M'),
          ...(signal.texts ? { texts: signal.texts } : {}),
          ...(multiplex ? { multiplex } : {}),
        };
      }),
  };
}

/** Which switch each multiplexed signal hangs on; one that hangs on nothing, or on itself, is dropped. */
function resolveMultiplex(draft: Draft, signals: SignalDraft[], faults: DbcFaults): Map<SignalDraft, DbcMultiplex> {
  const switches = signals.filter((signal) => signal.raw.multiplex.endsWith('M'));
  const byName = new Map(switches.map((signal) => [signal.raw.name, signal]));
  const root = switches.find((signal) => signal.raw.multiplex === 'M');
  const result = new Map<SignalDraft, DbcMultiplex>();
  for (const signal of signals) {
    const mark = signal.raw.multiplex;
    const said = signal.multiplex;
    if (said !== undefined && byName.has(said.by) && said.by !== signal.raw.name) result.set(signal, said);
    else if (/^m\d/.test(mark)) {
      const by = root ?? (switches.length === 1 ? switches[0] : undefined);
      const value = Number.parseInt(mark.slice(1), 10);
      if (by !== undefined && by !== signal) result.set(signal, { by: by.raw.name, ranges: [[value, value]] });
      else drop(signal, `message ${draft.name} has no multiplexor for it`);
    } else if (said !== undefined) drop(signal, `its multiplexor ${said.by} is not there`);
  }
  for (const signal of result.keys()) {
    let up: SignalDraft | undefined = signal;
    for (let depth = 0; up !== undefined; depth++) {
      if (depth > switches.length || up.dropped) {
        drop(signal, 'its multiplexors go round in a circle or are not there');
        break;
      }
      const by: string | undefined = result.get(up)?.by;
      up = by === undefined ? undefined : byName.get(by);
    }
  }
  return result;

  function drop(signal: SignalDraft, why: string): void {
    if (!signal.dropped) faults.add(signal.raw.line, `signal ${signal.raw.name}: ${why}`);
    signal.dropped = true;
  }
}
