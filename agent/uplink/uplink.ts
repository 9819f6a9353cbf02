// agent/uplink: keeps one MQTT session to the centre's broker and sends what waits in the lanes, most urgent first.
// In: lanes, acknowledgements. Out: messages, birth and last will, state and counters. May never happen: a record is
// taken for delivered without the centre's word, a queue grows here, or a fault of the network becomes a throw.
import { ackSchema, deviceTopics, type Lane, oneLine, type Status } from '../../contract/index.ts';
import { Buffers } from './buffers.ts';
import { Drain } from './drain.ts';
import { flowsOf, LaneWay } from './lane-way.ts';
import { Link } from './link.ts';
import { Meter } from './meter.ts';
import { Pace } from './pace.ts';
import { type Flow, LANE_OF, Schedule } from './schedule.ts';
import type { Session } from './session.ts';
import type { TlsFiles } from './tls.ts';
import {
  type AnchorOf,
  type LaneSource,
  LIMITS,
  type UplinkClock,
  type UplinkCounters,
  type UplinkLimits,
  type UplinkMemoryFile,
  type UplinkState,
} from './types.ts';

export interface UplinkOptions {
  readonly city: string;
  readonly device: string;
  /** mqtt://user:password@host:port */
  readonly broker: string;
  readonly lanes: readonly LaneSource[];
  /** what the birth says */
  readonly birth: () => Omit<Status, 'v' | 'kind' | 'device' | 'online' | 'at'>;
  /** what is known of the clocks of this box's boots */
  readonly anchorOf?: AnchorOf;
  /** of mqtts:// */
  readonly tls?: TlsFiles;
  /** where figures and the drain rate survive a restart */
  readonly memory?: UplinkMemoryFile;
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
const URGENT = ['alarm', 'case'] as const satisfies readonly Flow[];
const MAX_ACK_BYTES = 4096;

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #limits: UplinkLimits;
  readonly #link: Link;
  readonly #topics: ReturnType<typeof deviceTopics>;
  readonly #ways = new Map<Lane, LaneWay>();
  readonly #flows: ReturnType<typeof flowsOf>;
  readonly #schedule = new Schedule();
  readonly #pace = new Pace();
  readonly #drain = new Drain();
  readonly #buffers = new Buffers();
  readonly #meter: Meter;
  readonly #counts = { sessions: 0, refused: 0, bad_down: 0 };
  readonly #said = new Map<string, number>();

  #inFlightBytes = 0;
  #running = false;
  #ticker: NodeJS.Timeout | null = null;
  #drainTimer: NodeJS.Timeout | null = null;
  #waiters: (() => void)[] = [];
  /** replies that have no PUBACK yet */
  readonly #replies = new Set<(sent: boolean) => void>();

  /** @throws KerbError BROKER_URL */
  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#topics = deviceTopics(options.city, options.device);
    const { clock, city, device } = options;
    this.#link = new Link({
      ...options,
      tls: options.tls ?? {},
      topics: this.#topics,
      limits: this.#limits,
      onOpen: () => this.#onOpen(),
      onLost: (reason) => this.#onLost(reason),
      onState: (state) => options.onState?.(state),
      onMessage: (topic, payload) => this.#onMessage(topic, payload),
      onRefused: (error) => this.#refused(error),
      onDial: (tls) => this.#meter.dial(tls),
      onWire: (_, bytes) => this.#meter.packet('link', bytes),
    });
    this.#meter = new Meter({ clock, memory: options.memory, every: this.#limits.remember, tls: this.#link.tls });
    this.#drain.set(this.#meter.drainRate, clock.mono());
    for (const source of options.lanes) {
      const onReady = () => this.#pump();
      const onFault = (text: string) => this.#say('lane', text);
      const from = { city, device, anchorOf: options.anchorOf ?? (() => null) };
      const messageBytes = () => this.#pace.message;
      const shared = {
        from,
        limits: this.#limits,
        messageBytes,
        buffers: this.#buffers,
        mono: clock.mono,
        onReady,
        onFault,
      };
      this.#ways.set(source.lane, new LaneWay(source, shared));
    }
    this.#flows = flowsOf(this.#ways.values());
  }

  /** Begins, once; gives nothing back: how it goes is told by `state`. */
  start(): void {
    if (this.#running || this.#link.closed.aborted) return;
    this.#running = true;
    for (const way of this.#ways.values()) {
      way.watch(this.#link.closed).catch((error: unknown) => this.#say('lane', oneLine(error)));
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
    const of = (lane: Lane) => ({ ...(this.#ways.get(lane)?.counters ?? none()) });
    return {
      ...this.#counts,
      lanes: { alarm: of('alarm'), case: of('case'), telemetry: of('telemetry'), evidence: of('evidence') },
      days: this.#meter.days,
      drain_rate: this.#drain.rate,
    };
  }

  /**
   * Bounds what is sent beside alarms and cases, until it is set again; it is in force at once.
   * @param bytesPerSecond null: as fast as the link goes; a rate outside DRAIN_MIN..DRAIN_MAX counts as the nearer one
   * @returns the rate now in force, and (once that is known) whether it survives a restart
   */
  async setDrainRate(bytesPerSecond: number | null): Promise<{ rate: number | null; kept: boolean }> {
    this.#drain.set(bytesPerSecond, this.#options.clock.mono());
    const { rate } = this.#drain;
    const kept = this.#meter.keepDrainRate(rate);
    this.#pump();
    return { rate, kept: await kept };
  }

  /**
   * Sends a word that is no record, QoS 1, to up/`suffix`. True once the broker has it; false: there is no session, it
   * ended first, or the broker refused. Who needs it to arrive says it again when the state is online.
   */
  publish(suffix: string, payload: string | Buffer, { retain = false }: { retain?: boolean } = {}): Promise<boolean> {
    const { session } = this.#link;
    if (!session) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (sent: boolean) => {
        if (this.#replies.delete(settle)) resolve(sent);
      };
      this.#replies.add(settle);
      const bytes = session.publish(`${this.#topics.base}/up/${suffix}`, payload, retain, (error) => {
        if (error) this.#refused(error);
        settle(error === null);
        this.#pump();
      });
      this.#meter.packet('link', bytes);
    });
  }

  /** Tells the birth anew, because what it says has changed. */
  bornAgain(): void {
    this.#link.bornAgain();
  }

  /** Resolves when the centre has acknowledged all that was accepted (or when the uplink is closed). */
  async untilEmpty(): Promise<void> {
    while (this.#running && [...this.#ways.values()].some((way) => !way.empty)) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Says goodbye if there is a session, and ends. At most about one second. */
  async close(): Promise<void> {
    if (!this.#running) return;
    this.#running = false;
    if (this.#ticker) clearInterval(this.#ticker);
    if (this.#drainTimer) clearTimeout(this.#drainTimer);
    for (const way of this.#ways.values()) way.stop();
    await this.#link.close();
    this.#dropReplies();
    await this.#meter.close();
    this.#wake();
  }

  #onOpen(): void {
    this.#counts.sessions++;
    this.#inFlightBytes = 0;
    for (const way of this.#ways.values()) way.start();
  }

  #onLost(reason: string): void {
    for (const way of this.#ways.values()) way.stop();
    this.#dropReplies();
    this.#say('lost', `no session with ${this.#link.state.broker}: ${reason}`);
  }

  #dropReplies(): void {
    for (const settle of this.#replies) settle(false);
  }

  #tick(): void {
    this.#meter.tick();
    if (this.#inFlightBytes === 0) this.#buffers.clear();
    if (!this.#link.session) return;
    for (const way of this.#ways.values()) way.tick();
    this.#pump();
    this.#wake();
  }

  /** Sends as long as the window is open. */
  #pump(): void {
    const { session } = this.#link;
    if (!session) return;
    const window = Math.min(this.#limits.window, session.receiveMaximum);
    const backlog = Math.max(1, window - this.#limits.urgent);
    let unpaid = 0;
    // An alarm or a case that is being read off the disk is milliseconds away: nothing less urgent overtakes it.
    const urgentComes = () => URGENT.some((flow) => this.#flows.get(flow)?.packing);
    const may = (flow: Flow): boolean => {
      const sender = this.#flows.get(flow);
      if (!sender?.ready || session.inFlight >= window) return false;
      if (flow === 'alarm' || flow === 'case') return true;
      if (urgentComes()) return false;
      if (flow === 'evidence' && sender.inFlight >= this.#limits.evidence) return false;
      if (session.inFlight >= backlog || (session.inFlight > 0 && this.#inFlightBytes >= this.#pace.allowance)) {
        return false;
      }
      unpaid = this.#drain.wait(this.#options.clock.mono());
      return unpaid === 0;
    };
    for (let flow = this.#schedule.choose(may); flow !== null; flow = this.#schedule.choose(may)) {
      this.#send(session, flow);
    }
    if (unpaid > 0) this.#pumpIn(unpaid);
  }

  /** When the drain rate lets the next message go. */
  #pumpIn(ms: number): void {
    if (this.#drainTimer) clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(() => this.#pump(), ms);
  }

  #send(session: Session, flow: Flow): void {
    const sender = this.#flows.get(flow);
    const taken = sender?.take();
    if (!sender || !taken) return;
    const { message, sent } = taken;
    const { clock } = this.#options;
    const left = clock.mono();
    const bytes = session.publish(message.topic, message.payload, false, (error) => {
      if (this.#link.session !== session) return;
      this.#inFlightBytes -= bytes;
      if (message.reuse) this.#buffers.give(message.reuse);
      sender.puback(sent);
      if (error) this.#refused(error);
      else this.#pace.measured(underWay, clock.mono() - left);
      this.#pump();
    });
    this.#inFlightBytes += bytes;
    const underWay = this.#inFlightBytes;
    this.#schedule.sent(flow, bytes);
    this.#drain.spent(bytes, left);
    this.#meter.packet(LANE_OF[flow], bytes);
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
    if (ack?.device !== this.#options.device) {
      this.#badDown('not an acknowledgement of this device');
      return;
    }
    const way = this.#ways.get(ack.lane);
    // An acknowledgement of an earlier life of the lane is no fault: it was under way when the log was made anew.
    if (!way?.ack(ack.epoch, ack.upTo, ack.above ?? [])) return;
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
