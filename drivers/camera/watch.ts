// drivers/camera: is a stream that sends still well? In: when bytes and frames came, and what time ffmpeg read on them.
// Out: one verdict: silent, its time stands still, or far too fast. Never: a camera accused because we were held up.

export interface WatchSettings {
  /** silence that is borne until the first frame, ms */
  readonly open_ms: number;
  /** silence, or time standing still, that is borne after that, ms */
  readonly patience_ms: number;
  /** pictures per second that the camera says it sends; null: it does not say */
  readonly rate: number | null;
  /** ms, never goes back */
  readonly mono: () => number;
}

export type Verdict = { readonly code: 'CAMERA_SILENT' | 'CAMERA_STUCK' | 'CAMERA_FAST'; readonly what: string };

/** So many times its own rate, for so long, is too fast: a burst after a pause in the network is not. */
const FAST_TIMES = 4;
const FAST_WINDOW_MS = 5000;
/** Pictures per second of a camera that does not say how many it sends. */
export const USUAL_RATE = 30;

/** Watches one life of a decoder. Calls back once. */
export class StreamWatch {
  readonly #settings: WatchSettings;
  readonly #verdict: (verdict: Verdict) => void;
  #timer: NodeJS.Timeout;
  #patience_ms: number;
  #heard = false;
  #stopped = false;
  /** newest time of a picture, seconds on the stream's own clock, and when it was first seen */
  #newest = Number.NEGATIVE_INFINITY;
  #moved: number | null = null;
  #stamps = 0;
  #windowStart: number;
  #inWindow = 0;

  constructor(settings: WatchSettings, verdict: (verdict: Verdict) => void) {
    this.#settings = settings;
    this.#verdict = verdict;
    this.#patience_ms = settings.open_ms;
    this.#windowStart = settings.mono();
    this.#timer = setTimeout(() => this.#expire(), settings.open_ms);
  }

  /** Something came through the pipe. */
  bytes(): void {
    this.#heard = true;
  }

  /** A whole picture came. */
  frame(): void {
    if (this.#stopped) return;
    this.#patience_ms = this.#settings.patience_ms;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#expire(), this.#patience_ms);
    this.#pace();
  }

  /** The time that a picture carries, seconds on the stream's own clock. */
  stamp(seconds: number): void {
    if (this.#stopped || !Number.isFinite(seconds)) return;
    const now = this.#settings.mono();
    this.#stamps += 1;
    if (seconds > this.#newest || seconds < this.#newest - 1) {
      // A stream that begins anew goes back; that is movement too.
      this.#newest = seconds;
      this.#moved = now;
      this.#stamps = 0;
    } else if (this.#moved !== null && this.#stamps >= 5 && now - this.#moved > this.#settings.patience_ms) {
      const waited = ((now - this.#moved) / 1000).toFixed(1);
      this.#end({ code: 'CAMERA_STUCK', what: `the time of its pictures has stood still for ${waited} s` });
    }
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #pace(): void {
    const { rate, mono } = this.#settings;
    this.#inWindow += 1;
    const now = mono();
    const length = now - this.#windowStart;
    if (length < FAST_WINDOW_MS) return;
    const measured = (this.#inWindow * 1000) / length;
    this.#windowStart = now;
    this.#inWindow = 0;
    if (measured > (rate ?? USUAL_RATE) * FAST_TIMES) {
      const says = rate === null ? `more than ${USUAL_RATE} are not looked for` : `it says ${rate}`;
      this.#end({ code: 'CAMERA_FAST', what: `it sends ${measured.toFixed(0)} pictures a second, ${says}` });
    }
  }

  /**
   * No frame in time. One that already waits in the pipe counts as seen: if this process itself was held up, its own
   * timer must not accuse the camera.
   */
  #expire(): void {
    this.#heard = false;
    // One turn through the poll phase delivers what the kernel has kept for us.
    this.#timer = setTimeout(() => {
      if (this.#stopped) return;
      if (!this.#heard) {
        this.#end({ code: 'CAMERA_SILENT', what: `no picture for ${(this.#patience_ms / 1000).toFixed(1)} s` });
        return;
      }
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#expire(), this.#patience_ms);
    }, 100);
  }

  #end(verdict: Verdict): void {
    this.stop();
    this.#verdict(verdict);
  }
}
