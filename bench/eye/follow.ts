// bench/eye: the agent's own tracker over looks. In: finds with their times, and frames where there are any. Out: what is
// followed at each moment, to be compared with labels.
import { type CameraJudge, type Scene, WEAK_SCORE } from '../../agent/camera/judge.ts';
import { groupOf } from '../../agent/camera/match.ts';
import type { Track } from '../../agent/camera/types.ts';
import { between, type Labels, type Looks } from './labels.ts';
import { type MotFrame, type MotScore, motScore, type Seen } from './mot.ts';

/** What the judge says is there after each look: found, or drawn on where it should be. */
export function follow(judge: CameraJudge, looks: Looks, sceneOf: (time: number) => Scene): Map<number, Seen[]> {
  const followed = new Map<number, Seen[]>();
  for (const [time, finds] of looks) {
    const { tracks } = judge.look(
      time,
      finds.filter(({ score }) => score >= WEAK_SCORE),
      sceneOf(time),
    );
    followed.set(time, seenOf(tracks));
  }
  return followed;
}

/** Tracks as labels have them. */
export function seenOf(tracks: readonly Track[]): Seen[] {
  return tracks
    .map(({ id, class: name, box }) => ({ id, kind: groupOf(name), box }))
    .filter(({ kind }) => kind === 'person' || kind === 'vehicle');
}

/** The busy seconds: MOTA and IDF1 at every look in them. */
export function busyScore(labels: Labels, followed: ReadonlyMap<number, readonly Seen[]>): MotScore {
  return motScore(
    [...followed].flatMap(([time, found]): MotFrame[] => {
      const truth = between(labels.busy, time);
      return truth ? [{ truth, found }] : [];
    }),
  );
}

/** Single moments all over the clip: MOTA alone, for nobody says which object of one is which of the next. */
export function sparseScore(labels: Labels, followed: ReadonlyMap<number, readonly Seen[]>): MotScore {
  let moment = 0;
  return motScore(
    [...followed].flatMap(([time, found]): MotFrame[] => {
      const truth = labels.sparse.get(time);
      if (!truth) return [];
      moment += 1;
      const apart = (one: Seen) => ({ ...one, id: one.id + moment * 100_000 });
      return [{ truth: truth.map(apart), found: found.map(apart) }];
    }),
  );
}
