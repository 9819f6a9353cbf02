// Parts for tests of the way from outbox to centre: real brokers and our own programs, each a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A folder that goes when the test ends. */
export function tempDir(t: { teardown(body: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'kerbside-test-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  return dir;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}

/** Asks again until the answer is not null. */
export async function eventually<T>(what: string, ask: () => Promise<T | null> | T | null, ms = 30_000): Promise<T> {
  for (const end = performance.now() + ms; ; await wait(30)) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`);
  }
}

/** A program that can be killed and started again; gone when the test ends. */
export class Program {
  readonly #command: string;
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  #child: ChildProcess | null = null;
  stderr = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    this.#command = command;
    this.#args = args;
    this.#env = env;
  }

  start(): this {
    const child = spawn(this.#command, this.#args, { stdio: ['ignore', 'ignore', 'pipe'], env: this.#env });
    child.stderr?.on('data', (data: Buffer) => {
      this.stderr = (this.stderr + data).slice(-20_000);
    });
    this.#child = child;
    return this;
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Sends a signal and waits for the end; gives the exit status, or null after a kill. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child) return null;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode;
  }

  async finished(): Promise<number | null> {
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child?.exitCode ?? null;
  }
}

/** Starts a program and has it killed at the end of the test. */
export function program(
  t: { teardown(body: () => Promise<void>): void },
  command: string,
  args: readonly string[],
): Program {
  const made = new Program(command, args).start();
  t.teardown(async () => void (await made.end('SIGKILL')));
  return made;
}

export async function listening(port: number): Promise<void> {
  await eventually(`port ${port}`, async () => {
    const socket = dial(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    return open ? true : null;
  });
}

/** mosquitto with persistence, open to all, on 127.0.0.1. */
export async function mosquitto(
  t: { teardown(body: () => Promise<void>): void },
  dir: string,
  port: number,
): Promise<Program> {
  const file = join(dir, `mosquitto-${port}.conf`);
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${dir}/`,
    'autosave_interval 1',
    'max_queued_messages 5000',
    'user root',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const made = program(t, 'mosquitto', ['-c', file]);
  await listening(port);
  return made;
}

/** Runs a program to its end. */
export async function finish(
  command: string,
  args: readonly string[],
  stdin = '',
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

export const kerbside = join(ROOT, 'bin/kerbside');
export const centre = join(ROOT, 'bin/centre');
export const node24 = join(ROOT, 'scripts/node24');
