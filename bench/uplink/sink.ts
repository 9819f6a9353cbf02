// bench: the centre's side, the same for all senders: subscribes at the broker, confirms every message (QoS 1), counts. A
// process of its own. In: {port, expect} over IPC: a broker that is about to come, and how many records. Out: 'subscribed',
// then {count, seconds, bytes} once all is there or nothing has come for a while. Of our own uplink it counts the records
// in a message, and acknowledges them.
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { decodeBatch, PACKED_MARK } from '../../contract/index.ts';

/** ms without a message after which no more are expected */
const SILENCE = 6_000;
/** ms between two tries to reach a broker that is about to come: it must not be late */
const RETRY = 2;
/** ms between the last message and the word that all is there: what is confirmed last is still to go out */
const LINGER = 300;
/** MQTT 3.1.1, a clean session, no keep-alive, client id "sink" */
const CONNECT = Buffer.from([0x10, 16, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 4, 115, 105, 110, 107]);
/** to box/# and kerb/+/+/+/up/# with QoS 1 */
const SUBSCRIBE = subscribe('box/#', 'kerb/+/+/+/up/#');

let expect = 0;
let count = 0;
let bytes = 0;
let first = 0;
let last = 0;
let told = false;
let silence: NodeJS.Timeout | null = null;

function subscribe(...topics: string[]): Buffer {
  const parts = topics.map((topic) => Buffer.from([0, topic.length, ...Buffer.from(topic), 1]));
  const rest = Buffer.concat([Buffer.from([0, 1]), ...parts]);
  return Buffer.concat([Buffer.from([0x82, rest.length]), rest]);
}

function tell(): void {
  if (told) return;
  told = true;
  if (silence) clearInterval(silence);
  setTimeout(() => process.send?.({ count, seconds: (last - first) / 1000, bytes }), LINGER);
}

class Session {
  readonly #socket: Socket;
  /** pieces of a packet that is not whole, their bytes, and how many it needs */
  #pieces: Buffer[] = [];
  #have = 0;
  #need = 2;
  /** confirmations of what came in one piece go out in one piece */
  #out: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (data) => this.#take(data));
    socket.write(CONNECT);
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
    else if (kind === 2) this.#out.push(SUBSCRIBE);
    else if (kind === 9) process.send?.('subscribed');
  }

  #publish(all: Buffer, head: number, from: number, to: number): void {
    const topicEnd = from + 2 + all.readUInt16BE(from);
    const qos = (head >> 1) & 3;
    if (qos === 1) this.#out.push(Buffer.from([0x40, 2, all[topicEnd]!, all[topicEnd + 1]!]));
    const payload = topicEnd + (qos === 1 ? 2 : 0);
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
    const rest = Buffer.concat([Buffer.from([0, topic.length]), Buffer.from(topic), Buffer.from(text)]);
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

/** Joins the broker as soon as it is there. */
function join(port: number): void {
  const socket = connect(port, '127.0.0.1');
  socket.once('error', () => setTimeout(() => join(port), RETRY));
  socket.once('connect', () => new Session(socket));
}

process.on('message', (order: { port: number; expect: number }) => {
  expect = order.expect;
  [count, bytes, first, last, told] = [0, 0, 0, 0, false];
  join(order.port);
});
process.on('disconnect', () => process.exit(0));
