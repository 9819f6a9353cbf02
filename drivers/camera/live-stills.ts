// drivers/camera: a camera that gives single pictures: a snapshot address, or a folder that it uploads into. In: a source.
// Out: each new picture as a frame, at most `maxRate` a second. Never: two requests at once, a picture told twice.
import type { KerbError } from '../../contract/errors.ts';
import { FolderNews, readPictureFile } from './folder.ts';
import { Healing } from './healing.ts';
import type { LiveOptions } from './live.ts';
import { fetchSnapshot } from './snapshot.ts';
import { checkSource, type StillSource } from './source.ts';
import { decodeStill, type Still } from './still.ts';
import type { CameraListener, CameraLoss, LiveSource, StreamFacts } from './types.ts';

/** Failures in a row that are borne: one broken picture is no loss. */
const BEAR = 2;

export class LiveStills implements LiveSource {
  readonly pid = null;
  readonly #source: StillSource;
  readonly #options: LiveOptions;
  readonly #healing: Healing;
  readonly #done: Promise<void>;
  readonly #news: FolderNews | null;
  #maxRate: number;

  constructor(source: StillSource, listener: CameraListener, options: LiveOptions) {
    this.#source = source;
    this.#options = options;
    this.#maxRate = options.maxRate ?? 1;
    this.#healing = new Healing(listener, options.clock, options.backoff_ms);
    this.#news = source.kind === 'folder' ? new FolderNews(source) : null;
    this.#done = this.#healing.run(
      () => this.#life(),
      () => false,
    );
  }

  get restarts(): number {
    return this.#healing.restarts;
  }

  get facts(): StreamFacts | null {
    return this.#healing.facts;
  }

  /** Single pictures come seldom: their memory is let go. */
  giveBack(): void {}

  setMaxRate(rate: number): void {
    this.#maxRate = rate;
  }

  async close(): Promise<void> {
    this.#healing.stopped.abort();
    await this.#done;
  }

  /** Asks again and again; ends with the loss when it failed too often, or nothing new came for too long. */
  async #life(): Promise<CameraLoss> {
    const { signal } = this.#healing.stopped;
    const { patience_ms = this.#source.kind === 'folder' ? 120_000 : 10_000 } = this.#options;
    let failures = 0;
    let heard = performance.now();
    while (!signal.aborted) {
      const began = performance.now();
      try {
        const still = await this.#next();
        if (still) {
          const { facts, rgb } = still;
          const before = this.#healing.facts;
          this.#healing.opened(facts);
          if (before && (before.width !== facts.width || before.height !== facts.height)) {
            this.#healing.tellLost(this.#loss('CAMERA_CHANGED', 'the size of its picture has changed'));
          }
          this.#healing.frame(facts.width, facts.height, rgb);
          heard = performance.now();
          failures = 0;
        }
      } catch (error) {
        failures += 1;
        const { code, message } = error as KerbError;
        if (failures > BEAR || code === 'CAMERA_PASSWORD' || this.#healing.facts === null) {
          return { code: code as CameraLoss['code'], message };
        }
      }
      const waited = performance.now() - heard;
      if (waited > patience_ms)
        return this.#loss('CAMERA_SILENT', `no new picture for ${(waited / 1000).toFixed(0)} s`);
      await this.#healing.pause(Math.max(20, 1000 / this.#maxRate - (performance.now() - began)));
    }
    return this.#loss('CAMERA_ENDED', 'closed');
  }

  async #next(): Promise<Still | null> {
    const source = this.#source;
    const { open_ms = 10_000 } = this.#options;
    if (source.kind === 'snapshot') {
      return decodeStill(await fetchSnapshot(source, open_ms, this.#healing.stopped.signal), source, 'its picture');
    }
    await checkSource(source);
    return newestWhole(source, await this.#news!.next());
  }

  #loss(code: CameraLoss['code'], what: string): CameraLoss {
    return { code, message: `${this.#source.shown}: ${what}; it is being asked again` };
  }
}

/** The first that can be decoded, of those that came together; null: none came. @throws what ails the first, if all are broken */
async function newestWhole(
  source: Extract<StillSource, { kind: 'folder' }>,
  names: readonly string[],
): Promise<Still | null> {
  let fault: unknown;
  for (const name of names) {
    try {
      return await decodeStill(await readPictureFile(source, name), source, name);
    } catch (error) {
      fault ??= error;
    }
  }
  if (fault !== undefined) throw fault;
  return null;
}
