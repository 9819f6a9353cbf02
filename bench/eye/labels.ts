// bench/eye: what is really there, as it was labelled by hand (bench/labels/street.json says how). In: a time in the clip.
// Out: its objects. No picture is kept here: labels, and what detectors found, are numbers alone.
import { readFileSync } from 'node:fs';
import type { Box } from '../../agent/camera/types.ts';
import type { Detection } from '../../models/types.ts';
import type { Seen } from './mot.ts';

/** id, kind (0 person, 1 vehicle), x, y, width, height, and 1 if unsure */
type LabelRow = readonly [
  id: number,
  kind: number,
  x: number,
  y: number,
  width: number,
  height: number,
  unsure?: number,
];

interface LabelFile {
  readonly rate: number;
  readonly busy: Readonly<Record<string, readonly LabelRow[]>>;
  readonly sparse: Readonly<Record<string, readonly LabelRow[]>>;
}

/** class (its place in `classes`), score in thousandths, x, y, width, height */
type FindRow = readonly [name: number, score: number, x: number, y: number, width: number, height: number];

interface FindFile {
  readonly classes: readonly string[];
  readonly looks: Readonly<Record<string, readonly FindRow[]>>;
}

/** Finds by the time of their frame, ms from the clip's start. */
export type Looks = ReadonlyMap<number, readonly Detection[]>;

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`../labels/${name}`, import.meta.url), 'utf8'));

const KINDS = ['person', 'vehicle'];

function seen([id, kind, x, y, width, height, unsure]: LabelRow): Seen {
  return { id, kind: KINDS[kind]!, box: [x, y, width, height], ...(unsure === 1 ? { unsure: true } : {}) };
}

/** Labelled moments, ms from the clip's start, with what is there. */
export interface Labels {
  /** five seconds at five frames a second; ids mean the same throughout */
  readonly busy: ReadonlyMap<number, readonly Seen[]>;
  /** every 25th frame; ids mean nothing from one to the next */
  readonly sparse: ReadonlyMap<number, readonly Seen[]>;
}

export function streetLabels(): Labels {
  const file = read('street.json') as LabelFile;
  const moments = (frames: LabelFile['busy']) =>
    new Map(Object.entries(frames).map(([frame, rows]) => [(Number(frame) * 1000) / file.rate, rows.map(seen)]));
  return { busy: moments(file.busy), sparse: moments(file.sparse) };
}

/** What is there at a moment among the labelled ones: boxes go straight from one label to the next. */
export function between(labels: Labels['busy'], time: number): readonly Seen[] | null {
  const exact = labels.get(time);
  if (exact) return exact;
  const times = [...labels.keys()];
  const before = times.findLast((one) => one < time);
  const after = times.find((one) => one > time);
  if (before === undefined || after === undefined) return null;
  const part = (time - before) / (after - before);
  return labels.get(before)!.flatMap((one) => {
    const next = labels.get(after)!.find(({ id }) => id === one.id);
    if (!next) return [{ ...one, unsure: true }];
    const at = (i: 0 | 1 | 2 | 3) => one.box[i] + (next.box[i] - one.box[i]) * part;
    const box: Box = [at(0), at(1), at(2), at(3)];
    return [{ ...one, box, ...(next.unsure ? { unsure: true } : {}) }];
  });
}

function finds(name: string): Looks {
  const { classes, looks } = read(name) as FindFile;
  const find = ([label, score, x, y, width, height]: FindRow): Detection => ({
    class: classes[label]!,
    score: score / 1000,
    box: [x, y, width, height],
  });
  return new Map(Object.entries(looks).map(([time, rows]) => [Number(time), rows.map(find)]));
}

/** What the default detector found around the busy seconds, five looks a second, each fifth a wide one. */
export const recordedLooks = (): Looks => finds('street-looks.json');

/** The persons that the larger detector finds at its 0.5 in the frames of `sparse`. */
export const largerPersons = (): Looks => finds('street-larger.json');
