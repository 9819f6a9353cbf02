// agent/uplink: what the way upstream costs, bytes a day and lane, as a mobile operator counts them: with the headers of
// TLS, TCP and IP. Those are a model (below), since no program sees its own packets. In: MQTT bytes. Out: days that can
// be kept. Pure: the day is given. May never happen: a wrong clock makes the list of days grow, or loses today's.
import { LANES, type Lane } from '../../contract/index.ts';

/** What bytes are counted under: a lane (also of its acknowledgements' way), or the session itself. */
export type TrafficKind = Lane | 'link';
export const TRAFFIC_KINDS: readonly TrafficKind[] = [...LANES, 'link'];

/** Bytes of one day, both directions, on the wire. */
export interface TrafficDay {
  /** UTC, 2026-11-28; `unknown` while the clock is */
  readonly day: string;
  readonly bytes: Record<TrafficKind, number>;
}

/** IPv4 20 (RFC 791), TCP 20 (RFC 9293), timestamps 12 (RFC 7323). Over IPv6 it is 20 more. */
export const PACKET_BYTES = 52;
/** Payload of one TCP segment on a mobile link (MTU 1400 to 1500). */
const SEGMENT_BYTES = 1360;
/** TLS 1.3 (RFC 8446, 5.2): header 5, content type 1, tag 16, for each record of at most 16 kB. */
const RECORD_BYTES = 22;
const RECORD_MOST = 16_384;
/** A connection opened and closed: 3 + 4 packets without data. */
export const CONNECTION_BYTES = 7 * PACKET_BYTES;
/** A full TLS 1.3 handshake with a chain of two certificates on either side (measured with OpenSSL: 4 to 5 kB). */
export const HANDSHAKE_BYTES = 5_000;
/** Days that are kept. */
const MOST_DAYS = 62;

/** Bytes on the wire, both directions, of one MQTT packet: its segments, and TCP's confirmation of every second one. */
export function wireBytes(mqttBytes: number, tls: boolean): number {
  const bytes = mqttBytes + (tls ? Math.ceil(mqttBytes / RECORD_MOST) * RECORD_BYTES : 0);
  const segments = Math.ceil(bytes / SEGMENT_BYTES);
  return bytes + (segments + Math.ceil(segments / 2)) * PACKET_BYTES;
}

/** Bytes that a new connection costs before its first MQTT packet, and at its end. */
export function connectionBytes(tls: boolean): number {
  return CONNECTION_BYTES + (tls ? wireBytes(HANDSHAKE_BYTES, false) : 0);
}

export class Traffic {
  readonly #days: TrafficDay[] = [];

  /** @param known days as `days` gave them earlier; what is none is left out */
  constructor(known: readonly TrafficDay[] = []) {
    for (const { day, bytes } of known.slice(-MOST_DAYS)) this.#days.push({ day, bytes: { ...none(), ...bytes } });
  }

  /** @param bytes on the wire */
  count(day: string, kind: TrafficKind, bytes: number): void {
    this.#row(day).bytes[kind] += bytes;
  }

  /** Oldest first, by when each was counted first: the clock may have been wrong in between. */
  get days(): readonly TrafficDay[] {
    return this.#days;
  }

  #row(day: string): TrafficDay {
    const last = this.#days.at(-1);
    if (last?.day === day) return last;
    const at = this.#days.findIndex((row) => row.day === day);
    const row = at < 0 ? { day, bytes: none() } : this.#days.splice(at, 1)[0]!;
    this.#days.push(row);
    if (this.#days.length > MOST_DAYS) this.#days.shift();
    return row;
  }
}

function none(): Record<TrafficKind, number> {
  return { alarm: 0, case: 0, telemetry: 0, evidence: 0, link: 0 };
}
