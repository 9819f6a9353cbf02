// agent/uplink: keeps one MQTT session to the centre's broker and sends what waits in the lanes, most urgent first.
// In: lanes, acknowledgements. Out: messages, birth and last will, state and counters. May never happen: a record is
// taken for delivered without the centre's word, a queue grows here, or a fault of the network becomes a throw.
import { type Ack, deviceTopics, type Lane, oneLine, type Status } from '../../contract/index.ts';
import { Down } from './down.ts';
import { flowsOf, LaneWay } from './lane-way.ts';
import { Link } from './link.ts';
import { Meter } from './meter.ts';
import { Sending } from './sending.ts';
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

export class Uplink {
  readonly #options: UplinkOptions;
  readonly #limits: UplinkLimits;
  readonly #link: Link;
  readonly #topics: ReturnType<typeof deviceTopics>;
  readonly #ways = new Map<Lane, LaneWay>();
  readonly #meter: Meter;
  readonly #sending: Sending;
  readonly #counts = { sessions: 0, refused: 0, bad_down: 0 };
  readonly #said = new Map<string, number>();

  #running = false;
  #ticker: NodeJS.Timeout | null = null;
  #waiters: (() => void)[] = [];
  /** replies that have no PUBACK yet */
  readonly #replies = new Set<(sent: boolean) => void>();

  /** @throws KerbError BROKER_URL */
  constructor(options: UplinkOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
    this.#topics = deviceTopics(options.city, options.device);
    const { clock, city, device } = options;
    const down = new Down({
      device,
      topics: this.#topics,
      onAck: (ack) => this.#onAck(ack),
      onDown: (what, payload) => options.onDown?.(what, payload),
      onBad: (why) => {
        this.#counts.bad_down++;
        this.#say('down', `a message from above was refused: ${why}`);
      },
    });
    this.#link = new Link({
      ...options,
      tls: options.tls ?? {},
      topics: this.#topics,
      limits: this.#limits,
      onOpen: () => this.#onOpen(),
      onLost: (reason) => this.#onLost(reason),
      onState: (state) => options.onState?.(state),
      onMessage: (topic, payload) => down.take(topic, payload),
      onRefused: (error) => this.#refused(error),
      onDial: (tls) => this.#meter.dial(tls),
      onWire: (_, bytes) => this.#meter.packet('link', bytes),
    });
    this.#meter = new Meter({ clock, memory: options.memory, every: this.#limits.remember, tls: this.#link.tls });
    this.#sending = new Sending({
      limits: this.#limits,
      clock,
      meter: this.#meter,
      session: () => this.#link.session,
      onRefused: (error) => this.#refused(error),
    });
    const { pump, messageBytes, buffers } = this.#sending;
    const from = { city, device, anchorOf: options.anchorOf ?? (() => null) };
    const onFault = (text: string) => this.#say('lane', text);
    const shared = { from, limits: this.#limits, messageBytes, buffers, mono: clock.mono, onReady: pump, onFault };
    for (const source of options.lanes) this.#ways.set(source.lane, new LaneWay(source, shared));
    this.#sending.serve(flowsOf(this.#ways.values()));
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
      drain_rate: this.#sending.rate,
    };
  }

  /**
   * Bounds what is sent beside alarms and cases, until it is set again; it is in force at once.
   * @param bytesPerSecond null: as fast as the link goes; a rate outside DRAIN_MIN..DRAIN_MAX counts as the nearer one
   * @returns the rate now in force, and (once that is known) whether it survives a restart
   */
  async setDrainRate(bytesPerSecond: number | null): Promise<{ rate: number | null; kept: boolean }> {
    const rate = this.#sending.setRate(bytesPerSecond);
    return { rate, kept: await this.#meter.keepDrainRate(rate) };
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
        this.#sending.pump();
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
    this.#sending.stop();
    for (const way of this.#ways.values()) way.stop();
    await this.#link.close();
    this.#dropReplies();
    await this.#meter.close();
    this.#wake();
  }

  #onOpen(): void {
    this.#counts.sessions++;
    this.#sending.opened();
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
    if (this.#link.session) for (const way of this.#ways.values()) way.tick();
    this.#sending.tick();
    this.#wake();
  }

  #onAck(ack: Ack): void {
    const way = this.#ways.get(ack.lane);
    // An acknowledgement of an earlier life of the lane is no fault: it was under way when the log was made anew.
    if (!way?.ack(ack.epoch, ack.upTo, ack.above ?? [])) return;
    this.#options.onAck?.(ack.lane, ack.upTo);
    this.#sending.pump();
    this.#wake();
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
