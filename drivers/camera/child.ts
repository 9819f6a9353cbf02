// drivers/camera: one ffmpeg or ffprobe process. In: program and arguments. Out: its pipe, its end, what it complained.
// Never: an unbounded log, a password in a message, a process that nobody was told about.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { KerbError } from '../../contract/errors.ts';
import { withoutSecrets } from './source.ts';

/** How a process ended: by status, by signal, or because it could not be started. */
export type End =
  | { readonly how: 'exit'; readonly status: number }
  | { readonly how: 'signal'; readonly signal: string }
  | { readonly how: 'unstarted'; readonly error: NodeJS.ErrnoException };

/** Told for every process: true with its start, false with its end. Main keeps these to end leftovers after a crash. */
export type OnChild = (pid: number, started: boolean) => void;

/** As much of a process's last words as is kept. */
const MAX_COMPLAINT = 2000;

export class Child {
  readonly ended: Promise<End>;
  readonly #process: ChildProcess;
  #complaint = '';
  #onComplaint: ((line: string) => void) | null = null;
  #gone = false;

  /** @param notes a third pipe, read by `notes`: ffmpeg's filters write to it as pipe:3 */
  constructor(program: 'ffmpeg' | 'ffprobe', args: readonly string[], onChild?: OnChild, notes = false) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', notes ? 'pipe' : 'ignore'] });
    this.#process = child;
    const pid = child.pid;
    if (pid !== undefined) onChild?.(pid, true);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => this.#complain(text));
    this.ended = new Promise((done) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        // A failed kill also arrives here; only a process that never was has ended by it.
        if (pid !== undefined) return;
        this.#gone = true;
        done({ how: 'unstarted', error });
      });
      child.once('exit', (status, signal) => {
        this.#gone = true;
        if (pid !== undefined) onChild?.(pid, false);
        done(signal === null ? { how: 'exit', status: status ?? 1 } : { how: 'signal', signal });
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get stdout(): Readable {
    return this.#process.stdout!;
  }

  get notes(): Readable | null {
    return (this.#process.stdio[3] as Readable | null | undefined) ?? null;
  }

  /** Its last words, bounded, on one line, without secrets. */
  get complaint(): string {
    const lines = this.#complaint.split('\n').map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim());
    return withoutSecrets(lines.filter(Boolean).slice(-2).join('; ')).slice(0, 300);
  }

  /** Calls back with each piece that the process writes to stderr. */
  onComplaint(listener: (text: string) => void): void {
    this.#onComplaint = listener;
  }

  /** Ends it at once, a stopped one too: it only reads, so there is nothing to flush. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (!this.#gone) this.#process.kill('SIGKILL');
    this.#process.stdout?.destroy();
    this.#process.stderr?.destroy();
    this.notes?.destroy();
    await this.ended;
  }

  #complain(text: string): void {
    this.#complaint = (this.#complaint + text).slice(-MAX_COMPLAINT);
    this.#onComplaint?.(text);
  }
}

/** The error for a program that is not installed; null if it was something else. */
export function unstarted(end: End, program: string): KerbError | null {
  if (end.how !== 'unstarted') return null;
  const what = end.error.code === 'ENOENT' ? 'is not installed' : `cannot be started (${end.error.code})`;
  return new KerbError('CAMERA_FFMPEG', what, program, 'install the package ffmpeg', { cause: end.error });
}

/** How it ended, in words. */
export function endWords(end: End): string {
  if (end.how === 'unstarted') return `could not be started (${end.error.code})`;
  return end.how === 'signal' ? `was ended by ${end.signal}` : `ended with status ${end.status}`;
}
