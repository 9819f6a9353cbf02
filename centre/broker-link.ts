// centre: the connection to the broker, kept up for ever. In: PUBLISH packets, each with the means to confirm it later.
// Out: acknowledgements. The session persists at the broker under a fixed client id, so what comes while the centre is
// away waits there; a message is confirmed (PUBACK) only when the intake says that it is stored.
import { connect, type MqttClient } from 'mqtt';
import { ALL_UP, KerbError, MAX_MESSAGE_BYTES, oneLine } from '../contract/index.ts';

export interface Delivery {
  topic: string;
  payload: Buffer;
  /** PUBACK; of no effect once the connection it came over is gone (the broker then delivers again) */
  confirm(): void;
}

export interface BrokerLinkOptions {
  url: string;
  username?: string;
  password?: string;
  clientId: string;
  /** Takes a message; `more` lets the next one in: until then the connection is not read. */
  onDelivery: (delivery: Delivery, more: () => void) => void;
  onState: (state: 'online' | 'offline', reason: string) => void;
}

const FIRST_WAIT = 200;
const LONGEST_WAIT = 30_000;
const STABLE = 5_000;
/** Acknowledgements that may wait for the broker; beyond it they are dropped: a box that misses one sends again. */
const MAX_PENDING_ACKS = 1000;

/** mqtt://user:password@host:port in parts. @throws KerbError BROKER_URL */
export function parseBrokerUrl(text: string): { url: string; username?: string; password?: string } {
  const url = URL.parse(text);
  if (!url || !['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(url.protocol) || !url.hostname) {
    const shown = text.replace(/\/\/.*@/, '//').slice(0, 100);
    throw new KerbError('BROKER_URL', `"${shown}" is no broker address`, '--broker', 'give e.g. mqtt://127.0.0.1:1883');
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return {
    url: url.href.replace(/\/$/, ''),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  };
}

export class BrokerLink {
  readonly #options: BrokerLinkOptions;
  #client: MqttClient | null = null;
  #online = false;
  #protocol: 4 | 5 = 5;
  #settled = false;
  #failures = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #pendingAcks = 0;

  constructor(options: BrokerLinkOptions) {
    this.#options = options;
  }

  get online(): boolean {
    return this.#online;
  }

  start(): void {
    this.#connect();
  }

  /** QoS 1. False: there is no connection, or too many wait. */
  publish(topic: string, payload: string, retain = false): boolean {
    const client = this.#client;
    if (!client || !this.#online || this.#pendingAcks >= MAX_PENDING_ACKS) return false;
    this.#pendingAcks++;
    client.publish(topic, payload, { qos: 1, retain }, () => {
      if (this.#client === client) this.#pendingAcks--;
    });
    return true;
  }

  /** Ends at once: what was not confirmed stays with the broker. */
  close(): Promise<void> {
    this.#closed = true;
    this.#online = false;
    if (this.#timer) clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    if (!client) return Promise.resolve();
    return new Promise((resolve) => {
      const force = setTimeout(() => client.end(true, () => resolve()), 200);
      client.end(false, () => {
        clearTimeout(force);
        resolve();
      });
    });
  }

  #connect(): void {
    const { url, username, password, clientId, onDelivery } = this.#options;
    const client = connect(url, {
      protocolVersion: this.#protocol,
      clientId,
      clean: false,
      keepalive: 30,
      connectTimeout: 10_000,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      // A session that outlives the connection needs a time in MQTT 5, and has one by `clean: false` in 3.1.1.
      ...(this.#protocol === 5
        ? { properties: { sessionExpiryInterval: 7 * 86_400, maximumPacketSize: MAX_MESSAGE_BYTES + 1024 } }
        : {}),
    });
    this.#client = client;
    this.#pendingAcks = 0;
    let opened = 0;
    let reason = '';
    let code: unknown;
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      client.end(true);
      if (this.#client !== client) return;
      if (!opened && this.#otherProtocol(code, reason)) {
        this.#connect();
        return;
      }
      if (opened && performance.now() - opened > STABLE) this.#failures = 0;
      this.#again(reason || 'the connection was closed');
    };
    client.on('error', (error: Error & { code?: unknown }) => {
      reason ||= oneLine(error instanceof AggregateError ? error.errors[0] : error);
      code ??= error.code;
      if (!opened) end();
    });
    client.on('close', end);
    client.handleMessage = (packet, callback) => {
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
      const confirm = () => {
        if (packet.qos === 1 && client.connected && !over) sendPuback(client, packet.messageId ?? 0);
      };
      // An error given here is how mqtt.js is kept from confirming by itself; it has no other effect.
      onDelivery({ topic: packet.topic, payload, confirm }, () => callback(new Error('confirmed later')));
    };
    client.once('connect', () => {
      opened = performance.now();
      if (this.#protocol === 4) this.#settled = true;
      client.subscribe(ALL_UP, { qos: 1 }, (error, granted) => {
        if (this.#client !== client || over) return;
        if (error || granted?.some(({ qos }) => qos >= 128)) {
          reason = `the subscription is refused: ${error ? oneLine(error) : 'no permission'}`;
          return end();
        }
        this.#online = true;
        this.#options.onState('online', `MQTT ${this.#protocol === 5 ? '5' : '3.1.1'}`);
      });
    });
  }

  /** MQTT 5 first; 3.1.1 at once after a refusal by name, at the next try after silence. True: try again now. */
  #otherProtocol(code: unknown, reason: string): boolean {
    const byName = code === 1 || code === 132;
    if (this.#settled || this.#closed || !(byName || reason === '')) return false;
    this.#protocol = this.#protocol === 5 ? 4 : 5;
    return byName && this.#protocol === 4;
  }

  #again(reason: string): void {
    this.#client = null;
    this.#online = false;
    if (this.#closed) return;
    this.#options.onState('offline', reason);
    const bound = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(this.#failures++, 20));
    this.#timer = setTimeout(() => this.#connect(), Math.random() * bound);
  }
}

/** mqtt.js confirms only from within its own handler; this is the same packet, sent at the time of our choice. */
function sendPuback(client: MqttClient, messageId: number): void {
  client['_sendPacket']({ cmd: 'puback', messageId, reasonCode: 0 });
}
