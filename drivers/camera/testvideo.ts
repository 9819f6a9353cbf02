// drivers/camera, for tests: small videos made by the real ffmpeg, and a listener that can be awaited.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import type { CameraListener, CameraLoss, Frame } from './types.ts';

/** A folder of its own that goes when the test ends. */
export async function tempFolder(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'kerbside-camera-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes a video whose pictures all differ. @param source an ffmpeg lavfi source */
export async function makeVideo(file: string, source = 'testsrc=s=160x120:r=10:d=2'): Promise<string> {
  const codec = ['-c:v', 'mpeg4', '-q:v', '3', '-g', '5'];
  await promisify(execFile)('ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', source, ...codec, file]);
  return file;
}

export type Told =
  | { what: 'frame'; frame: Frame }
  | { what: 'lost'; loss: CameraLoss }
  | { what: 'back'; change: string | null };

/** Notes what a camera tells, and gives the next thing of a kind. */
export class Notes implements CameraListener {
  readonly told: Told[] = [];
  readonly #waiting: { what: Told['what']; done: (told: Told) => void }[] = [];

  frame(frame: Frame): boolean {
    this.#tell({ what: 'frame', frame });
    return true;
  }

  lost(loss: CameraLoss): void {
    this.#tell({ what: 'lost', loss });
  }

  back(change: string | null): void {
    this.#tell({ what: 'back', change });
  }

  /** The next thing of this kind that is told from now on. */
  next<W extends Told['what']>(what: W): Promise<Extract<Told, { what: W }>> {
    return new Promise((done) => this.#waiting.push({ what, done: done as (told: Told) => void }));
  }

  #tell(told: Told): void {
    this.told.push(told);
    for (const waiting of this.#waiting.filter(({ what }) => what === told.what)) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.done(told);
    }
  }
}
