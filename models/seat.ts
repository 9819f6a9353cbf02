// models: one place of the pool: a looking thread, and its successor when it dies or sleeps. In: one look at a time.
// Out: its result, or a typed error within the deadline. Never: an answer of a thread that was given up.
import { Worker } from 'node:worker_threads';
import { KerbError, oneLine } from '../contract/errors.ts';
import type { FromWorker, ToWorker, WireError, WorkerStart } from './messages.ts';
import type { Look } from './types.ts';

/** What a seat is given. */
export interface SeatOptions {
  readonly start: WorkerStart;
  readonly program: URL;
  /** milliseconds for one look, loading a size included; a fine one has longer */
  readonly deadlineMs: number;
  /** it became free, or it could not be filled */
  changed(): void;
  /** a thread was given up */
  restarted(why: KerbError): void;
}

/** A fine look is a dozen runs: it has so many times as long. */
export const FINE = 4;
/** A thread's start may be slow on a busy box, and nobody waits for an answer yet. */
const startMs = 60_000;
/** for a thread to notice that its process has ended */
const patienceMs = 500;
const firstPauseMs = 500;
const longestPauseMs = 60_000;

/** A thread that is replaced when it fails. */
export class Seat {
  readonly #options: SeatOptions;
  #worker: Worker | undefined;
  /** the process of its runtime, where that is one of its own */
  #process: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #job: { id: number; resolve: (look: Look) => void; reject: (error: Error) => void } | undefined;
  #pauseMs = firstPauseMs;
  #closed = false;
  state: 'starting' | 'idle' | 'busy' | 'down' = 'down';
  /** why it is down */
  fault: KerbError | undefined;

  constructor(options: SeatOptions) {
    this.#options = options;
  }

  /** Opens its first thread; once. */
  start(): void {
    this.#spawn();
  }

  /** Runs one look; only when idle. */
  look(message: ToWorker, transfer: ArrayBuffer[]): Promise<Look> {
    this.state = 'busy';
    return new Promise((resolve, reject) => {
      this.#job = { id: message.id, resolve, reject };
      const ms = this.#options.deadlineMs * (message.depth === 'fine' ? FINE : 1);
      this.#arm(ms, () => {
        const remedy = 'its thread was replaced; is the box overloaded?';
        const what = `gave no answer within ${ms} ms`;
        this.#replace(new KerbError('LOOK_TIMEOUT', what, this.#name, remedy));
      });
      this.#worker!.postMessage(message, transfer);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#finish(new KerbError('LOOK_FAILED', 'was stopped', this.#name, 'nothing to do'));
    await this.#dismiss();
    this.state = 'down';
  }

  get #name(): string {
    return `look with ${this.#options.start.card.name}`;
  }

  #arm(ms: number, late: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(late, ms);
  }

  #spawn(): void {
    this.state = 'starting';
    const worker = new Worker(this.#options.program, { workerData: this.#options.start, name: 'look' });
    this.#worker = worker;
    this.#arm(startMs, () => this.#fail(this.#broken(`its thread did not start within ${startMs} ms`)));
    const mine = (act: () => void) => {
      if (worker === this.#worker && !this.#closed) act();
    };
    worker.on('message', (message: FromWorker) => mine(() => this.#hear(message)));
    worker.on('error', (error) => mine(() => this.#lost(`its thread failed: ${oneLine(error)}`)));
    worker.on('exit', (code) => mine(() => this.#lost(`its thread ended with status ${code}`)));
  }

  #hear(message: FromWorker): void {
    if (message.kind === 'ready') {
      clearTimeout(this.#timer);
      this.state = 'idle';
      this.fault = undefined;
      this.#options.changed();
    } else if (message.kind === 'process') {
      this.#process = message.pid ?? undefined;
    } else if (message.kind === 'unfit') {
      this.#fail(revive(message.error));
    } else if (message.id === this.#job?.id) {
      clearTimeout(this.#timer);
      if (message.kind === 'looked') {
        const { kind: _, id: __, ...look } = message;
        this.#pauseMs = firstPauseMs;
        this.#free(() => this.#finish(look));
      } else if (message.error.code === 'MODEL_RUN') {
        // The runtime's memory may be damaged: begin with a fresh one.
        this.#replace(revive(message.error));
      } else {
        this.#free(() => this.#finish(revive(message.error)));
      }
    }
  }

  #free(tell: () => void): void {
    this.state = 'idle';
    tell();
    this.#options.changed();
  }

  #finish(result: Look | KerbError): void {
    const job = this.#job;
    this.#job = undefined;
    if (result instanceof KerbError) job?.reject(result);
    else job?.resolve(result);
  }

  #broken(what: string): KerbError {
    return new KerbError('LOOK_FAILED', what, this.#name, 'it is replaced; see the log if this repeats');
  }

  #lost(what: string): void {
    if (this.state === 'starting') this.#fail(this.#broken(what));
    else this.#replace(this.#broken(what));
  }

  /** A thread that had started is succeeded at once. */
  #replace(why: KerbError): void {
    void this.#dismiss();
    this.#spawn();
    this.#options.restarted(why);
    this.#finish(why);
  }

  /** One that could not start is tried again, ever more slowly. */
  #fail(why: KerbError): void {
    void this.#dismiss();
    this.state = 'down';
    this.fault = why;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#spawn(), this.#pauseMs);
    this.#timer.unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    this.#finish(why);
    this.#options.changed();
  }

  async #dismiss(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    const pid = this.#process;
    this.#process = undefined;
    if (worker && pid !== undefined) await endProcess(worker, pid);
    await worker?.terminate();
  }
}

/** Ends the process of a thread's runtime, and lets the thread see it: what nobody waits for stays in the process list. */
async function endProcess(worker: Worker, pid: number): Promise<void> {
  const seen = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, patienceMs);
    worker.on('message', (message: FromWorker) => {
      if (message.kind !== 'process') return;
      clearTimeout(timer);
      resolve();
    });
  });
  try {
    process.kill(pid, 'SIGKILL');
    await seen;
  } catch {
    // it has ended by itself
  }
}

function revive({ code, what, where, remedy }: WireError): KerbError {
  return new KerbError(code, what, where, remedy);
}
