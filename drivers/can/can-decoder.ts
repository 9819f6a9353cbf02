// drivers/can: frames into messages with named values: by a DBC file, or else by the built-in J1939 table. In: frames of one
// bus. Out: messages, through a callback. Never: both sources of names in one stream, or state that grows without bound.
import { type CompiledMessage, DbcDecoder, type Values } from './dbc-decoder.ts';
import type { Dbc } from './dbc-types.ts';
import { type Fault, faultsOf } from './j1939-faults.ts';
import { identifier, pgnOf, sourceOf } from './j1939-id.ts';
import { PGN_TP_CONTROL, PGN_TP_DATA, TransportReassembler } from './j1939-transport.ts';
import { j1939Group } from './j1939-values.ts';
import type { CanFrame } from './types.ts';

const PGN_DM1 = 65226;
const PGN_DM2 = 65227;
/** a bus has far fewer; a bus of noise shall not fill the memory */
const PGNS_LIMIT = 4096;

/** One decoded message. */
export interface CanMessage {
  /** epoch ms of its frame, of the last one where it came in several */
  readonly time: number;
  /** of the frame; of a message in several frames the identifier it would have had in one */
  readonly id: number;
  /** of extended identifiers, unless the DBC says that this one is not J1939 */
  readonly pgn?: number;
  readonly source?: number;
  readonly name: string;
  readonly signals: Values;
  /** of DM1 and DM2; empty where the message says that there are none */
  readonly faults?: readonly Fault[];
  /** of groups that carry a text, e.g. the VIN */
  readonly texts?: Readonly<Record<string, string | null>>;
  /** how it came where it came in several frames */
  readonly transport?: 'bam' | 'rts';
  /** all digits of integers that a double cannot hold */
  readonly exact?: ReadonlyMap<string, bigint>;
}

export interface DecoderCounters {
  frames: number;
  messages: number;
  /** frames and assembled messages whose identifier nobody knows */
  unknown: number;
}

export class CanDecoder {
  readonly counters: DecoderCounters = { frames: 0, messages: 0, unknown: 0 };
  readonly transport = new TransportReassembler();
  readonly #pgns = new Set<number>();
  readonly #dbc: DbcDecoder | undefined;
  readonly #emit: (message: CanMessage) => void;

  /** @param dbc names, units and identifiers are this file's alone; without it the built-in J1939 table's */
  constructor(emit: (message: CanMessage) => void, dbc?: Dbc) {
    this.#emit = emit;
    this.#dbc = dbc && new DbcDecoder(dbc);
  }

  /** the PGNs seen so far in extended frames, transport protocol included */
  get pgns(): ReadonlySet<number> {
    return this.#pgns;
  }

  push(frame: CanFrame): void {
    this.counters.frames++;
    const { id, data, time } = frame;
    if (!frame.extended) {
      const found = this.#dbc?.find(id, false);
      if (found === undefined) this.counters.unknown++;
      else this.#emitDbc(found, time, id, data, undefined);
      return;
    }
    const pgn = pgnOf(id);
    if (this.#pgns.size < PGNS_LIMIT) this.#pgns.add(pgn);
    const whole = this.transport.push(frame);
    if (pgn !== PGN_TP_CONTROL && pgn !== PGN_TP_DATA) {
      this.#message(time, id, pgn, data, undefined);
      return;
    }
    // a DBC may describe the transport's own frames, too
    const own = this.#dbc?.find(id, true);
    if (own !== undefined) this.#emitDbc(own, time, id, data, pgn);
    if (whole === null) return;
    const wholeId = identifier(whole.priority, whole.pgn, whole.source, whole.destination);
    this.#message(whole.time, wholeId, whole.pgn, whole.data, whole.kind);
  }

  #message(time: number, id: number, pgn: number, data: Uint8Array, transport: 'bam' | 'rts' | undefined): void {
    if (this.#dbc !== undefined) {
      const found = this.#dbc.find(id, true);
      if (found === undefined) this.counters.unknown++;
      else this.#emitDbc(found, time, id, data, pgn, transport);
      return;
    }
    const known = j1939Group(pgn);
    if (known === undefined) {
      this.counters.unknown++;
      return;
    }
    this.counters.messages++;
    const { group } = known;
    this.#emit({
      time,
      id,
      pgn,
      source: sourceOf(id),
      name: group.name,
      signals: known.decode(data),
      ...(group.faults ? { faults: faultsOf(data) } : undefined),
      ...(group.text ? { texts: { [group.text.name]: known.text(data) } } : undefined),
      ...(transport ? { transport } : undefined),
    });
  }

  #emitDbc(
    found: CompiledMessage,
    time: number,
    id: number,
    data: Uint8Array,
    pgn: number | undefined,
    transport?: 'bam' | 'rts',
  ): void {
    this.counters.messages++;
    const { message } = found;
    const j1939 = pgn !== undefined && message.j1939 !== false;
    this.#emit({
      time,
      id,
      ...(j1939 ? { pgn, source: sourceOf(id) } : undefined),
      name: message.name,
      signals: found.decode(data),
      ...(j1939 && (pgn === PGN_DM1 || pgn === PGN_DM2) ? { faults: faultsOf(data) } : undefined),
      ...(transport ? { transport } : undefined),
      ...(found.wide ? { exact: found.exact(data) } : undefined),
    });
  }
}
