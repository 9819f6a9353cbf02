// drivers/camera: how a camera that was lost is tried again. In: one life of it, from its opening to its loss. Out: lives
// one after another with pauses between; lost told once, and again where a try fails for another reason; back told once.
// Never: a try without a pause, a locked account, a reason that is no longer so.
import type { CameraListener, CameraLoss, Frame, StreamFacts } from './types.ts';

/** Pauses before the next try, ms: the first after a frame was seen, the last for ever. */
export const BACKOFF_MS = [250, 500, 1000, 2000, 5000, 10_000];
/** Cameras lock an account after a few wrong passwords: so long between two tries of one that was refused. */
const PASSWORD_MS = 60_000;

/** Runs lives until it is stopped, and tells the listener what its owner should know. */
export class Healing {
  readonly stopped = new AbortController();
  readonly #listener: CameraListener;
  readonly #backoff: readonly number[];
  readonly #clock: () => number;
  #seq = 0;
  /** what was told since the last frame */
  #lost: CameraLoss | null = null;
  #before: StreamFacts | null = null;
  #change: string | null = null;
  facts: StreamFacts | null = null;
  restarts = 0;

  constructor(listener: CameraListener, clock: () => number, backoff_ms: readonly number[] = BACKOFF_MS) {
    this.#listener = listener;
    this.#clock = clock;
    this.#backoff = backoff_ms;
  }

  /**
   * @param life runs from opening to loss; null: its owner ended it for another one at once
   * @param last whether a loss is the end of it all
   */
  async run(life: () => Promise<CameraLoss | null>, last: (loss: CameraLoss) => boolean): Promise<void> {
    let failures = 0;
    while (!this.stopped.signal.aborted) {
      const before = this.#seq;
      const loss = await life();
      if (this.stopped.signal.aborted) return;
      if (loss === null) continue;
      this.tellLost(loss);
      if (last(loss)) return;
      failures = this.#seq > before ? 0 : failures + 1;
      const pause = this.#backoff[Math.min(failures, this.#backoff.length - 1)] ?? 1000;
      await this.pause(loss.code === 'CAMERA_PASSWORD' ? Math.max(PASSWORD_MS, pause) : pause);
      this.restarts += 1;
    }
  }

  /** The source was opened and says this of itself. */
  opened(facts: StreamFacts): void {
    const { facts: before } = this;
    this.facts = facts;
    if (before && (before.width !== facts.width || before.height !== facts.height || before.codec !== facts.codec)) {
      this.#before ??= before;
    }
    const first = this.#before;
    this.#change = first ? `its picture was ${describe(first)} and is ${describe(facts)}` : null;
  }

  /** Hands a picture on, with its time. @returns whether it was kept */
  frame(width: number, height: number, rgb: Frame['rgb']): boolean {
    if (this.stopped.signal.aborted) return false;
    if (this.#lost) {
      this.#lost = null;
      this.#listener.back(this.#change);
      this.#before = null;
      this.#change = null;
    }
    return this.#listener.frame({ seq: this.#seq++, time: this.#clock(), width, height, rgb }) !== false;
  }

  tellLost(loss: CameraLoss): void {
    const { code, message } = loss;
    if (this.stopped.signal.aborted || (this.#lost?.code === code && this.#lost.message === message)) return;
    this.#lost = loss;
    this.#listener.lost(loss);
  }

  /** Waits, or returns early when it is stopped. */
  pause(ms: number): Promise<void> {
    const { signal } = this.stopped;
    return new Promise((done) => {
      const finish = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        done();
      };
      const timer = setTimeout(finish, ms);
      signal.addEventListener('abort', finish);
      if (signal.aborted) finish();
    });
  }
}

const describe = ({ width, height, codec }: StreamFacts) => `${width}x${height} ${codec}`;
