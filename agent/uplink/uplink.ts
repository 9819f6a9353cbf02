// agent/uplink: keeps one MQTT session to the centre's broker and sends what waits in the lanes, most urgent first.
// In: lanes, acknowledgements. Out: messages, birth and last will, state and counters. May never happen: a record is
// taken for delivered without the centre's word, a queue grows here, or a fault of the network becomes a throw.
import { ackSchema, deviceTopics, type Lane, oneLine, type Status } from '../../contract/index.ts';
import { LaneSender } from './lane-sender.ts';
import { Link } from './link.ts';
import { Pace } from './pace.ts';
import { Schedule } from './schedule.ts';
import type { Session } from './session.ts';
import {
  type LaneSource,
  LIMITS,
  type UplinkClock,
  type UplinkCounters,
  type UplinkLimits,
  type UplinkState,
} from './types.ts';

export interface UplinkOptions {
  readonly city: string;
  readonly device: string;
  /** mqtt://user:password@host:port */
  readonly broker: string;
  readonly lanes: readonly LaneSource[];
  /** what the birth says */
  readonly birth: Pick<Status, 'version' | 'boot' | 'roles'>;
  readonly clock: UplinkClock;
  /** uniform in [0, 1) */
  readonly random: () => number;
  readonly limits?: Partial<UplinkLimits>;
  readonly onState?: (state: UplinkState) => void;
  /** the centre holds this lane up to and including `upTo` */
  readonly onAck?: (lane: Lane, upTo: number) => void;
  /** messages below down/ that are no acknowledgement; `what` is the rest of the topic */
  readonly onDown?: (what: string, payload: Buffer) => void;
  /** at most one line a minute of each kind */
  readonly log?: (line: string) => void;
}

const TICK = 500;
const MAX_ACK_BYTES = 4096;

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #limits: UplinkLimits;
  readonly #link: Link;
  readonly #topics: ReturnType<typeof deviceTopics>;
  readonly #lanes = new Map<Lane, LaneSender>();
  readonly #schedule = new Schedule();
  readonly #pace = new Pace();
  readonly #counts = { sessions: 0, refused: 0, bad_down: 0 };
  readonly #said = new Map<string, number>();

  #inFlight = 0;
  #inFlightBytes = 0;
  #running = false;
  #ticker: NodeJS.Timeout | null = null;
  #waiters: (() => void)[] = [];

  /** @throws KerbError BROKER_URL */
  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#topics = deviceTopics(options.city, options.device);
    const { clock, city, device } = options;
    this.#link = new Link({
      ...options,
      topics: this.#topics,
      limits: this.#limits,
      onOpen: () => this.#onOpen(),
      onLost: (reason) => this.#onLost(reason),
      onState: (state) => options.onState?.(state),
      onMessage: (topic, payload) => this.#onMessage(topic, payload),
      onRefused: (error) => this.#refused(error),
    });
    for (const source of options.lanes) {
      const ready = () => this.#pump();
      const fault = (text: string) => this.#say('lane', text);
      this.#lanes.set(source.lane, new LaneSender(source, { city, device }, this.#limits, clock.mono, ready, fault));
    }
  }

  /** Begins, once; gives nothing back: how it goes is told by `state`. */
  start(): void {
    if (this.#running || this.#link.closed.aborted) return;
    this.#running = true;
    for (const sender of this.#lanes.values()) {
      sender.watch(this.#link.closed).catch((error: unknown) => this.#say('lane', oneLine(error)));
    }
    this.#ticker = setInterval(() => this.#tick(), TICK);
    this.#link.connect();
  }

  /** How the link is now. */
  state(): UplinkState {
    return this.#link.state;
  }

  counters(): UplinkCounters {
    const none = () => ({ messages: 0, records: 0, bytes: 0, resent: 0, acked: 0 });
    const of = (lane: Lane) => ({ ...(this.#lanes.get(lane)?.counters ?? none()) });
    return {
      ...this.#counts,
      lanes: { alarm: of('alarm'), case: of('case'), telemetry: of('telemetry'), evidence: of('evidence') },
    };
  }

  /** Resolves when the centre has acknowledged all that was accepted (or when the uplink is closed). */
  async untilEmpty(): Promise<void> {
    while (this.#running && [...this.#lanes.values()].some((sender) => !sender.empty)) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Says goodbye if there is a session, and ends. At most about one second. */
  async close(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    if (this.#ticker) clearInterval(this.#ticker);
    for (const sender of this.#lanes.values()) sender.stop();
    await this.#link.close();
    this.#wake();
  }

  #onOpen(): void {
    this.#counts.sessions++;
    this.#inFlight = 0;
    this.#inFlightBytes = 0;
    for (const sender of this.#lanes.values()) sender.start();
  }

  #onLost(reason: string): void {
    for (const sender of this.#lanes.values()) sender.stop();
    this.#say('lost', `no session with ${this.#link.state.broker}: ${reason}`);
  }

  #tick(): void {
    if (!this.#link.session) return;
    for (const sender of this.#lanes.values()) {
      sender.tick();
      sender.fill();
    }
    this.#pump();
    this.#wake();
  }

  /** Sends as long as the window is open. */
  #pump(): void {
    const { session } = this.#link;
    if (!session) return;
    const window = Math.min(this.#limits.window, session.receiveMaximum);
    const backlog = Math.max(1, window - this.#limits.urgent);
    const may = (lane: Lane): boolean => {
      const sender = this.#lanes.get(lane);
      if (!sender?.ready || this.#inFlight >= window) return false;
      if (lane === 'alarm' || lane === 'case') return true;
      if (lane === 'evidence' && sender.inFlight >= this.#limits.evidence) return false;
      return this.#inFlight < backlog && (this.#inFlight === 0 || this.#inFlightBytes < this.#pace.allowance);
    };
    for (let lane = this.#schedule.choose(may); lane !== null; lane = this.#schedule.choose(may)) {
      this.#send(session, lane);
    }
  }

  #send(session: Session, lane: Lane): void {
    const sender = this.#lanes.get(lane);
    const taken = sender?.take();
    if (!sender || !taken) return;
    const { message, sent } = taken;
    const bytes = message.payload.length;
    this.#inFlight++;
    this.#inFlightBytes += bytes;
    const [underWay, left] = [this.#inFlightBytes, this.#options.clock.mono()];
    this.#schedule.sent(lane, bytes);
    session.publish(message.topic, message.payload, false, (error) => {
      if (this.#link.session !== session) return;
      this.#inFlight--;
      this.#inFlightBytes -= bytes;
      sender.puback(sent);
      if (error) this.#refused(error);
      else this.#pace.measured(underWay, this.#options.clock.mono() - left);
      this.#pump();
    });
  }

  #onMessage(topic: string, payload: Buffer): void {
    if (topic === this.#topics.ack) {
      this.#onAck(payload);
      return;
    }
    const base = `${this.#topics.base}/down/`;
    if (!topic.startsWith(base)) return;
    try {
      this.#options.onDown?.(topic.slice(base.length), payload);
    } catch (error) {
      this.#badDown(oneLine(error));
    }
  }

  #onAck(payload: Buffer): void {
    const ack = parseAck(payload);
    if (!ack || ack.device !== this.#options.device) {
      this.#badDown('not an acknowledgement of this device');
      return;
    }
    const sender = this.#lanes.get(ack.lane);
    // An acknowledgement of an earlier life of the lane is no fault: it was under way when the log was made anew.
    if (!sender?.ack(ack.epoch, ack.upTo)) return;
    this.#options.onAck?.(ack.lane, ack.upTo);
    this.#pump();
    this.#wake();
  }

  #badDown(text: string): void {
    this.#counts.bad_down++;
    this.#say('down', `a message from above was refused: ${text}`);
  }

  #refused(error: Error): void {
    this.#counts.refused++;
    this.#say('refused', `the broker refuses a message: ${oneLine(error)}`);
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }

  #say(kind: string, line: string): void {
    const now = this.#options.clock.mono();
    if (now - (this.#said.get(kind) ?? -60_000) < 60_000) return;
    this.#said.set(kind, now);
    this.#options.log?.(line);
  }
}

function parseAck(payload: Buffer) {
  if (payload.length > MAX_ACK_BYTES) return null;
  try {
    return ackSchema.safeParse(JSON.parse(payload.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}
