// drivers/camera: a camera (RTSP) or a looped file, live. In: a source. Out: each frame as it arrives, with the injected
// clock's time; a loss, with why; its end. It heals itself: a silent, stopped or ended ffmpeg is replaced.
// Never: a queue of frames, a clock of its own, a restart without a pause between.
import { Child, endWords, type OnChild, unstarted } from './child.ts';
import { type Probe, probe } from './probe.ts';
import { Slicer } from './slicer.ts';
import { inputArgs, outputArgs, type Source } from './source.ts';
import type { CameraListener, CameraLoss } from './types.ts';

export interface LiveOptions {
  /** epoch ms, monotonic where the owner can make it so: the time of each frame is this at its arrival */
  readonly clock: () => number;
  /** a file is played again and again at its own speed; without it once. An RTSP stream takes no notice. */
  readonly loop?: boolean;
  /** frames per second at most; more are left out inside ffmpeg. Default: all */
  readonly maxRate?: number;
  /** silence after which the camera counts as lost, ms. Default 3 000 */
  readonly patience_ms?: number;
  /** the same for opening it, first frame included. Default 10 000 */
  readonly open_ms?: number;
  /** pauses before the restarts, ms: the first after a frame was seen, the last for ever. Default 250 ... 10 000 */
  readonly backoff_ms?: readonly number[];
  readonly onChild?: OnChild;
}

const BACKOFF_MS = [250, 500, 1000, 2000, 5000, 10_000];
/** What ffmpeg says when the stream's size changes while its filters may not be rebuilt (`-reinit_filter 0`). */
const SIZE_CHANGED = 'Changing video frame properties';

/** A running camera. It starts at once and goes on until closed. */
export class LiveCamera {
  readonly #source: Source;
  readonly #listener: CameraListener;
  readonly #options: LiveOptions;
  readonly #stopped = new AbortController();
  readonly #done: Promise<void>;
  #child: Child | null = null;
  #seq = 0;
  #lost = false;
  #restarts = 0;

  constructor(source: Source, listener: CameraListener, options: LiveOptions) {
    this.#source = source;
    this.#listener = listener;
    this.#options = options;
    this.#done = this.#run();
  }

  /** The process that reads just now, or null between two. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** how often ffmpeg was started again */
  get restarts(): number {
    return this.#restarts;
  }

  /** Ends it and its process; nothing is told after that. */
  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#child?.kill();
    await this.#done;
  }

  async #run(): Promise<void> {
    const pauses = this.#options.backoff_ms ?? BACKOFF_MS;
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      const before = this.#seq;
      const loss = await this.#life();
      if (this.#stopped.signal.aborted) return;
      this.#tellLost(loss);
      if (loss.code === 'CAMERA_ENDED' && this.#source.kind === 'file' && !this.#options.loop) return;
      failures = this.#seq > before ? 0 : failures + 1;
      await this.#pause(pauses[Math.min(failures, pauses.length - 1)] ?? 1000);
      this.#restarts += 1;
    }
  }

  /** One life of ffmpeg, from asking for the size to its end; gives why it ended. */
  async #life(): Promise<CameraLoss> {
    let size: Probe;
    try {
      size = await this.#probe();
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { code: code === 'CAMERA_MISSING' ? code : 'CAMERA_UNREADABLE', message };
    }
    const child = new Child('ffmpeg', this.#args(size), this.#options.onChild);
    this.#child = child;
    let verdict: CameraLoss | null = null;
    const end = (loss: CameraLoss) => {
      verdict ??= loss;
      void child.kill();
    };
    if (this.#stopped.signal.aborted) void child.kill();
    child.onComplaint((text) => {
      if (text.includes(SIZE_CHANGED)) end(this.#loss('CAMERA_UNREADABLE', 'the size of its picture has changed'));
    });
    // The loss is told at once, though the process may need a moment to go.
    const watch = new SilenceWatch(this.#options.open_ms ?? 10_000, (waited_ms) => {
      end(this.#loss('CAMERA_SILENT', `no picture for ${(waited_ms / 1000).toFixed(1)} s`));
      this.#tellLost(verdict!);
    });
    try {
      await this.#read(child, size, watch);
    } catch {
      // A pipe that breaks is told by how the process ended.
    } finally {
      watch.stop();
    }
    const how = await child.ended;
    await child.kill();
    this.#child = null;
    const missing = unstarted(how, 'ffmpeg');
    if (missing) return { code: 'CAMERA_UNREADABLE', message: missing.message };
    return verdict ?? this.#loss('CAMERA_ENDED', child.complaint || `ffmpeg ${endWords(how)}`);
  }

  async #read(child: Child, { width, height }: Probe, watch: SilenceWatch): Promise<void> {
    const slicer = new Slicer(width, height);
    for await (const chunk of child.stdout) {
      watch.bytes();
      for (const rgb of slicer.push(chunk)) {
        if (this.#stopped.signal.aborted) return;
        watch.frame(this.#options.patience_ms ?? 3000);
        if (this.#lost) {
          this.#lost = false;
          this.#listener.back();
        }
        this.#listener.frame({ seq: this.#seq++, time: this.#options.clock(), width, height, rgb });
      }
    }
  }

  #probe(): Promise<Probe> {
    return probe(this.#source, this.#options.open_ms ?? 10_000, this.#options.onChild, this.#stopped.signal);
  }

  #args(size: Probe): string[] {
    const global = ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-reinit_filter', '0'];
    const file = this.#source.kind === 'file';
    // Not `-fflags nobuffer` for streams: it throws the first key frame away, and the next may be half a minute off.
    const pace = file ? ['-re', ...(this.#options.loop ? ['-stream_loop', '-1'] : [])] : [];
    const rate = this.#options.maxRate;
    // Half a millisecond of tolerance: time stamps of a container are rounded.
    const cap = rate ? [`select='isnan(prev_selected_t)+gte(t-prev_selected_t,${1 / rate - 0.0005})'`] : [];
    return [...global, ...pace, ...inputArgs(this.#source), ...outputArgs(size, ...cap)];
  }

  #loss(code: CameraLoss['code'], what: string): CameraLoss {
    return { code, message: `${this.#source.shown}: ${what}; it is being opened again` };
  }

  #tellLost(loss: CameraLoss): void {
    if (this.#stopped.signal.aborted || this.#lost) return;
    this.#lost = true;
    this.#listener.lost(loss);
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stopped;
    return new Promise((done) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        done();
      };
      const timer = setTimeout(finish, ms);
      signal.addEventListener('abort', finish);
    });
  }
}

/**
 * Notices that no frame comes. A frame that already waits in the pipe counts as seen: if this process itself was held
 * up, its own timer must not accuse the camera.
 */
class SilenceWatch {
  readonly #silent: (waited_ms: number) => void;
  #timer: NodeJS.Timeout;
  #patience_ms: number;
  #heard = false;
  #stopped = false;

  constructor(patience_ms: number, silent: (waited_ms: number) => void) {
    this.#silent = silent;
    this.#patience_ms = patience_ms;
    this.#timer = setTimeout(() => this.#expire(), patience_ms);
  }

  bytes(): void {
    this.#heard = true;
  }

  frame(patience_ms: number): void {
    if (this.#stopped) return;
    this.#patience_ms = patience_ms;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#expire(), patience_ms);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #expire(): void {
    this.#heard = false;
    // One turn through the poll phase delivers what the kernel has kept for us.
    this.#timer = setTimeout(() => {
      if (this.#stopped) return;
      if (this.#heard) this.frame(this.#patience_ms);
      else {
        this.stop();
        this.#silent(this.#patience_ms);
      }
    }, 100);
  }
}
