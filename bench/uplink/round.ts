// bench: one outage and its end, for any sender: all is accepted while the centre's mosquitto is away, then it comes back,
// with the centre at it. Out: records a second from the first to the last that arrived, and the sender's resident memory meanwhile.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../../contract/index.ts';
import type { Load } from './load.ts';

export interface Outcome {
  /** records that arrived, and how many of them a second */
  readonly count: number;
  readonly perSecond: number;
  /** bytes that came over the wire */
  readonly bytes: number;
  /** largest resident memory of the sender while it caught up */
  readonly rssMb: number;
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const SAMPLE_EVERY = 20;
const WITHIN = 120_000;

/** A small nursery, as a box has it; the rest as Node has it, like the peers. */
const BOX_FLAGS = ['--max-semi-space-size=4'];

export type Sender = 'ours' | 'memory' | 'level' | 'bridge';

/** Sent while all is well, before the outage: every sender is warm then, as in life. */
const BEFORE = 5_000;

/** @param records accepted while the broker is away */
export async function outage(sender: Sender, records: number, load: Load = 'records'): Promise<Outcome> {
  const dir = mkdtempSync(join(tmpdir(), 'kerbside-bench-'));
  const port = await freePort();
  const sink = fork(file('sink.ts'));
  const children: ChildProcess[] = [sink];
  /** The centre's broker with the centre at it. */
  const begin = async (expect: number) => {
    const subscribed = message(sink);
    sink.send({ port, expect });
    const broker = await mosquitto(dir, 'centre', [`listener ${port} 127.0.0.1`], children);
    await subscribed;
    return broker;
  };
  try {
    const broker = await begin(BEFORE);
    const { child, fill } = await STARTS[sender](dir, port, load, records, children);
    await message(sink);
    broker.kill('SIGKILL');
    await fill();
    const memory = new Memory(child.pid!);
    await begin(records);
    const { count, seconds, bytes } = (await message(sink)) as { count: number; seconds: number; bytes: number };
    return { count, bytes, perSecond: count / Math.max(seconds, 1e-3), rssMb: memory.end() };
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A mosquitto that bounds nothing and keeps nothing on disk. */
async function mosquitto(dir: string, name: string, more: string[], children: ChildProcess[]): Promise<ChildProcess> {
  const config = [
    ...more,
    'allow_anonymous true',
    'max_queued_messages 0',
    'max_inflight_messages 0',
    'persistence false',
    'log_type none',
  ];
  const path = join(dir, `${name}.conf`);
  writeFileSync(path, `${config.join('\n')}\n`);
  const child = spawn('mosquitto', ['-c', path], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn').catch(() => {
    throw new KerbError('BENCH_PEER', 'mosquitto does not start', 'uplink.catchup', 'apt-get install mosquitto');
  });
  return child;
}

/** A sender that sends BEFORE records, and accepts the others when `fill` is called. */
type Start = (
  dir: string,
  port: number,
  load: Load,
  records: number,
  children: ChildProcess[],
) => Promise<{ child: ChildProcess; fill: () => Promise<unknown> }>;

const program =
  (name: string, first: (dir: string) => string): Start =>
  async (dir, port, load, records, children) => {
    const execArgv = name === 'ours.ts' ? BOX_FLAGS : [];
    const child = fork(file(name), [first(dir), `${port}`, load, `${BEFORE}`, `${records}`], { execArgv });
    children.push(child);
    const fill = () => {
      child.send('fill');
      return message(child);
    };
    return { child, fill };
  };

/** A mosquitto beside the box, fed over MQTT, whose bridge keeps what is out of reach. */
const bridge: Start = async (dir, port, load, records, children) => {
  const local = await freePort();
  const child = await mosquitto(
    dir,
    'bridge',
    [
      `listener ${local} 127.0.0.1`,
      'connection centre',
      `address 127.0.0.1:${port}`,
      'topic # out 1',
      'cleansession false',
      'notifications false',
      'restart_timeout 1',
    ],
    children,
  );
  const feed = async (count: number) => {
    const feeder = fork(file('feed.ts'), [`${local}`, load, `${count}`]);
    children.push(feeder);
    await once(feeder, 'exit');
  };
  await wait(300);
  await feed(BEFORE);
  return { child, fill: () => feed(records) };
};

const STARTS: Record<Sender, Start> = {
  ours: program('ours.ts', (dir) => dir),
  memory: program('mqttjs.ts', () => 'memory'),
  level: program('mqttjs.ts', (dir) => join(dir, 'level')),
  bridge,
};

/** The next thing a child says. */
async function message(child: ChildProcess): Promise<unknown> {
  const over = new AbortController();
  const ended = once(child, 'exit', { signal: over.signal }).then(() => {
    throw new KerbError(
      'BENCH_PEER',
      'a program ended before it was done',
      child.spawnargs.join(' '),
      'run it by hand',
    );
  });
  try {
    const said = once(child, 'message', { signal: over.signal });
    const late = wait(WITHIN, undefined, { signal: over.signal }).then(() => {
      throw new KerbError(
        'BENCH_PEER',
        `nothing within ${WITHIN / 1000} s`,
        child.spawnargs.join(' '),
        'run it by hand',
      );
    });
    for (const one of [ended, said, late]) one.catch(() => undefined);
    return ((await Promise.race([said, ended, late])) as unknown[])[0];
  } finally {
    over.abort();
  }
}

/** Watches the resident memory of a process. */
class Memory {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #most = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), SAMPLE_EVERY);
    this.#look();
  }

  #look(): void {
    const pages = Number(readFileSync(`/proc/${this.#pid}/statm`, 'utf8').split(' ')[1]);
    this.#most = Math.max(this.#most, (pages * 4096) / 1e6);
  }

  end(): number {
    this.#look();
    clearInterval(this.#timer);
    return this.#most;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
