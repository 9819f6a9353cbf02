// agent/uplink: a broker for tests that does only what it is told: it confirms when asked, counts what is unconfirmed,
// and counts bytes. MQTT 5 and 3.1.1, one packet after the other, for peers that speak correctly.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface FakePublish {
  readonly topic: string;
  readonly payload: Buffer;
  readonly id: number;
  confirm(): void;
}

export class FakeBroker {
  readonly #server = createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();
  /** advertised to MQTT 5 clients; null: not said */
  receiveMaximum: number | null = null;
  /** closes each connection right after its CONNACK */
  drops = false;
  onPublish: (message: FakePublish) => void = ({ confirm }) => confirm();
  connects = 0;
  pings = 0;
  /** unconfirmed now, and most at any moment */
  unconfirmed = 0;
  most = 0;
  /** bytes and packets each way */
  wire = { up: 0, down: 0, packetsUp: 0, packetsDown: 0 };

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Sends to the peers that are connected, QoS 0. */
  publish(topic: string, payload: string): void {
    const rest = Buffer.concat([text(topic), this.#v5 ? Buffer.from([0]) : Buffer.alloc(0), Buffer.from(payload)]);
    for (const socket of this.#sockets) this.#send(socket, 0x30, rest);
  }

  /** Cuts all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #v5 = true;

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    this.unconfirmed = 0;
    let rest = Buffer.alloc(0);
    socket.on('data', (data) => {
      this.wire.up += data.length;
      rest = rest.length === 0 ? data : Buffer.concat([rest, data]);
      for (let packet = take(rest); packet; packet = take(rest)) {
        rest = rest.subarray(packet.bytes);
        this.wire.packetsUp++;
        this.#answer(socket, packet.head, packet.body);
      }
    });
  }

  #answer(socket: Socket, head: number, body: Buffer): void {
    const kind = head >> 4;
    if (kind === 1) {
      this.connects++;
      this.#v5 = body[6] === 5;
      const { receiveMaximum } = this;
      const properties = receiveMaximum === null ? [0] : [3, 0x21, receiveMaximum >> 8, receiveMaximum & 255];
      this.#send(socket, 0x20, Buffer.from([0, 0, ...(this.#v5 ? properties : [])]));
      if (this.drops) socket.end();
    } else if (kind === 8) {
      this.#send(socket, 0x90, Buffer.from([body[0]!, body[1]!, ...(this.#v5 ? [0] : []), 1]));
    } else if (kind === 12) {
      this.pings++;
      this.#send(socket, 0xd0, Buffer.alloc(0));
    } else if (kind === 3) {
      const end = 2 + body.readUInt16BE(0);
      const id = body.readUInt16BE(end);
      this.unconfirmed++;
      this.most = Math.max(this.most, this.unconfirmed);
      const confirm = () => {
        this.unconfirmed--;
        this.#send(socket, 0x40, Buffer.from([id >> 8, id & 255]));
      };
      const payload = body.subarray(end + 2 + (this.#v5 ? 1 : 0));
      this.onPublish({ topic: body.toString('utf8', 2, end), payload, id, confirm });
    }
  }

  #send(socket: Socket, head: number, rest: Buffer): void {
    const length: number[] = [];
    for (let left = rest.length; ; left >>= 7) {
      length.push((left & 127) | (left > 127 ? 128 : 0));
      if (left <= 127) break;
    }
    const packet = Buffer.concat([Buffer.from([head, ...length]), rest]);
    this.wire.down += packet.length;
    this.wire.packetsDown++;
    if (!socket.destroyed) socket.write(packet);
  }
}

/** The first packet of what came, if it is whole. */
function take(from: Buffer): { head: number; body: Buffer; bytes: number } | null {
  let length = 0;
  for (let i = 1; i < 5; i++) {
    const byte = from[i];
    if (byte === undefined) return null;
    length += (byte & 127) * 128 ** (i - 1);
    if (byte > 127) continue;
    const bytes = i + 1 + length;
    return from.length < bytes ? null : { head: from[0]!, body: from.subarray(i + 1, bytes), bytes };
  }
  return null;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}
