// agent/main/demo: one program that is kept running. In: how to start it. Out: restarts with back-off, an orderly end.
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { ProcessFile } from './processes.ts';

export interface Program {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const FIRST_DELAY_MS = 200;
const LAST_DELAY_MS = 5000;
/** a life this long counts as good: the next restart is quick again */
const GOOD_LIFE_MS = 10_000;

/**
 * Keeps one program running. It is told of our death by its IPC channel closing, and ends itself then.
 * Events: `message` (what the program sends), `refused` (it ended with status 2: bad input, no restart helps).
 */
export class Child extends EventEmitter<{ message: [unknown]; refused: [] }> {
  readonly #program: Program;
  readonly #processes: ProcessFile;
  #process: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #delay = FIRST_DELAY_MS;
  #wanted = false;
  restarts = 0;

  constructor(program: Program, processes: ProcessFile) {
    super();
    this.#program = program;
    this.#processes = processes;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  start(): void {
    this.#wanted = true;
    const { command, args, env, name } = this.#program;
    const began = performance.now();
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, ...env },
    });
    this.#process = child;
    const { pid } = child;
    if (pid !== undefined) this.#processes.add(pid);
    child.on('message', (message) => this.emit('message', message));
    child.on('error', () => {});
    // `close` comes when its pipes are closed too; it also comes when the program could not be started at all
    child.once('close', (status, signal) => {
      if (pid !== undefined) this.#processes.remove(pid);
      this.#process = null;
      if (!this.#wanted) return;
      if (status === 2) {
        this.#wanted = false;
        this.emit('refused');
        return;
      }
      if (performance.now() - began > GOOD_LIFE_MS) this.#delay = FIRST_DELAY_MS;
      process.stderr.write(`kerbside: ${name} ended (${signal ?? `status ${status}`}); starting it again\n`);
      this.restarts += 1;
      this.#timer = setTimeout(() => this.start(), this.#delay);
      this.#delay = Math.min(this.#delay * 2, LAST_DELAY_MS);
    });
  }

  send(message: unknown): void {
    if (this.#process?.connected) this.#process.send(message as object, () => {});
  }

  /** Asks it to end (SIGTERM), and ends it (SIGKILL) once `patienceMs` has passed. */
  async stop(patienceMs: number): Promise<void> {
    this.#wanted = false;
    if (this.#timer) clearTimeout(this.#timer);
    const child = this.#process;
    if (!child) return;
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    child.kill('SIGTERM');
    // A stopped process (SIGSTOP) takes no SIGTERM until it is continued.
    child.kill('SIGCONT');
    const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await ended;
    clearTimeout(kill);
  }
}
