// agent/uplink: one MQTT connection from CONNECT to its end. It never reconnects, and holds nothing but packets in flight
// and a few words of control: mqtt.js' own store is serial and lossy, so keeping and repeating is the lanes' work.
// May never happen: more messages without PUBACK than the broker's Receive Maximum (mqtt.js does not look at it).
import type { IClientOptions, MqttClient } from 'mqtt';
import { KerbError, MAX_MESSAGE_BYTES, oneLine } from '../../contract/index.ts';
import { dial } from './dial.ts';
import { PacketMeter, type WireDirection } from './packet-meter.ts';
import type { TlsMaterial } from './tls.ts';

export interface SessionOptions {
  /** without credentials */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly clientId: string;
  readonly protocol: 4 | 5;
  /** ms */
  readonly keepalive: number;
  /** of mqtts and wss: whom to believe, and who we are */
  readonly tls?: TlsMaterial;
  readonly will: { topic: string; payload: string };
  readonly onMessage: (topic: string, payload: Buffer) => void;
  /** a packet that is no message of ours went over the wire: MQTT bytes */
  readonly onWire: (direction: WireDirection, bytes: number) => void;
  /** once, after the session had opened and ended; `reason` is one line */
  readonly onEnd: (reason: string) => void;
  /** gives up while the session is not open yet */
  readonly signal: AbortSignal;
}

export interface Session {
  readonly protocol: 4 | 5;
  /** messages the broker takes in flight */
  readonly receiveMaximum: number;
  /** messages sent or about to be that have no PUBACK yet */
  readonly inFlight: number;
  /**
   * QoS 1; `done` at PUBACK, never if the session ends first. Waits while the broker's Receive Maximum is used up: who
   * sends much looks at `inFlight` before. @returns bytes of the packet
   */
  publish(topic: string, payload: string | Buffer, retain: boolean, done: (error: Error | null) => void): number;
  /** @throws Error when the broker refuses */
  subscribe(topics: string[]): Promise<void>;
  /** DISCONNECT in order, at most `ms`, then by force */
  close(ms: number): Promise<void>;
}

/** Why a connection did not open. `version`: the broker speaks another MQTT; `early`: it hung up without a word. */
export class SessionError extends Error {
  readonly kind: 'version' | 'early' | 'other';
  constructor(message: string, kind: 'version' | 'early' | 'other') {
    super(message);
    this.kind = kind;
  }
}

/** CONNACK codes that mean "not this protocol version": 1 of MQTT 3, 132 of MQTT 5. */
const OTHER_VERSION = new Set([1, 132]);
const CONNECT_TIMEOUT = 10_000;
/** Words of control (birth, replies) that may wait for room; beyond it they are refused. */
const MAX_HELD = 100;

/** Opens a session. @throws SessionError */
export function openSession(options: SessionOptions): Promise<Session> {
  const client = dial(options.url, clientOptions(options), options.tls ?? {});
  return new Promise((resolve, reject) => {
    let open = false;
    let ended = false;
    let reason = '';
    const end = (error: SessionError) => {
      if (ended) return;
      ended = true;
      client.end(true);
      if (open) options.onEnd(error.message);
      else reject(error);
    };
    options.signal.addEventListener('abort', () => {
      if (!open) end(new SessionError('given up', 'other'));
    });
    client.on('error', (error: Error & { code?: unknown }) => {
      reason ||= describe(error);
      if (open) return;
      end(new SessionError(reason, OTHER_VERSION.has(error.code as number) ? 'version' : 'other'));
    });
    client.on('disconnect', (packet) => {
      reason ||= `the broker ended the session (reason ${packet.reasonCode ?? 0})`;
    });
    client.on('close', () => end(new SessionError(reason || 'the connection was closed', reason ? 'other' : 'early')));
    client.on('message', (topic, payload) => {
      if (!ended) options.onMessage(topic, payload);
    });
    const meter = new PacketMeter(options.onWire);
    client.on('packetsend', (packet) => meter.sent(packet));
    client.on('packetreceive', (packet) => meter.received(packet));
    client.once('connect', (packet) => {
      open = true;
      const receiveMaximum = packet.properties?.receiveMaximum ?? 65_535;
      const out = new Outgoing(client, receiveMaximum, () => !ended);
      resolve({
        protocol: options.protocol,
        receiveMaximum,
        get inFlight() {
          return out.inFlight;
        },
        publish: (topic, payload, retain, done) => out.publish({ topic, payload, retain, done }),
        subscribe: async (topics) => {
          const granted = await client.subscribeAsync(topics, { qos: 1 });
          const refused = granted.find(({ qos }) => qos >= 128);
          if (refused) throw new Error(`the broker refuses the subscription to ${refused.topic}`);
        },
        close: (ms) => {
          ended = true;
          return endWithin(client, ms);
        },
      });
    });
  });
}

interface Outgo {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly retain: boolean;
  readonly done: (error: Error | null) => void;
}

/** Our messages without PUBACK, never more than the broker said it takes (MQTT 5, 3.1.2.11.3 and 4.9). */
class Outgoing {
  readonly #client: MqttClient;
  readonly #most: number;
  readonly #alive: () => boolean;
  readonly #held: Outgo[] = [];
  #sent = 0;

  constructor(client: MqttClient, most: number, alive: () => boolean) {
    this.#client = client;
    this.#most = most;
    this.#alive = alive;
  }

  get inFlight(): number {
    return this.#sent + this.#held.length;
  }

  publish(out: Outgo): number {
    if (this.#sent < this.#most) this.#send(out);
    else if (this.#held.length < MAX_HELD) this.#held.push(out);
    else {
      const what = `${MAX_HELD} messages wait for the broker already`;
      out.done(new KerbError('UPLINK_BUSY', what, out.topic, 'send it again later'));
    }
    return PacketMeter.publishBytes(out.topic, out.payload);
  }

  #send({ topic, payload, retain, done }: Outgo): void {
    this.#sent++;
    this.#client.publish(topic, payload, { qos: 1, retain }, (error) => {
      if (!this.#alive()) return;
      this.#sent--;
      const next = this.#held.shift();
      if (next) this.#send(next);
      done(error ?? null);
    });
  }
}

function clientOptions(options: SessionOptions): IClientOptions {
  return {
    protocolVersion: options.protocol,
    clientId: options.clientId,
    clean: true,
    keepalive: Math.round(options.keepalive / 1000),
    connectTimeout: CONNECT_TIMEOUT,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.protocol === 5 ? { properties: { receiveMaximum: 64, maximumPacketSize: MAX_MESSAGE_BYTES } } : {}),
    will: { ...options.will, payload: Buffer.from(options.will.payload), qos: 1, retain: true },
  };
}

function endWithin(client: MqttClient, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => client.end(true, () => resolve()), ms);
    client.end(false, () => {
      clearTimeout(force);
      resolve();
    });
  });
}

function describe(error: Error & { code?: unknown }): string {
  // An attempt on several addresses (localhost: IPv6, IPv4) fails as a group whose own message is empty.
  if (error instanceof AggregateError) return oneLine(error.errors[0] ?? error.message);
  return oneLine(error) || String(error.code ?? 'failed');
}
