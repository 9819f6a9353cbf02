// bench/eye: all composed scenes of a seed, and what came of each rule in each light. In: the clip, labels, a looker.
// Out: rows, and a table on stderr.
import { openRecording } from '../../drivers/camera/ffmpeg.ts';
import type { Frame } from '../../drivers/camera/types.ts';
import type { Looker } from '../../models/types.ts';
import type { Row } from '../row.ts';
import { LIGHTS } from './compose.ts';
import { emptyStreet, vehicles, walker } from './cutouts.ts';
import type { Labels } from './labels.ts';
import { PROFILE } from './place.ts';
import { Random } from './random.ts';
import { type Story, stories } from './scenes.ts';
import { smallRows } from './small.ts';
import { judged, play, type Tally, type Wardrobe } from './stage.ts';

/** Labelled walkers of the busy seconds who are seen whole for most of the time. */
const WALKERS = [3, 4, 7, 9, 11];
/** The frame in which the vehicles' outlines were followed, and frames far apart for the empty street. */
const OUTLINED_S = 44;
const EMPTY_EVERY_S = 4;

export interface Composed {
  readonly rows: Row[];
  readonly seconds: number;
  readonly extra: number;
}

/** @param each seed gives other ways, sizes, times and noise */
export async function composedRows(video: string, labels: Labels, looker: Looker, seed: number): Promise<Composed> {
  const wardrobe = await wardrobeOf(video, labels);
  const random = new Random(seed);
  const all = stories(random);
  const tallies: { story: Story; rule: string; tally: Tally }[] = [];
  for (const story of all) {
    const events = await play(story, wardrobe, looker, new Random(random.below(2 ** 31)));
    for (const [rule, tally] of judged(story, events)) tallies.push({ story, rule, tally });
  }
  const rows: Row[] = [];
  for (const { id } of PROFILE.rules) {
    const sum = total(tallies.filter(({ rule }) => rule === id).map(({ tally }) => tally));
    rows.push(
      {
        metric: `eye.${id}_recall`,
        value: share(sum.found, sum.missed),
        unit: `of ${sum.found + sum.missed} composed`,
      },
      { metric: `eye.${id}_precision`, value: share(sum.found, sum.extra), unit: `of ${sum.found + sum.extra} events` },
    );
    for (const light of LIGHTS) {
      const { found, missed, extra } = total(
        tallies.filter((one) => one.rule === id && one.story.light === light).map(({ tally }) => tally),
      );
      tell(id, light, found, missed, extra);
    }
  }
  for (const { story, rule, tally } of tallies.filter((one) => one.tally.missed + one.tally.extra > 0)) {
    process.stderr.write(
      `  ${story.light} ${story.name}: ${rule} ${tally.missed} missed, ${tally.extra} that are none\n`,
    );
  }
  const extra = total(tallies.map(({ tally }) => tally)).extra;
  rows.push(...(await smallRows(wardrobe, looker, random)));
  return { rows, extra, seconds: all.reduce((sum, story) => sum + story.seconds, 0) };
}

function tell(rule: string, light: string, found: number, missed: number, extra: number): void {
  const figures = `${found} of ${found + missed} found, ${extra} that are none`;
  process.stderr.write(`${rule.padEnd(16)} ${light.padEnd(12)} ${figures}\n`);
}

const total = (all: readonly Tally[]): Tally =>
  all.reduce((a, b) => ({ found: a.found + b.found, missed: a.missed + b.missed, extra: a.extra + b.extra }), {
    found: 0,
    missed: 0,
    extra: 0,
  });

/** Of nothing all is right. */
const share = (right: number, wrong: number) => (right + wrong === 0 ? 1 : right / (right + wrong));

export async function wardrobeOf(video: string, labels: Labels): Promise<Wardrobe> {
  const kept = new Map<number, Frame>();
  const empty: Frame[] = [];
  let outlined: Frame | null = null;
  for await (const frame of await openRecording(video, { rate: 5, start: 0 })) {
    if (frame.time % (EMPTY_EVERY_S * 1000) === 0) empty.push(frame);
    if (frame.time === OUTLINED_S * 1000) outlined = frame;
    if (labels.busy.has(frame.time)) kept.set(frame.time, frame);
  }
  const street = emptyStreet(empty);
  const steps = (id: number) =>
    [...kept].flatMap(([time, frame]) => {
      const label = labels.busy.get(time)!.find((one) => one.id === id && !one.unsure);
      return label ? [walker(frame, street, label)] : [];
    });
  return { street, vehicles: vehicles(outlined!), walkers: WALKERS.map(steps) };
}
