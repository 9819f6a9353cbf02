// agent/main: one stream of a camera, and how it is. In: a source. Out: its frames; state, since when, why, told when it
// changes. Never: a password in a word that is shown.
import type { KerbError } from '../../contract/index.ts';
import { type LiveSource, openLive, type SourceSettings, withoutSecrets } from '../../drivers/camera/ffmpeg.ts';
import type { Frame } from '../../drivers/camera/types.ts';

export interface StreamOptions {
  readonly source: string;
  readonly settings: SourceSettings;
  /** epoch ms, of frames and of states */
  readonly clock: () => number;
  readonly loop?: boolean;
  readonly maxRate?: number;
  /** @returns false where it was not kept */
  readonly onFrame: (frame: Frame) => boolean | undefined;
  readonly onChange: () => void;
  /** told of each loss, and of each further reason while it lasts */
  readonly onFault: (error: Error) => void;
  readonly onChild: (pid: number, started: boolean) => void;
}

export interface StreamState {
  readonly state: 'starting' | 'live' | 'lost';
  /** epoch ms since when */
  readonly since: number;
  /** why it is lost, one line, and what kind of loss that is */
  readonly reason?: string;
  readonly code?: string;
}

/** Runs until it is closed; heals by itself. A source that is none is lost from the start. */
export class CameraStream {
  readonly #options: StreamOptions;
  #live: LiveSource | null = null;
  #state: StreamState;
  #change: { at: number; text: string } | null = null;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#state = { state: 'starting', since: Math.round(options.clock()) };
    const { source, settings, clock, loop, maxRate, onFrame, onChild } = options;
    if (source === '') {
      const reason = 'no source is configured: set camera.source in the box file, or source in the site file';
      this.#state = { ...this.#state, state: 'lost', reason, code: 'CAMERA_SOURCE' };
      return;
    }
    const listener = {
      frame: (frame: Frame) => {
        if (this.#state.state === 'starting') this.#become('live');
        return onFrame(frame);
      },
      lost: ({ code, message }: { code: string; message: string }) => this.#become('lost', message, code),
      back: (change: string | null) => {
        if (change !== null) this.#change = { at: Math.round(clock()), text: change };
        this.#become('live');
      },
    };
    try {
      const more = { ...(loop === undefined ? {} : { loop }), ...(maxRate === undefined ? {} : { maxRate }) };
      this.#live = openLive(source, listener, { clock, onChild, settings, ...more });
    } catch (error) {
      const { code, message } = error as KerbError;
      this.#become('lost', message, code);
    }
  }

  get state(): StreamState {
    return this.#state;
  }

  /** When it came back as another stream than it was, and how. */
  get change(): { readonly at: number; readonly text: string } | null {
    return this.#change;
  }

  /** Nobody reads this frame any more. */
  giveBack(frame: Frame): void {
    this.#live?.giveBack(frame);
  }

  /** So many frames a second at most from now on. */
  setMaxRate(rate: number): void {
    this.#live?.setMaxRate(rate);
  }

  async close(): Promise<void> {
    await this.#live?.close();
  }

  #become(state: StreamState['state'], reason?: string, code?: string): void {
    const shown = reason === undefined ? undefined : withoutSecrets(reason);
    const before = this.#state;
    if (state === before.state && shown === before.reason) return;
    const since = state === before.state ? before.since : Math.round(this.#options.clock());
    this.#state = {
      state,
      since,
      ...(shown === undefined ? {} : { reason: shown }),
      ...(code === undefined ? {} : { code }),
    };
    if (state === 'lost') this.#options.onFault(Object.assign(new Error(shown), { code }));
    this.#options.onChange();
  }
}
