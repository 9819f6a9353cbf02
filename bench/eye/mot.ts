// bench/eye: how well objects are found and followed. In: for each frame what is there and what a tracker says. Out: MOTA
// (Bernardin and Stiefelhagen, "Evaluating Multiple Object Tracking Performance: The CLEAR MOT Metrics", 2008) and IDF1
// (Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", 2016). Pure.
import { common, iou } from '../../agent/camera/geometry.ts';
import type { Box } from '../../agent/camera/types.ts';
import { assign } from './assign.ts';

/** One object in one frame: as it is, or as it is said to be. */
export interface Seen {
  readonly id: number;
  /** only the same kinds are ever a pair */
  readonly kind: string;
  readonly box: Box;
  /** of a true one: too hidden or too small to be asked for; found or not, it counts nowhere */
  readonly unsure?: boolean;
}

export interface MotFrame {
  readonly truth: readonly Seen[];
  readonly found: readonly Seen[];
}

export interface MotScore {
  /** 1 - (missed + extra + switched) / objects; below 0 where there is more wrong than there are objects */
  readonly mota: number;
  readonly idf1: number;
  readonly objects: number;
  readonly missed: number;
  readonly extra: number;
  /** times an object went on under another id */
  readonly switched: number;
}

/** Overlap from which what is said is what is there. */
export const SAME = 0.5;
/** Part of a find that lies in an unsure object, from which it is that object. */
const WITHIN = 0.5;

const overlap = (a: Seen, b: Seen) => (a.kind === b.kind ? iou(a.box, b.box) : 0);

/** Scores a stretch of frames in their order; ids mean the same throughout. */
export function motScore(frames: readonly MotFrame[]): MotScore {
  const asked = frames.map(sureOnly);
  const score = { objects: 0, missed: 0, extra: 0, switched: 0 };
  let held = new Map<number, number>();
  /** by which id each object was last followed */
  const known = new Map<number, number>();
  for (const frame of asked) {
    held = pairs(frame, held);
    for (const [truth, found] of held) {
      if (known.has(truth) && known.get(truth) !== found) score.switched += 1;
      known.set(truth, found);
    }
    score.objects += frame.truth.length;
    score.missed += frame.truth.length - held.size;
    score.extra += frame.found.length - held.size;
  }
  const wrong = score.missed + score.extra + score.switched;
  return { ...score, mota: score.objects === 0 ? 0 : 1 - wrong / score.objects, idf1: idf1Of(asked) };
}

/** Which finds of one frame are which objects: pairs that held before go first, then the most overlap in all. */
function pairs({ truth, found }: MotFrame, before: ReadonlyMap<number, number>): Map<number, number> {
  const now = new Map<number, number>();
  for (const object of truth) {
    const partner = found.find(({ id }) => id === before.get(object.id));
    if (partner && overlap(object, partner) >= SAME) now.set(object.id, partner.id);
  }
  const taken = new Set(now.values());
  const objects = truth.filter(({ id }) => !now.has(id));
  const finds = found.filter(({ id }) => !taken.has(id));
  // one pair more is worth more than all the overlap there can be
  const worth = (a: Seen, b: Seen) => (overlap(a, b) >= SAME ? 1000 + overlap(a, b) : 0);
  assign(objects.map((object) => finds.map((one) => worth(object, one)))).forEach((column, row) => {
    if (column >= 0) now.set(objects[row]!.id, finds[column]!.id);
  });
  return now;
}

/** Each object has one id for the whole stretch, each id one object, so that most moments agree: their share. */
function idf1Of(frames: readonly MotFrame[]): number {
  const objects = [...new Set(frames.flatMap(({ truth }) => truth.map(({ id }) => id)))];
  const tracks = [...new Set(frames.flatMap(({ found }) => found.map(({ id }) => id)))];
  const agree = objects.map(() => tracks.map(() => 0));
  let said = 0;
  for (const { truth, found } of frames) {
    said += truth.length + found.length;
    for (const object of truth) {
      for (const one of found) {
        if (overlap(object, one) >= SAME) agree[objects.indexOf(object.id)]![tracks.indexOf(one.id)]! += 1;
      }
    }
  }
  const right = assign(agree).reduce((sum, column, row) => sum + (column < 0 ? 0 : agree[row]![column]!), 0);
  return said === 0 ? 0 : (2 * right) / said;
}

/** Without unsure objects, and without the finds that are theirs and no sure object's. */
function sureOnly({ truth, found }: MotFrame): MotFrame {
  const sure = truth.filter(({ unsure }) => !unsure);
  const doubtful = truth.filter(({ unsure }) => unsure);
  const isDoubtful = (one: Seen) =>
    !sure.some((object) => overlap(object, one) >= SAME) &&
    doubtful.some(({ kind, box }) => kind === one.kind && common(box, one.box) >= WITHIN * one.box[2] * one.box[3]);
  return { truth: sure, found: found.filter((one) => !isDoubtful(one)) };
}
