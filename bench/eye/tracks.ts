// bench/eye: finds and tracks against labels. In: the street clip. Out: rows of MOTA, IDF1 and persons found, and the clip
// with what was found, for what comes after.
import type { FrameReport } from '../../agent/camera/index.ts';
import type { Site } from '../../agent/config/site.ts';
import type { Frame } from '../../drivers/camera/types.ts';
import type { Detection, Looker } from '../../models/types.ts';
import type { Row } from '../row.ts';
import { busyTimes, followThrough, lookThrough, timesAt } from './clip.ts';
import { busyScore, seenOf, sparseScore } from './follow.ts';
import type { Looked } from './hour.ts';
import { type Labels, type Looks, largerPersons } from './labels.ts';
import { type MotScore, motScore, type Seen } from './mot.ts';

/** The goal for what a fine look finds of a larger detector's persons, both at their 0.5. */
const RECALL_GOAL = 0.93;

/** The busy seconds at the rate of their labels: as the site looks, the same without crops, and with every look a wide one. */
export async function busyRows(video: string, site: Site, labels: Labels, looker: Looker): Promise<Row[]> {
  const rows: Row[] = [];
  const [camera] = site.cameras;
  for (const [suffix, how] of [
    ['', {}],
    ['_no_crops', { crops: 0 }],
    ['_wide', { wide_every_s: 0.1, crops: 0 }],
  ] as const) {
    const followed = new Map<number, Seen[]>();
    await followThrough(
      video,
      site,
      { ...camera!, looks_per_s: 5, ...how },
      looker,
      busyTimes,
      ({ time }, { tracks }) => {
        followed.set(time, seenOf(tracks));
      },
    );
    rows.push(...motRows(suffix, busyScore(labels, followed)));
  }
  return rows;
}

/** The whole clip at the site's own rate, 4 looks a second. Keeps every second frame, with its finds. */
export async function clipRows(
  video: string,
  site: Site,
  labels: Labels,
  looker: Looker,
): Promise<{ rows: Row[]; looked: Looked[] }> {
  const looked: Looked[] = [];
  const followed = new Map<number, Seen[]>();
  const each = (frame: Frame, { objects, tracks }: FrameReport) => {
    followed.set(frame.time, seenOf(tracks));
    if (frame.time % 500 === 0) looked.push({ frame, finds: objects });
  };
  await followThrough(video, site, site.cameras[0]!, looker, timesAt(4), each);
  const rows = motRows('_4_per_s', busyScore(labels, followed));
  const sparse = sparseScore(labels, followed);
  rows.push({ metric: 'eye.mota_sparse', value: sparse.mota, unit: `of 32 moments (${counts(sparse)})` });
  return { rows, looked };
}

/** What a fine look finds: of a larger detector's persons, of the labels, and what nobody labelled. */
export async function fineRows(video: string, labels: Labels, looker: Looker): Promise<Row[]> {
  const looks = new Map<number, readonly Detection[]>();
  const only = (time: number) => labels.sparse.has(time);
  await lookThrough(video, looker, { only, depth: 'fine', minScore: 0.5 }, (frame, finds) => {
    looks.set(frame.time, finds);
  });
  const larger = matched(largerPersons(), looks, 'person');
  const recall = larger.found / larger.wanted;
  const rows: Row[] = [
    {
      metric: 'eye.person_recall_fine',
      value: recall,
      unit: `of ${larger.wanted} persons of the larger model`,
      goal: `>= ${RECALL_GOAL}`,
      ok: recall >= RECALL_GOAL,
    },
  ];
  for (const [kind, names] of [
    ['person', ['person']],
    ['vehicle', ['car', 'truck', 'bus']],
  ] as const) {
    const frames = [...looks].map(([time, finds]) => ({
      truth: labels.sparse.get(time)!.filter((one) => one.kind === kind),
      found: finds
        .filter((find) => (names as readonly string[]).includes(find.class))
        .map(({ box }, id) => ({ id, kind, box })),
    }));
    const { objects, missed, extra } = motScore(frames.map(apart));
    rows.push(
      { metric: `eye.${kind}_recall_labels`, value: (objects - missed) / objects, unit: `of ${objects} labelled` },
      { metric: `eye.${kind}_extra_per_frame`, value: extra / frames.length, unit: 'finds that nobody labelled' },
    );
  }
  return rows;
}

/** Ids mean nothing from one moment to the next. */
function apart<F extends { truth: readonly { id: number }[]; found: readonly { id: number }[] }>(
  frame: F,
  n: number,
): F {
  const moved = <T extends { id: number }>(all: readonly T[]) => all.map((one) => ({ ...one, id: one.id + n * 1000 }));
  return { ...frame, truth: moved(frame.truth), found: moved(frame.found) };
}

function matched(wanted: Looks, found: Looks, name: string): { wanted: number; found: number } {
  const seen = (looks: Looks, time: number) =>
    (looks.get(time) ?? []).flatMap(({ class: one, box }, id) => (one === name ? [{ id, kind: name, box }] : []));
  const frames = [...wanted.keys()].map((time) => ({ truth: seen(wanted, time), found: seen(found, time) }));
  const { objects, missed } = motScore(frames.map(apart));
  return { wanted: objects, found: objects - missed };
}

function motRows(suffix: string, score: MotScore): Row[] {
  return [
    { metric: `eye.mota${suffix}`, value: score.mota, unit: `of ${score.objects} (${counts(score)})` },
    { metric: `eye.idf1${suffix}`, value: score.idf1, unit: 'of ids' },
  ];
}

const counts = ({ missed, extra, switched }: MotScore) => `${missed} missed, ${extra} extra, ${switched} switched`;
