// agent/local: the broker on 127.0.0.1 between the agent and flows. In: events, cases, telemetry points to show; from
// flows: requests and a heartbeat. Out: the same on kerb/local/out; calls of the injected commands. Never: a client
// without a password, a topic outside its own, an unbounded queue, or an error that reaches the agent.
import { createServer, type Server } from 'node:net';
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from 'aedes';
import {
  type Case,
  type EditorOpen,
  editorOpenSchema,
  type FlowsAlive,
  flowsAliveSchema,
  KerbError,
  type KerbEvent,
  LOCAL,
  MAX_LOCAL_IN_BYTES,
  type TelemetryPoint,
} from '../../contract/index.ts';
import { mayEnter, mayRead, maySay } from './access.ts';
import { Bucket } from './bucket.ts';
import { Meter } from './meter.ts';
import { OpenCases } from './open-cases.ts';
import { Requests } from './requests.ts';
import { LOCAL_LIMITS, type LocalBusOptions, type LocalCounters, type LocalLimits } from './types.ts';

/** Messages that the broker has taken and not yet handed out; beyond, they are dropped and counted. */
const MAX_UNDERWAY = 1000;

export class LocalBus {
  readonly counters: LocalCounters = {
    refused: 0,
    cut: 0,
    forbidden: 0,
    invalid: 0,
    dropped: 0,
    paused: 0,
    unsent: 0,
  };
  readonly #options: LocalBusOptions;
  readonly #limits: LocalLimits;
  readonly #requests: Requests;
  readonly #open = new OpenCases();
  readonly #clients = new Set<Meter>();
  readonly #doors: Bucket;
  #listTimer: NodeJS.Timeout | undefined;
  #underway = 0;
  #broker: Aedes | undefined;
  #server: Server | undefined;
  #flows: FlowsAlive = { v: 1, online: false };

  constructor(options: LocalBusOptions) {
    this.#options = options;
    this.#limits = { ...LOCAL_LIMITS, ...options.limits };
    this.#doors = new Bucket(5, 2, options.mono());
    this.#requests = new Requests(options.commands, this.#limits, this.counters, options.mono, (topic, payload) =>
      this.#say(topic, payload),
    );
  }

  /** @throws KerbError LOCAL_PORT when the port is taken */
  async start(): Promise<{ port: number }> {
    const broker = await Aedes.createBroker({
      connectTimeout: 5000,
      drainTimeout: 5000,
      concurrency: 0, // its own queue overflows the stack; ours is MAX_UNDERWAY
      maxInflightInbound: 16,
      queueLimit: 16,
    });
    broker.authenticate = (_, name, password, done) => {
      if (mayEnter(this.#options.users, name, password)) done(null, true);
      else {
        this.counters.refused++;
        done(Object.assign(new Error('wrong name or password'), { returnCode: 4 }) as AuthenticateError, null);
      }
    };
    broker.authorizeSubscribe = (_, subscription, done) => {
      if (mayRead(subscription.topic)) done(null, { ...subscription, qos: 0 });
      else {
        this.counters.forbidden++;
        done(null, null);
      }
    };
    broker.authorizePublish = (_, packet, done) => this.#take(packet, done);
    broker.on('clientError', () => {});
    broker.on('connectionError', () => {});
    broker.on('clientDisconnect', (client: Client) => this.#left(client));
    const server = createServer((socket) => {
      if (this.#clients.size >= this.#limits.clients || !this.#doors.take(1, this.#options.mono())) {
        this.counters.refused++;
        socket.destroy();
        return;
      }
      socket.setNoDelay(true);
      const meter = new Meter(socket, {
        ...this.#limits,
        maxMessage: MAX_LOCAL_IN_BYTES,
        mono: this.#options.mono,
        onPause: () => this.counters.paused++,
        onCut: () => this.counters.cut++,
      });
      this.#clients.add(meter);
      meter.on('close', () => this.#clients.delete(meter));
      broker.handle(meter);
    });
    this.#broker = broker;
    this.#server = server;
    const { port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) =>
        reject(
          new KerbError('LOCAL_PORT', error.message, `127.0.0.1:${port}`, 'give the local broker a free port', {
            cause: error,
          }),
        ),
      );
      server.listen(port, '127.0.0.1', resolve);
    });
    this.#sayOpen();
    return { port: (server.address() as { port: number }).port };
  }

  /** How flows last said they are; `online: false` while they are gone. */
  get flows(): FlowsAlive {
    return this.#flows;
  }

  event(event: KerbEvent): void {
    this.#json(LOCAL.event, event);
  }

  telemetry(point: TelemetryPoint): void {
    this.#json(LOCAL.telemetry, point);
  }

  /** A case was made (`open` true), or is no longer a matter (false). The same said twice is told once. */
  case(value: Case, open: boolean): void {
    const told = this.#open.set(value, open);
    if (told === null) return;
    this.#json(LOCAL.case, told);
    // the list is for those that come late: many changes at once need it once
    this.#listTimer ??= setTimeout(() => {
      this.#listTimer = undefined;
      this.#sayOpen();
    }, 100);
  }

  /** @throws KerbError LOCAL_EDITOR when minutes or password are none */
  openEditor(request: Omit<EditorOpen, 'v'>): void {
    const parsed = editorOpenSchema.safeParse({ v: 1, ...request });
    if (!parsed.success) {
      throw new KerbError(
        'LOCAL_EDITOR',
        'minutes or password are not usable',
        'flows editor',
        '1-120 minutes, 8-128 characters',
      );
    }
    this.#json(LOCAL.editorOpen, parsed.data);
  }

  closeEditor(): void {
    this.#json(LOCAL.editorClose, { v: 1 });
  }

  async stop(): Promise<void> {
    clearTimeout(this.#listTimer);
    for (const client of this.#clients) client.destroy();
    const broker = this.#broker;
    const server = this.#server;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
    if (broker) await new Promise<void>((resolve) => broker.close(() => resolve()));
  }

  /** A message from a client, or its will. What is not allowed goes nowhere; the connection stays. */
  #take(packet: PublishPacket, done: (error?: Error | null) => void): void {
    const { topic } = packet;
    const payload = Buffer.from(packet.payload);
    if (!maySay(topic)) this.counters.forbidden++;
    else if (topic === LOCAL.alive) {
      const alive = this.#aliveOf(payload);
      if (alive) {
        this.#tell(alive);
        done(null);
        return;
      }
      this.counters.invalid++;
    } else if (topic.startsWith('kerb/local/in/')) this.#requests.take(topic, payload);
    // nobody but the agent reads what flows say, and MQTT 3.1.1 has no word for "no": the message reaches nobody
    packet.topic = 'kerb/local/nowhere';
    packet.payload = '';
    packet.retain = false;
    done(null);
  }

  #aliveOf(payload: Buffer): FlowsAlive | null {
    try {
      return flowsAliveSchema.safeParse(JSON.parse(payload.toString('utf8'))).data ?? null;
    } catch {
      return null;
    }
  }

  #left(client: Client): void {
    // a hung or killed flows sends nothing more: its will, and this, say so
    if (client.id.startsWith('flows') && this.#flows.online) this.#tell({ v: 1, online: false });
  }

  #tell(alive: FlowsAlive): void {
    this.#flows = alive;
    this.#options.onFlows?.(alive);
  }

  #sayOpen(): void {
    this.#say(LOCAL.open, JSON.stringify(this.#open.list()), true);
  }

  #json(topic: string, value: unknown): void {
    this.#say(topic, JSON.stringify(value));
  }

  /** Gives a message to whoever reads; a client that leaves too much unread is cut off first. */
  #say(topic: string, payload: string | Buffer, retain = false): void {
    for (const client of this.#clients) {
      if (client.unread <= this.#limits.unread) continue;
      this.counters.cut++;
      this.#clients.delete(client);
      client.destroy();
    }
    if (!this.#broker || this.#broker.closed || this.#underway >= MAX_UNDERWAY) {
      this.counters.unsent++;
      return;
    }
    this.#underway++;
    this.#broker.publish({ cmd: 'publish', topic, payload, retain, qos: 0, dup: false }, (error) => {
      this.#underway--;
      if (error) this.counters.unsent++;
    });
  }
}
