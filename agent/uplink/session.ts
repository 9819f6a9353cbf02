// agent/uplink: one MQTT connection from CONNECT to its end. It never reconnects, never queues and holds nothing but
// packets in flight: mqtt.js' own store is serial and lossy, so keeping and repeating is the lanes' work.
import { connect, type IClientOptions, type MqttClient } from 'mqtt';
import { MAX_MESSAGE_BYTES, oneLine } from '../../contract/index.ts';

export interface SessionOptions {
  /** without credentials */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly clientId: string;
  readonly protocol: 4 | 5;
  /** ms */
  readonly keepalive: number;
  readonly will: { topic: string; payload: string };
  readonly onMessage: (topic: string, payload: Buffer) => void;
  /** once, after the session had opened and ended; `reason` is one line */
  readonly onEnd: (reason: string) => void;
  /** gives up while the session is not open yet */
  readonly signal: AbortSignal;
}

export interface Session {
  readonly protocol: 4 | 5;
  /** messages the broker takes in flight */
  readonly receiveMaximum: number;
  /** QoS 1; `done` at PUBACK, never if the session ends first */
  publish(topic: string, payload: string | Buffer, retain: boolean, done: (error: Error | null) => void): void;
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

/** Opens a session. @throws SessionError */
export function openSession(options: SessionOptions): Promise<Session> {
  const client = connect(options.url, clientOptions(options));
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
    client.once('connect', (packet) => {
      open = true;
      resolve({
        protocol: options.protocol,
        receiveMaximum: packet.properties?.receiveMaximum ?? 65_535,
        publish: (topic, payload, retain, done) => {
          client.publish(topic, payload, { qos: 1, retain }, (error) => {
            if (!ended) done(error ?? null);
          });
        },
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
