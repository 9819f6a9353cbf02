// campaign: the programs that are killed, each a process of its own that is started again and again.
// In: command lines. Out: lines of its stdout, what it last said on stderr. Never: one that outlives the campaign.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

interface Command {
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
}

export class Program {
  readonly name: string;
  readonly #command: () => Command;
  readonly #onLine: (line: string) => void;
  #child: ChildProcess | null = null;
  #wanted: NodeJS.Signals | null = null;
  /** ends that nobody asked for: exit status or signal, and the last words */
  readonly crashes: string[] = [];
  stderr = '';
  /** called when it has ended although nobody asked it to */
  onCrash: () => void = () => undefined;

  constructor(name: string, command: () => Command, onLine: (line: string) => void) {
    this.name = name;
    this.#command = command;
    this.#onLine = onLine;
  }

  get running(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const { command, args, env } = this.#command();
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.#child = child;
    this.#wanted = null;
    this.stderr = '';
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      // What was cut off by a kill is no line.
      rest = lines.pop() ?? '';
      for (const line of lines) this.#onLine(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-4000);
    });
    child.stdin.on('error', () => undefined);
    // Even where the campaign itself fails: nothing outlives it.
    const last = () => child.kill('SIGKILL');
    process.once('exit', last);
    child.on('close', (status, signal) => {
      process.off('exit', last);
      if (this.#wanted !== null || this.#child !== child) return;
      this.crashes.push(`${this.name} ended by itself (${signal ?? status}): ${this.stderr.trim().slice(-1500)}`);
      this.onCrash();
    });
  }

  /** Whatever it does from now on, and be it to end, is not its fault. */
  doom(): void {
    if (this.running) this.#wanted ??= 'SIGKILL';
  }

  tell(message: object): void {
    this.#child?.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  /** Ends it; resolves with the exit status once all it said has been read. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#wanted = signal;
    if (!child || !this.running) return child?.exitCode ?? null;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
    return child.exitCode;
  }
}

/**
 * A port for a program that is started again and again. It lies below those that the system gives to connections: one of
 * these could take it while the program is dead.
 */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 16_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** The configuration of a mosquitto that keeps sessions over a restart, on 127.0.0.1, open to all. */
export function mosquittoConf(dir: string, port: number): string {
  const file = join(dir, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence true',
    `persistence_location ${dir}/`,
    'autosave_interval 1',
    'max_queued_messages 5000',
    ...(process.getuid?.() === 0 ? ['user root'] : []),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
