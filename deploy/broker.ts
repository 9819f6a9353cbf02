// deploy: the embedded broker as a program of its own, for the demo and for the box's local bus (aedes: MQTT 3.1.1).
// In: a JSON file {host, port, users} whose path is the one argument. Out: nothing on stdout; stderr says what happens.
// May never happen: a client reads or writes outside its patterns, one client's fault costs another its connection,
// or what waits for an absent subscriber grows without bound.
import { timingSafeEqual } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import { z } from 'zod';
import { firstIssue, KerbError, MAX_MESSAGE_BYTES, oneLine } from '../contract/index.ts';
import type { BrokerUser } from './broker-users.ts';
import { matches } from './topic-pattern.ts';

export { type BrokerUser, centreUser, deviceUser } from './broker-users.ts';

const userSchema: z.ZodType<BrokerUser> = z.strictObject({
  name: z.string().min(1).max(128),
  password: z.string().min(1).max(256),
  publish: z.array(z.string().max(512)).max(64),
  subscribe: z.array(z.string().max(512)).max(64),
});
const configSchema = z.strictObject({
  host: z.string().max(255).default('127.0.0.1'),
  port: z.number().int().min(0).max(65535),
  users: z.array(userSchema).max(10_000),
});
export type BrokerConfig = z.input<typeof configSchema>;

/** Messages that wait for a subscriber with a session that is away; beyond it they are dropped (the box sends again). */
const MAX_WAITING = 2000;
/** Where a refused message goes: no wildcard matches a topic that begins with $. */
const NOWHERE = '$refused';

export interface Broker {
  /** the port it listens on */
  readonly port: number;
  /** what was refused since the start, by kind */
  readonly refused: { login: number; publish: number; subscribe: number; oversized: number; waiting: number };
  close(): Promise<void>;
}

/** Starts a broker. @throws KerbError BROKER_CONFIG, BROKER_PORT */
export async function startBroker(input: BrokerConfig, where = 'broker', log = (_: string) => {}): Promise<Broker> {
  const config = configSchema.safeParse(input);
  if (!config.success) throw new KerbError('BROKER_CONFIG', firstIssue(config.error), where, 'correct the file');
  const { host, port, users } = config.data;
  const byName = new Map(users.map((user) => [user.name, user]));
  const of = new WeakMap<Client, BrokerUser>();
  const refused = { login: 0, publish: 0, subscribe: 0, oversized: 0, waiting: 0 };
  const say = onceAMinute(log);

  const aedes = await Aedes.createBroker({ connectTimeout: 10_000, drainTimeout: 30_000 });
  aedes.authenticate = (client, name, password, done) => {
    const user = byName.get(name ?? '');
    if (user && password && sameSecret(Buffer.from(user.password), password)) {
      of.set(client, user);
      return done(null, true);
    }
    refused.login++;
    say('login', 'a login was refused');
    const error = new Error('bad user name or password') as AuthenticateError;
    error.returnCode = 4;
    done(error, null);
  };
  // MQTT 3.1.1 has no answer "not authorised" to a publish. As mosquitto does, the message is taken and thrown away:
  // one wrong topic must not put a box into a loop of reconnects that holds up all that is right.
  aedes.authorizePublish = (client, packet, done) => {
    const user = client && of.get(client);
    const oversized = packet.payload.length > MAX_MESSAGE_BYTES;
    if (!user?.publish.some((pattern) => matches(pattern, packet.topic)) || oversized) {
      refused[oversized ? 'oversized' : 'publish']++;
      say('publish', `${user?.name ?? 'a client'}: a message was refused (topic or size)`);
      packet.topic = NOWHERE;
      packet.payload = Buffer.alloc(0);
      packet.retain = false;
    }
    done(null);
  };
  aedes.authorizeSubscribe = (client, subscription, done) => {
    const user = of.get(client);
    if (user?.subscribe.some((pattern) => matches(pattern, subscription.topic))) return done(null, subscription);
    refused.subscribe++;
    say('subscribe', `${user?.name ?? 'a client'}: a subscription was refused`);
    done(null, null);
  };
  aedes.on('clientError', (_, error) => say('client', `a client was disconnected: ${oneLine(error)}`));
  aedes.on('connectionError', (_, error) => say('connection', `a connection was refused: ${oneLine(error)}`));
  boundWaiting(aedes, () => {
    refused.waiting++;
    say('waiting', 'a subscriber is away and its queue is full; messages to it are dropped');
  });

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    boundPacket(socket, () => {
      refused.oversized++;
      say('oversized', 'a connection sent more than a message may hold and was closed');
    });
    aedes.handle(socket);
  });
  const bound = await listen(server, host, port, where);
  return {
    port: bound,
    refused,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
    },
  };
}

/** aedes parses a packet only once it is whole, so a length of 256 MB would be buffered: the head is read here first. */
function boundPacket(socket: Socket, onTooLong: () => void): void {
  const limit = MAX_MESSAGE_BYTES + 64 * 1024;
  let left = 0;
  let head: number[] = [];
  const push = socket.push.bind(socket);
  socket.push = (chunk: Buffer | null, ...rest: [BufferEncoding?]) => {
    for (let at = 0; chunk !== null && at < chunk.length; ) {
      if (left > 0) {
        const take = Math.min(left, chunk.length - at);
        left -= take;
        at += take;
        continue;
      }
      head.push(chunk[at++] ?? 0);
      const last = head.at(-1) ?? 0;
      if (head.length < 2 || (last >= 128 && head.length < 5)) continue;
      left = head.slice(1).reduce((sum, byte, i) => sum + (byte & 127) * 128 ** i, 0);
      head = [];
      if (left > limit) {
        onTooLong();
        socket.destroy();
        return false;
      }
    }
    return push(chunk, ...rest);
  };
}

/** The part of aedes' in-memory persistence that holds what waits for subscribers. */
interface Waiting {
  outgoingEnqueueCombi(subs: { clientId: string }[], packet: unknown): Promise<void>;
  outgoingClearMessageId(client: { id: string }, packet: unknown): Promise<unknown>;
}

function boundWaiting(aedes: Aedes, onDrop: () => void): void {
  const { persistence, clients } = aedes as unknown as { persistence: Waiting; clients: Record<string, unknown> };
  const waiting = new Map<string, number>();
  const enqueue = persistence.outgoingEnqueueCombi.bind(persistence);
  const clear = persistence.outgoingClearMessageId.bind(persistence);
  persistence.outgoingEnqueueCombi = (subs, packet) => {
    const taken = subs.filter(({ clientId }) => {
      const count = waiting.get(clientId) ?? 0;
      const full = count >= MAX_WAITING && !Object.hasOwn(clients, clientId);
      if (full) onDrop();
      else waiting.set(clientId, count + 1);
      return !full;
    });
    return enqueue(taken, packet);
  };
  persistence.outgoingClearMessageId = async (client, packet) => {
    const found = await clear(client, packet);
    if (found) waiting.set(client.id, Math.max(0, (waiting.get(client.id) ?? 0) - 1));
    return found;
  };
}

function sameSecret(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

function onceAMinute(log: (line: string) => void): (kind: string, line: string) => void {
  const last = new Map<string, number>();
  return (kind, line) => {
    const now = performance.now();
    if (now - (last.get(kind) ?? -60_000) < 60_000) return;
    last.set(kind, now);
    log(line);
  };
}

function listen(server: Server, host: string, port: number, where: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const what = error.code === 'EADDRINUSE' ? 'the port is taken' : oneLine(error);
      reject(new KerbError('BROKER_PORT', what, `${where}: ${host}:${port}`, 'choose another port'));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}

async function main(argv: string[]): Promise<void> {
  const [file] = argv;
  if (!file) throw new KerbError('USAGE', 'no configuration', 'broker', 'give the path of its JSON file');
  const log = (line: string) => process.stderr.write(`broker: ${line}\n`);
  let config: BrokerConfig;
  try {
    config = JSON.parse(readFileSync(file, 'utf8')) as BrokerConfig;
  } catch (error) {
    throw new KerbError('BROKER_CONFIG', oneLine(error), file, 'give a readable JSON file');
  }
  const broker = await startBroker(config, file, log);
  log(`listening on port ${broker.port}`);
  // What waits is held by those who sent it, so there is nothing to save: gone at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`broker: ${oneLine(error)}\n`);
    process.exit(error instanceof KerbError ? 2 : 1);
  });
}
