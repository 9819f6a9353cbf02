// bench: the far end for all senders alike: a bare MQTT server that confirms every message (QoS 1) and counts. Run as a
// process of its own. In: {listen: port, expect: records} over IPC. Out: {listening}, then {count, seconds, bytes} once
// all is there or nothing has come for a while; then it is gone again, until it is told to listen anew. Of our own uplink it counts the records in a message, and acknowledges.
import { createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { decodeBatch, PACKED_MARK } from '../../contract/index.ts';

const RECEIVE_MAXIMUM = 65_535;
/** ms without a message after which no more are expected */
const SILENCE = 4_000;
/** ms between the last message and the end of all connections */
const LINGER = 300;
const CONNACK_4 = Buffer.from([0x20, 2, 0, 0]);
const CONNACK_5 = Buffer.from([0x20, 6, 0, 0, 3, 0x21, RECEIVE_MAXIMUM >> 8, RECEIVE_MAXIMUM & 255]);

let expect = 0;
let count = 0;
let bytes = 0;
let first = 0;
let last = 0;
let told = false;
let silence: NodeJS.Timeout | null = null;
let server: Server | null = null;
const sockets = new Set<Socket>();

function tell(): void {
  if (told) return;
  told = true;
  if (silence) clearInterval(silence);
  server?.close();
  // What is confirmed last is still to go out.
  setTimeout(() => {
    for (const socket of sockets) socket.destroy();
    process.send?.({ count, seconds: (last - first) / 1000, bytes });
  }, LINGER);
}

class Peer {
  readonly #socket: Socket;
  /** pieces of a packet that is not whole, their bytes, and how many it needs */
  #pieces: Buffer[] = [];
  #have = 0;
  #need = 2;
  #v5 = false;
  /** confirmations of what came in one piece go out in one piece */
  #out: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (data) => this.#take(data));
  }

  #take(data: Buffer): void {
    bytes += data.length;
    this.#pieces.push(data);
    this.#have += data.length;
    if (this.#have < this.#need) return;
    const all = this.#pieces.length === 1 ? data : Buffer.concat(this.#pieces, this.#have);
    let at = 0;
    for (;;) {
      const size = packetSize(all, at);
      if (at + size > all.length) {
        this.#need = size;
        break;
      }
      this.#packet(all, at, at + size);
      at += size;
    }
    this.#pieces = at < all.length ? [all.subarray(at)] : [];
    this.#have = all.length - at;
    if (this.#out.length === 0) return;
    this.#socket.write(this.#out.length === 1 ? this.#out[0]! : Buffer.concat(this.#out));
    this.#out = [];
    if (count >= expect) tell();
  }

  #packet(all: Buffer, at: number, to: number): void {
    const head = all[at]!;
    const kind = head >> 4;
    let from = at + 2;
    while (all[from - 1]! > 127) from++;
    if (kind === 3) this.#publish(all, head, from, to);
    else if (kind === 1) {
      const level = from + 2 + all.readUInt16BE(from);
      // The highest bit marks a bridge.
      this.#v5 = (all[level]! & 127) === 5;
      this.#out.push(this.#v5 ? CONNACK_5 : CONNACK_4);
    } else if (kind === 8) {
      const id = [all[from]!, all[from + 1]!];
      this.#out.push(Buffer.from(this.#v5 ? [0x90, 4, ...id, 0, 1] : [0x90, 3, ...id, 1]));
    } else if (kind === 12) this.#out.push(Buffer.from([0xd0, 0]));
  }

  #publish(all: Buffer, head: number, from: number, to: number): void {
    const topicEnd = from + 2 + all.readUInt16BE(from);
    const qos = (head >> 1) & 3;
    if (qos === 1) this.#out.push(Buffer.from([0x40, 2, all[topicEnd]!, all[topicEnd + 1]!]));
    let payload = topicEnd + (qos === 1 ? 2 : 0);
    if (this.#v5) payload += 1 + all[payload]!;
    const topic = all.toString('latin1', from + 2, topicEnd);
    if (topic.endsWith('/up/status')) return;
    last = performance.now();
    if (first === 0) {
      first = last;
      silence = setInterval(() => {
        if (performance.now() - last > SILENCE) tell();
      }, 500);
    }
    if (topic.startsWith('kerb/')) this.#records(topic, all, payload, to);
    else count++;
  }

  /** One of our messages: as many records as it says, which stand in order and without a hole. */
  #records(topic: string, all: Buffer, from: number, to: number): void {
    let head: { device: string; epoch: string; first: number; records: number };
    if (all[from] === PACKED_MARK) {
      const batch = decodeBatch(all.subarray(from, to));
      if ('error' in batch) throw new Error(batch.error);
      head = { ...batch, records: batch.records.length };
    } else {
      let records = 1;
      for (let at = all.indexOf(10, from); at >= 0 && at < to; at = all.indexOf(10, at + 1)) records++;
      const end = all.indexOf(10, from);
      const line = JSON.parse(all.toString('utf8', from, end < 0 || end > to ? to : end));
      head = { device: line.device, epoch: line.epoch, first: line.seq, records };
    }
    count += head.records;
    const { device, epoch } = head;
    const lane = topic.slice(topic.lastIndexOf('/') + 1);
    const word = JSON.stringify({ v: 1, kind: 'ack', device, lane, epoch, upTo: head.first + head.records - 1 });
    this.#send(topic.replace(/up\/\w+$/, 'down/ack'), word);
  }

  #send(topic: string, text: string): void {
    const rest = Buffer.concat([
      Buffer.from([0, topic.length]),
      Buffer.from(topic),
      Buffer.from(this.#v5 ? [0] : []),
      Buffer.from(text),
    ]);
    this.#out.push(Buffer.from([0x30, (rest.length & 127) | 128, rest.length >> 7]), rest);
  }
}

/** Bytes of the packet that begins at `at`; where that cannot be seen yet, more than are there. */
function packetSize(all: Buffer, at: number): number {
  let length = 0;
  for (let i = 1; i < 5; i++) {
    const byte = all[at + i];
    if (byte === undefined) return all.length - at + 1;
    length += (byte & 127) << (7 * (i - 1));
    if (byte < 128) return 1 + i + length;
  }
  throw new Error('not MQTT');
}

process.on('message', (order: { listen: number; expect: number }) => {
  expect = order.expect;
  [count, bytes, first, last, told] = [0, 0, 0, 0, false];
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new Peer(socket);
  });
  server.listen(order.listen, '127.0.0.1', () => process.send?.('listening'));
});
process.on('disconnect', () => process.exit(0));
