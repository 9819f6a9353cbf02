// agent/uplink: the connection to the broker, opened again for as long as it is wanted: which MQTT version, how long to
// wait, birth and last will. In: a broker's address. Out: sessions, one at a time, and how the link is. May never happen:
// two sessions at once, a fault of the network that becomes a throw, or a fleet that comes back at one moment.
import { type deviceTopics, oneLine, type Status } from '../../contract/index.ts';
import { Backoff } from './backoff.ts';
import { type BrokerAddress, parseBroker } from './broker-url.ts';
import type { WireDirection } from './packet-meter.ts';
import { openSession, type Session, SessionError } from './session.ts';
import { readTls, type TlsFiles } from './tls.ts';
import type { UplinkClock, UplinkLimits, UplinkState } from './types.ts';

export interface LinkOptions {
  readonly city: string;
  readonly device: string;
  /** mqtt://user:password@host:port */
  readonly broker: string;
  readonly topics: ReturnType<typeof deviceTopics>;
  readonly birth: () => Omit<Status, 'v' | 'kind' | 'device' | 'online' | 'at'>;
  readonly tls: TlsFiles;
  readonly clock: UplinkClock;
  /** uniform in [0, 1) */
  readonly random: () => number;
  readonly limits: UplinkLimits;
  /** subscribed and born */
  readonly onOpen: (session: Session) => void;
  /** there is no session any more, or the attempt to open one failed */
  readonly onLost: (reason: string) => void;
  readonly onState: (state: UplinkState) => void;
  readonly onMessage: (topic: string, payload: Buffer) => void;
  /** the broker refuses the birth */
  readonly onRefused: (error: Error) => void;
  /** a connection is opened, with or without TLS */
  readonly onDial: (tls: boolean) => void;
  /** MQTT bytes that are none of the lanes' */
  readonly onWire: (direction: WireDirection, bytes: number) => void;
}

const CLOSE_WITHIN = 500;

export class Link {
  readonly #options: LinkOptions;
  readonly #broker: BrokerAddress;
  readonly #backoff: Backoff;
  readonly #giveUp = new AbortController();
  #state: UplinkState;
  #session: Session | null = null;
  /** the version to try next; `settled` once a broker refused the other one by name */
  #protocol: 4 | 5 = 5;
  #settled = false;
  #openedAt = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @throws KerbError BROKER_URL */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#broker = parseBroker(options.broker);
    this.#backoff = new Backoff(options.limits, options.random);
    this.#state = { state: 'offline', since: options.clock.wall(), broker: this.#broker.url };
  }

  /** The session that runs now. */
  get session(): Session | null {
    return this.#session;
  }

  /** Whether the connection is (or would be) encrypted. */
  get tls(): boolean {
    return /^(mqtts|wss):/.test(this.#broker.url);
  }

  get state(): UplinkState {
    return this.#state;
  }

  /** Fires when the link is closed for good. */
  get closed(): AbortSignal {
    return this.#giveUp.signal;
  }

  connect(): void {
    if (this.closed.aborted) return;
    this.#setState('connecting', this.#state.error);
    this.#open().catch((error: unknown) => {
      if (error instanceof SessionError && this.#otherProtocol(error)) this.connect();
      else this.#lost(oneLine(error));
    });
  }

  /** Tells the birth anew: something it says has changed. */
  bornAgain(): void {
    if (this.#session) this.#publishBirth(this.#session);
  }

  /** Says goodbye if there is a session, and ends. At most about one second. */
  async close(): Promise<void> {
    this.#giveUp.abort();
    if (this.#timer) clearTimeout(this.#timer);
    const session = this.#session;
    this.#session = null;
    if (session) {
      await new Promise<void>((resolve) => {
        const give = setTimeout(resolve, CLOSE_WITHIN);
        this.#publishStatus(session, false, () => {
          clearTimeout(give);
          resolve();
        });
      });
      await session.close(CLOSE_WITHIN);
    }
    this.#setState('offline');
  }

  async #open(): Promise<void> {
    const { city, device, topics, clock, limits, onMessage, onOpen, onDial, onWire } = this.#options;
    let ended = false;
    const tls = this.tls ? await readTls(this.#options.tls) : {};
    onDial(this.tls);
    const session = await openSession({
      ...this.#broker,
      clientId: `kerbside-${city}-${device}`,
      protocol: this.#protocol,
      keepalive: limits.keepalive,
      tls,
      onWire,
      will: { topic: topics.status, payload: this.#status(false, 0) },
      signal: this.closed,
      onMessage,
      onEnd: (reason) => {
        ended = true;
        if (this.#session === session) this.#lost(reason);
      },
    });
    if (this.#protocol === 4) this.#settled = true;
    if (this.closed.aborted) return session.close(0);
    try {
      await session.subscribe([topics.down]);
    } catch (error) {
      await session.close(0);
      throw error;
    }
    if (ended || this.closed.aborted) {
      await session.close(0);
      throw new Error('the connection was closed');
    }
    this.#session = session;
    this.#openedAt = clock.mono();
    this.#publishBirth(session);
    this.#setState('online');
    onOpen(session);
  }

  /**
   * MQTT 5 first; 3.1.1 once a broker refused it by name, which is tried at once, or for the next try when it hung up
   * without a word. A version that worked is kept. True: try again now.
   */
  #otherProtocol(error: SessionError): boolean {
    if (this.#settled || error.kind === 'other' || this.closed.aborted) return false;
    this.#protocol = this.#protocol === 5 ? 4 : 5;
    return error.kind === 'version' && this.#protocol === 4;
  }

  #lost(reason: string): void {
    const { clock, limits, onLost } = this.#options;
    // A session that only connected proves nothing: a broker that takes and drops us is still to be spared.
    if (this.#session && clock.mono() - this.#openedAt >= limits.stable) this.#backoff.reset();
    this.#session = null;
    if (this.closed.aborted) return;
    this.#setState('offline', reason);
    onLost(reason);
    this.#timer = setTimeout(() => this.connect(), this.#backoff.next());
  }

  #publishBirth(session: Session): void {
    this.#publishStatus(session, true, (error) => {
      if (error) this.#options.onRefused(error);
    });
  }

  #publishStatus(session: Session, online: boolean, done: (error: Error | null) => void): void {
    const { topics, clock, onWire } = this.#options;
    onWire('up', session.publish(topics.status, this.#status(online, clock.wall()), true, done));
  }

  #status(online: boolean, at: number): string {
    const { device, birth } = this.#options;
    const status: Status = { v: 1, kind: 'status', device, online, at, ...birth() };
    return JSON.stringify(status);
  }

  #setState(state: UplinkState['state'], error?: string): void {
    const since = state === this.#state.state ? this.#state.since : this.#options.clock.wall();
    const protocol = state === 'online' && this.#session ? { protocol: this.#session.protocol } : {};
    this.#state = { state, since, broker: this.#broker.url, ...protocol, ...(error ? { error } : {}) };
    this.#options.onState(this.#state);
  }
}
