// bench/eye: looks at a clip, alone or through a camera's path. In: a video, a looker. Out: each frame with what was found,
// and what the path follows, in the order of the frames. Never: more frames held than are looked at side by side.
import { CameraPath, type FrameReport } from '../../agent/camera/index.ts';
import { WEAK_SCORE } from '../../agent/camera/judge.ts';
import type { Camera, Site } from '../../agent/config/site.ts';
import { openRecording } from '../../drivers/camera/ffmpeg.ts';
import type { Frame } from '../../drivers/camera/types.ts';
import { believed } from '../../models/doubt.ts';
import type { Detection, LookDepth, Looker } from '../../models/types.ts';

/** The clip's own frames a second. At a lower rate ffmpeg gives frames from beside the moments that are labelled. */
const RATE = 10;

export interface ClipOptions {
  /** which frames to look at, by their time, ms from the clip's start */
  readonly only: (time: number) => boolean;
  /** how deep; if not given, as the site's path does: a wide look each second */
  readonly depth?: LookDepth;
  readonly minScore?: number;
}

/** Times at which a path looks that looks so often a second: the first frame in each slot. */
export function timesAt(looks_per_s: number): (time: number) => boolean {
  const slot = (time: number) => Math.floor((time * looks_per_s) / 1000);
  return (time) => time < 1000 / RATE || slot(time) !== slot(time - 1000 / RATE);
}

/** Five looks a second around the busy seconds, two seconds before them to begin with. */
export const busyTimes = (time: number) => time >= 13_000 && time < 20_000 && timesAt(5)(time);

/** The same through the site's camera path, its crops with it: calls `each` for every frame with its report. */
export async function followThrough(
  video: string,
  site: Site,
  camera: Camera,
  looker: Looker,
  only: (time: number) => boolean,
  each: (frame: Frame, report: FrameReport) => void,
): Promise<void> {
  const under = new Map<number, Frame>();
  const path = new CameraPath({
    ...{ device: 'bench', site: site.id, camera, profile: site.profile, looker },
    onSighting: () => {},
    onFault: (fault) => {
      throw fault;
    },
    onReport: (report) => {
      each(under.get(report.seq)!, report);
      under.delete(report.seq);
    },
  });
  await path.feed(
    (async function* () {
      for await (const frame of await openRecording(video, { rate: RATE, start: 0 })) {
        if (!only(frame.time)) continue;
        under.set(frame.seq, frame);
        yield frame;
      }
    })(),
  );
  await path.close();
}

/** Calls `each` for every frame, one after the other. */
export async function lookThrough(
  video: string,
  looker: Looker,
  options: ClipOptions,
  each: (frame: Frame, finds: readonly Detection[]) => void,
): Promise<void> {
  const { only, depth, minScore = WEAK_SCORE } = options;
  const pending: Promise<void>[] = [];
  let tail = Promise.resolve();
  for await (const frame of await openRecording(video, { rate: RATE, start: 0 })) {
    if (!only(frame.time)) continue;
    const look = looker.look(frame, { depth: depth ?? (frame.time % 1000 === 0 ? 'wide' : 'base'), minScore });
    tail = Promise.all([look, tail]).then(([{ objects }]) => each(frame, believed(objects)));
    // the last one is awaited below: its fault is not lost
    tail.catch(() => {});
    pending.push(tail);
    if (pending.length > looker.workers) await pending.shift();
  }
  await tail;
}
