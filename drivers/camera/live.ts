// drivers/camera: a stream (RTSP, USB) or a looped file, live. In: a source. Out: each frame as it arrives, with the
// injected clock's time; a loss, with why; its end. It heals itself: a silent, stopped or ended ffmpeg is replaced.
// Never: a queue of frames, a wall clock of its own, a restart without a pause between.
import { Child, endWords, type OnChild, unstarted } from './child.ts';
import { Healing } from './healing.ts';
import { meaningOf, probe } from './probe.ts';
import { Slicer } from './slicer.ts';
import { decoderArgs, inputArgs, outputArgs, type StreamSource } from './source.ts';
import type { CameraListener, CameraLoss, Frame, LiveSource, StreamFacts } from './types.ts';
import { StreamWatch, USUAL_RATE } from './watch.ts';

export interface LiveOptions {
  /** epoch ms, monotonic where the owner can make it so: the time of each frame is this at its arrival */
  readonly clock: () => number;
  /** a file is played again and again at its own speed; without it once. Everything else takes no notice. */
  readonly loop?: boolean;
  /** frames per second at most; more are left out inside ffmpeg. Default: all; of snapshots and folders 1 */
  readonly maxRate?: number;
  /** silence after which the camera counts as lost, ms. Default 3 000; of a folder 120 000 */
  readonly patience_ms?: number;
  /** the same for opening it, first frame included. Default 10 000 */
  readonly open_ms?: number;
  /** pauses before the restarts, ms: the first after a frame was seen, the last for ever. Default 250 ... 10 000 */
  readonly backoff_ms?: readonly number[];
  readonly onChild?: OnChild;
}

/** What ffmpeg says when the stream's size changes while its filters may not be rebuilt (`-reinit_filter 0`). */
const SIZE_CHANGED = 'Changing video frame properties';
/** Up to this one thread decodes a stream in time, on slow cores too. */
const SMALL_PIXELS = 1280 * 720;
/** Prints a line with its time for each picture that is delivered, to the third pipe. */
const STAMPS = ['metadata=add:key=k:value=1', "metadata=print:key=k:file='pipe\\:3':direct=1"];
/** A line of it is under 60 bytes. */
const MAX_LINE = 400;

/** A running camera behind ffmpeg. */
export class LiveCamera implements LiveSource {
  readonly #source: StreamSource;
  readonly #options: LiveOptions;
  readonly #healing: Healing;
  readonly #done: Promise<void>;
  #child: Child | null = null;
  #slicer: Slicer | null = null;
  #maxRate: number | undefined;
  /** this child is ended for one of another rate */
  #renewed: Child | null = null;
  /** after it sent far more than it said: its own rate, the usual one if it says none */
  #cap: number | null = null;

  constructor(source: StreamSource, listener: CameraListener, options: LiveOptions) {
    this.#source = source;
    this.#options = options;
    this.#maxRate = options.maxRate;
    this.#healing = new Healing(listener, options.clock, options.backoff_ms);
    this.#done = this.#healing.run(
      () => this.#life(),
      ({ code }) => this.#once && code === 'CAMERA_ENDED',
    );
  }

  /** a recording that is played to its end, no more */
  get #once(): boolean {
    return this.#source.kind === 'file' && !this.#options.loop;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get restarts(): number {
    return this.#healing.restarts;
  }

  get facts(): StreamFacts | null {
    return this.#healing.facts;
  }

  giveBack({ rgb }: Frame): void {
    this.#slicer?.giveBack(rgb);
  }

  setMaxRate(rate: number): void {
    if (rate === this.#maxRate) return;
    this.#maxRate = rate;
    this.#renewed = this.#child;
    void this.#child?.kill();
  }

  async close(): Promise<void> {
    this.#healing.stopped.abort();
    await this.#child?.kill();
    await this.#done;
  }

  /** One life of ffmpeg, from asking what it is to its end; gives why it ended; null: for one of another rate. */
  async #life(): Promise<CameraLoss | null> {
    const { signal } = this.#healing.stopped;
    const { open_ms = 10_000, onChild } = this.#options;
    let facts: StreamFacts;
    try {
      facts = await probe(this.#source, open_ms, onChild, signal);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { code: code === 'CAMERA_FFMPEG' ? 'CAMERA_UNREADABLE' : (code as CameraLoss['code']), message };
    }
    // One that is asked for a picture every few seconds is not silent in between.
    const patience_ms = Math.max(this.#options.patience_ms ?? 3000, 3000 / (this.#maxRate ?? 10));
    const child = new Child('ffmpeg', this.#args(facts), onChild, true);
    this.#child = child;
    let verdict: CameraLoss | null = null;
    const end = (loss: CameraLoss) => {
      verdict ??= loss;
      void child.kill();
    };
    if (signal.aborted) void child.kill();
    child.onComplaint((text) => {
      if (text.includes(SIZE_CHANGED)) end(this.#loss('CAMERA_CHANGED', 'the size of its picture has changed'));
    });
    // The loss is told at once, though the process may need a moment to go.
    const watch = new StreamWatch(
      { open_ms, patience_ms, rate: facts.rate, mono: () => performance.now() },
      ({ code, what }) => {
        if (code === 'CAMERA_FAST') this.#cap = facts.rate ?? USUAL_RATE;
        end(this.#loss(code, what));
        this.#healing.tellLost(verdict!);
      },
    );
    this.#healing.opened(facts);
    try {
      readStamps(child, watch);
      await this.#read(child, facts, watch);
    } catch {
      // A pipe that breaks is told by how the process ended.
    } finally {
      watch.stop();
    }
    const how = await child.ended;
    await child.kill();
    this.#child = null;
    if (this.#renewed === child && !verdict) return null;
    const missing = unstarted(how, 'ffmpeg');
    if (missing) return { code: 'CAMERA_UNREADABLE', message: missing.message };
    const complaint = child.complaint;
    const code = meaningOf(complaint) === 'CAMERA_UNREADABLE' ? 'CAMERA_ENDED' : meaningOf(complaint);
    if (!verdict && this.#once && code === 'CAMERA_ENDED') {
      return { code, message: `${this.#source.shown}: ${complaint || 'the recording has ended'}` };
    }
    return verdict ?? this.#loss(code, complaint || `ffmpeg ${endWords(how)}`);
  }

  async #read(child: Child, { width, height }: StreamFacts, watch: StreamWatch): Promise<void> {
    const slicer = new Slicer(width, height);
    this.#slicer = slicer;
    for await (const chunk of child.stdout) {
      watch.bytes();
      for (const rgb of slicer.push(chunk)) {
        if (this.#healing.stopped.signal.aborted) return;
        watch.frame();
        if (!this.#healing.frame(width, height, rgb)) slicer.giveBack(rgb);
      }
    }
  }

  #args(facts: StreamFacts): string[] {
    const global = ['-hide_banner', '-nostdin', '-loglevel', 'warning', '-reinit_filter', '0'];
    // Not `-fflags nobuffer` for streams: it throws the first key frame away, and the next may be half a minute off.
    const recorded = this.#source.kind !== 'rtsp' && !this.#source.path.startsWith('/dev/');
    const loop = this.#source.kind === 'usb' || this.#options.loop;
    const pace = recorded ? ['-re', ...(loop ? ['-stream_loop', '-1'] : [])] : [];
    const rate = Math.min(this.#maxRate ?? Infinity, this.#cap ?? Infinity);
    // Half a millisecond of tolerance: time stamps of a container are rounded.
    const cap = Number.isFinite(rate)
      ? [`select='isnan(prev_selected_t)+gte(t-prev_selected_t,${1 / rate - 0.0005})'`]
      : [];
    // A decoder's every thread holds pictures of its own; a small stream needs one.
    const threads = ['-filter_threads', '1', '-threads', facts.width * facts.height <= SMALL_PIXELS ? '1' : '2'];
    const input = [...threads, ...decoderArgs(this.#source), ...inputArgs(this.#source)];
    return [...global, ...pace, ...input, ...outputArgs(facts, cap, STAMPS, 'fast')];
  }

  #loss(code: CameraLoss['code'], what: string): CameraLoss {
    return { code, message: `${this.#source.shown}: ${what}; it is being opened again` };
  }
}

/** Reads the times of the pictures off the third pipe: "frame:12   pts:1200    pts_time:1.2". */
function readStamps(child: Child, watch: StreamWatch): void {
  let rest = '';
  child.notes?.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!.slice(-MAX_LINE);
    for (const line of lines) {
      const time = /pts_time:(\S+)/.exec(line)?.[1];
      if (time !== undefined) watch.stamp(Number(time));
    }
  });
  child.notes?.on('error', () => {});
}
