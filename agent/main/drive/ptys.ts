// agent/main/drive: a pty that stands for a device's serial port. In: bytes to be read at its far end. Out: what is
// written there, whether somebody listens. Killing its process is losing the device; it comes back by itself.
//
// A pty needs a program that opens it; `socat` is that program. It waits until somebody opens the port (so that nobody
// ever reads minutes-old bytes), passes bytes both ways, and ends when the port is closed.
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';

/** A device that was killed is away for so long, ms: longer than the 5 s within which its loss must be seen. */
export const AWAY_MS = 6000;
/** A port that was closed can be opened again so soon, ms. */
const REOPEN_MS = 100;
/** Bytes that may wait for a slow reader; a serial line has no memory, so more are dropped. */
const MAX_WAITING = 32_768;

export interface PtyEvents {
  /** the port can be opened: at first, and each time after it was away */
  ready(pid: number): void;
  /** bytes that came from whoever has the port open */
  input?(bytes: Buffer): void;
  /** somebody opened the port */
  opened?(): void;
  /** it ended: closed by its reader, or killed */
  gone?(killed: boolean): void;
  /** it cannot be had at all: told once, nothing more comes */
  failed(reason: string): void;
}

export class Pty {
  readonly #path: string;
  readonly #events: PtyEvents;
  #process: ChildProcess | null = null;
  #timer: NodeJS.Timeout | undefined;
  #open = false;
  #stopped = false;

  /** @param path a link to the port; made anew each time */
  constructor(path: string, events: PtyEvents) {
    this.#path = path;
    this.#events = events;
  }

  /** Process id of the pty's program, while it is there: kill it to lose the device. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  start(): void {
    rmSync(this.#path, { force: true });
    const pty = `pty,raw,echo=0,link=${this.#path},wait-slave,pty-interval=0.05`;
    // setpriv (util-linux): the pty does not outlive us, however we end
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'socat', '-d', '-d', '-t', '0.05', pty, '-'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    let said = '';
    let ready = false;
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('latin1')).slice(-2048);
      if (!ready && said.includes('PTY is')) {
        ready = true;
        this.#events.ready(child.pid!);
      }
      if (!this.#open && said.includes('starting data transfer loop')) {
        this.#open = true;
        this.#events.opened?.();
      }
    });
    child.stdout.on('data', (bytes: Buffer) => this.#events.input?.(bytes));
    // a write to a program that just ended is no fault of ours
    child.stdin.on('error', () => {});
    child.on('error', (error) => this.#fail(`setpriv: ${error.message}`));
    child.once('close', (status, signal) => {
      this.#process = null;
      this.#open = false;
      // a killed program leaves its link, which may soon name somebody else's terminal
      rmSync(this.#path, { force: true });
      if (this.#stopped) return;
      if (!ready) {
        this.#fail(said.trim().split('\n').at(-1) ?? 'socat ended');
        return;
      }
      const killed = signal !== null || status !== 0;
      this.#events.gone?.(killed);
      this.#timer = setTimeout(() => this.start(), killed ? AWAY_MS : REOPEN_MS);
    });
  }

  /** Bytes for whoever has the port open; dropped while nobody has. */
  write(text: string): void {
    const stdin = this.#process?.stdin;
    if (!this.#open || !stdin?.writable || stdin.writableLength > MAX_WAITING) return;
    stdin.write(text, 'latin1');
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    const child = this.#process;
    if (!child) return;
    const ended = new Promise<void>((done) => child.once('close', () => done()));
    child.kill('SIGKILL');
    await ended;
  }

  #fail(reason: string): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#events.failed(reason);
  }
}
