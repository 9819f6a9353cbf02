// agent/uplink: bytes of MQTT packets that carry nothing of the lanes: connect, subscribe, pings, confirmations. Pure.
// Our own messages are counted where they are sent. Sizes are those of MQTT 3.1.1, section 2 and 3; properties of MQTT 5
// that we send are a few bytes more and counted as PROPERTIES.
import type { Packet } from 'mqtt';

export type WireDirection = 'up' | 'down';

/** Properties of CONNECT, and the length byte of every other packet of MQTT 5. */
const PROPERTIES = 10;

export class PacketMeter {
  readonly #tell: (direction: WireDirection, bytes: number) => void;

  constructor(tell: (direction: WireDirection, bytes: number) => void) {
    this.#tell = tell;
  }

  /** A PUBLISH of QoS 1 as it leaves. */
  static publishBytes(topic: string, payload: string | Buffer): number {
    const rest = 2 + Buffer.byteLength(topic) + 2 + 1 + Buffer.byteLength(payload);
    return 1 + lengthBytes(rest) + rest;
  }

  sent(packet: Packet): void {
    if (packet.cmd === 'connect') {
      const { clientId, username, password, will } = packet;
      const texts = [clientId, username, password, will?.topic, will?.payload];
      const rest = texts.reduce<number>((sum, text) => sum + (text ? 2 + Buffer.byteLength(text) : 0), 10 + PROPERTIES);
      this.#tell('up', 1 + lengthBytes(rest) + rest);
    } else if (packet.cmd === 'subscribe') {
      const rest = packet.subscriptions.reduce((sum, { topic }) => sum + 3 + Buffer.byteLength(topic), 3);
      this.#tell('up', 2 + rest);
    } else if (packet.cmd !== 'publish') {
      // pingreq, puback, disconnect
      this.#tell('up', packet.cmd === 'puback' ? 4 : 2);
    }
  }

  received(packet: Packet): void {
    const rest = packet.length ?? 0;
    this.#tell('down', 1 + lengthBytes(rest) + rest);
  }
}

/** Bytes of the length that stands before a packet's rest. */
function lengthBytes(rest: number): number {
  if (rest < 128) return 1;
  if (rest < 16_384) return 2;
  return rest < 2_097_152 ? 3 : 4;
}
