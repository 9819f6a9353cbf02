// flows/runtime: the one connection to the agent's local broker. In: what the agent gives out. Out: typed events for
// the nodes, requests and their answers, the heartbeat. Never: an unbounded queue, or a message of another shape.
import { EventEmitter } from 'node:events';
import mqtt from 'mqtt';
import { eventSchema } from '../../contract/case.ts';
import {
  type FlowCase,
  type FlowsAlive,
  LOCAL,
  type LocalCase,
  type LocalReply,
  type LocalSnapshot,
  localCaseSchema,
  localOpenSchema,
  localReplySchema,
  localSnapshotSchema,
} from '../../contract/local.ts';
import { pointSchema } from '../../contract/telemetry.ts';
import type { FlowLink, LinkEvents } from '../nodes/link.ts';

/** Requests under way, and per second. */
const MAX_PENDING = 32;
const MAX_PER_SECOND = 50;
const ANSWER_MS = 12_000;

interface Pending {
  resolve: (reply: LocalReply & { picture?: Buffer; head?: LocalSnapshot }) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
  picture?: { head: LocalSnapshot; jpeg: Buffer };
}

export interface LinkOptions {
  url: string;
  user: string;
  password: string;
}

export class Link extends EventEmitter<LinkEvents> implements FlowLink {
  up = false;
  known = false;
  dropped = 0;
  refused = 0;
  /** messages from the agent that are none of the contract's */
  invalid = 0;
  readonly open = new Map<string, LocalCase>();
  readonly #client: mqtt.MqttClient;
  readonly #pending = new Map<string, Pending>();
  #count = 0;
  #second = 0;
  #inSecond = 0;

  constructor({ url, user, password }: LinkOptions) {
    super();
    this.setMaxListeners(0); // each node of a flow listens
    const will: FlowsAlive = { v: 1, online: false };
    this.#client = mqtt.connect(url, {
      username: user,
      password,
      clientId: 'flows',
      protocolVersion: 4,
      clean: true,
      keepalive: 10,
      reconnectPeriod: 1000,
      connectTimeout: 5000,
      queueQoSZero: false,
      will: { topic: LOCAL.alive, payload: Buffer.from(JSON.stringify(will)), qos: 0, retain: true },
    });
    this.#client.on('connect', () => {
      this.#client.subscribe([LOCAL.outAll, LOCAL.editorAll], { qos: 0 }, (error) => {
        if (error) return;
        this.up = true;
        this.emit('up');
      });
    });
    this.#client.on('close', () => this.#down());
    this.#client.on('error', () => {}); // it tries again; `up` says how it is
    this.#client.on('message', (topic, payload, packet) => {
      try {
        this.#take(topic, payload, packet.retain);
      } catch {
        this.invalid++;
      }
    });
  }

  refuse(): void {
    this.refused++;
  }

  async setLine(line: string, on: boolean): Promise<LocalReply> {
    return this.#ask(LOCAL.setLine, { line, on });
  }

  async makeCase(draft: Omit<FlowCase, 'v' | 'request'>): Promise<LocalReply> {
    try {
      return await this.#ask(LOCAL.makeCase, draft);
    } catch (error) {
      this.refused++;
      throw error;
    }
  }

  async snapshot(camera?: string): Promise<LocalSnapshot & { jpeg: Buffer }> {
    const { head, picture } = await this.#ask(LOCAL.askSnapshot, camera === undefined ? {} : { camera });
    if (!head || !picture) throw new Error('the box said yes and sent no picture');
    return { ...head, jpeg: picture };
  }

  /** The heartbeat. Nothing is queued while there is no link. */
  alive(alive: FlowsAlive): void {
    if (this.up) this.#client.publish(LOCAL.alive, JSON.stringify(alive), { qos: 0, retain: true });
  }

  async end(): Promise<void> {
    if (this.up) {
      const gone: FlowsAlive = { v: 1, online: false };
      await this.#client.publishAsync(LOCAL.alive, JSON.stringify(gone), { qos: 0, retain: true });
    }
    await this.#client.endAsync();
  }

  async #ask(topic: string, body: object): Promise<LocalReply & { picture?: Buffer; head?: LocalSnapshot }> {
    if (!this.up) throw new Error('no link to the agent');
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    if (this.#pending.size >= MAX_PENDING || ++this.#inSecond > MAX_PER_SECOND) {
      this.dropped++;
      throw new Error('too many requests to the agent');
    }
    const request = `f${process.pid}-${++this.#count}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(request);
        reject(new Error('the agent did not answer'));
      }, ANSWER_MS);
      this.#pending.set(request, { resolve, reject, timer });
      this.#client.publish(topic, JSON.stringify({ v: 1, request, ...body }), { qos: 0 });
    });
  }

  #down(): void {
    for (const [request, { reject, timer }] of this.#pending) {
      clearTimeout(timer);
      this.#pending.delete(request);
      reject(new Error('the link to the agent broke'));
    }
    if (!this.up) return;
    this.up = false;
    this.known = false;
    this.emit('down');
  }

  #take(topic: string, payload: Buffer, retained: boolean): void {
    const json = () => JSON.parse(payload.toString('utf8')) as unknown;
    if (topic === LOCAL.event) this.emit('event', eventSchema.parse(json()));
    else if (topic === LOCAL.telemetry) this.emit('telemetry', pointSchema.parse(json()));
    else if (topic === LOCAL.case) this.#case(localCaseSchema.parse(json()));
    else if (topic === LOCAL.open) {
      const { cases, more } = localOpenSchema.parse(json());
      if (more === 0) this.open.clear();
      for (const one of cases) this.open.set(one.id, one);
      this.known = true;
      this.emit('open', this.open);
    } else if (topic.startsWith(LOCAL.reply(''))) this.#reply(localReplySchema.parse(json()));
    else if (topic.startsWith(LOCAL.snapshot(''))) this.#picture(payload);
    else if (topic === LOCAL.editorOpen && !retained) this.emit('editor', 'open', json());
    else if (topic === LOCAL.editorClose && !retained) this.emit('editor', 'close', json());
  }

  #case(one: LocalCase): void {
    if (one.open) this.open.set(one.id, one);
    else this.open.delete(one.id);
    this.emit('case', one);
    if (this.known) this.emit('open', this.open);
  }

  #picture(payload: Buffer): void {
    const end = payload.indexOf(10);
    const head = localSnapshotSchema.parse(JSON.parse(payload.subarray(0, end).toString('utf8')));
    const jpeg = payload.subarray(end + 1);
    const pending = this.#pending.get(head.request);
    if (pending && jpeg.length === head.bytes) pending.picture = { head, jpeg };
  }

  #reply(reply: LocalReply): void {
    const pending = this.#pending.get(reply.request);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.#pending.delete(reply.request);
    if (!reply.ok) pending.reject(new Error(reply.reason ?? 'the agent refused'));
    else if (pending.picture) pending.resolve({ ...reply, head: pending.picture.head, picture: pending.picture.jpeg });
    else pending.resolve(reply);
  }
}
