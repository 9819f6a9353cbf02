// bench/eye: looks at a clip as a camera's path does. In: a video, a looker. Out: each frame with what was found, in the
// order of the frames. Never: more frames held than are looked at side by side.

import { WEAK_SCORE } from '../../agent/camera/judge.ts';
import { openRecording } from '../../drivers/camera/ffmpeg.ts';
import type { Frame } from '../../drivers/camera/types.ts';
import { believed } from '../../models/doubt.ts';
import type { Detection, LookDepth, Looker } from '../../models/types.ts';

export interface ClipOptions {
  /** looks a second */
  readonly rate: number;
  /** seconds of the clip: from, and up to; all of it if not given */
  readonly from?: number;
  readonly until?: number;
  /** how deep to look; as the site's path does, a wide look each second, if not given */
  readonly depth?: LookDepth;
  readonly minScore?: number;
  /** which frames to look at, by their time, ms; all if not given */
  readonly only?: (time: number) => boolean;
}

/** Calls `each` for every frame, one after the other. */
export async function lookThrough(
  video: string,
  looker: Looker,
  options: ClipOptions,
  each: (frame: Frame, finds: readonly Detection[]) => void,
): Promise<void> {
  const { rate, from = 0, until = Number.POSITIVE_INFINITY, depth, minScore = WEAK_SCORE, only } = options;
  const pending: Promise<void>[] = [];
  let tail = Promise.resolve();
  for await (const frame of await openRecording(video, { rate, start: 0 })) {
    if (frame.time >= until * 1000) break;
    if (frame.time < from * 1000 || only?.(frame.time) === false) continue;
    const look = looker.look(frame, { depth: depth ?? (frame.seq % rate === 0 ? 'wide' : 'base'), minScore });
    tail = Promise.all([look, tail]).then(([{ objects }]) => each(frame, believed(objects)));
    // the last one is awaited below: its fault is not lost
    tail.catch(() => {});
    pending.push(tail);
    if (pending.length > looker.workers) await pending.shift();
  }
  await tail;
}
