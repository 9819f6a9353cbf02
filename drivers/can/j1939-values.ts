// drivers/can: the values of a parameter group of the built-in table. In: its bytes. Out: values in SI units by name.
// Never: a number for "error", "not available", a reserved code, or for bytes that the frame does not have: those are null.
import { extractor } from './bit-field.ts';
import type { Values } from './dbc-decoder.ts';
import { J1939_GROUPS, type J1939Group, type J1939Signal } from './j1939-table.ts';
import { largestRaw, unitOf } from './j1939-units.ts';
import { scaleOf } from './scale.ts';

interface Compiled {
  readonly name: string;
  readonly needed: number;
  readonly largest: number;
  read(data: Uint8Array): number;
}

function compile(signal: J1939Signal): Compiled {
  const start = (signal.byte - 1) * 8 + signal.bit - 1;
  const raw = extractor({ start, length: signal.bits, motorola: false, signed: false, float: false });
  return {
    name: signal.name,
    needed: ((start + signal.bits - 1) >> 3) + 1,
    largest: signal.largest ?? largestRaw(signal.bits),
    read: raw,
  };
}

/** A group of the table, ready to decode. */
export class J1939Decoding {
  readonly group: J1939Group;
  readonly #signals: readonly (Compiled & { readonly value: (raw: number) => number })[];

  constructor(group: J1939Group) {
    this.group = group;
    this.#signals = group.signals.map((signal) => {
      const wire = scaleOf(signal.scale, signal.offset, 2 ** signal.bits);
      const unit = unitOf(signal.unit);
      const times = wire.times * unit.times;
      const plus = wire.plus * unit.times;
      const by = wire.by * unit.by;
      return { ...compile(signal), value: (raw) => (raw * times + plus) / by };
    });
  }

  decode(data: Uint8Array): Values {
    const values: Values = {};
    const signals = this.#signals;
    for (let i = 0; i < signals.length; i++) {
      const signal = signals[i]!;
      if (data.length < signal.needed) {
        values[signal.name] = null;
        continue;
      }
      const raw = signal.read(data);
      values[signal.name] = raw > signal.largest ? null : signal.value(raw);
    }
    return values;
  }

  /** The group's text up to its end sign, printable ASCII only; null where there is none or it is "not available". */
  text(data: Uint8Array): string | null {
    if (this.group.text === undefined) return null;
    let text = '';
    for (const code of data) {
      if (code === 0x2a || code === 0) break;
      if (code >= 0x20 && code < 0x7f) text += String.fromCharCode(code);
    }
    return text.trim() === '' ? null : text.trim();
  }
}

const byPgn = new Map(J1939_GROUPS.map((group) => [group.pgn, new J1939Decoding(group)]));

/** The built-in group of a PGN. */
export function j1939Group(pgn: number): J1939Decoding | undefined {
  return byPgn.get(pgn);
}
