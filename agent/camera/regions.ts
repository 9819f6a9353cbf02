// agent/camera: which parts of a picture are looked at enlarged. In: what moves, what is followed, zones where vehicles must
// be seen, how many crops a look may have. Out: crops in whole pixels. What nothing explains comes first, small things next,
// zones in turns. Pure: the same scenes in the same order give the same crops.
// Never: a crop outside the picture, one that hardly enlarges, a region that waits for ever beside busier ones.
import { common, union } from './geometry.ts';
import { Turns } from './turns.ts';
import type { Box } from './types.ts';

/** Something that is followed, as the last look left it. */
export interface Known {
  /** where it should be now */
  readonly box: Box;
  /** did that look find it? */
  readonly found: boolean;
  readonly standing: boolean;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Seeing extends Size {
  /** around each thing that moves */
  readonly moving: readonly Box[];
  readonly followed: readonly Known[];
  /** around the zones in which vehicles must be seen, moving or not */
  readonly zones: readonly Box[];
}

/** A crop is so many times as large as what it is made for, if it may be, and at least so many times. */
const AROUND = 2;
const LEAST_AROUND = 1.2;
/** A crop's side, pixels: below this a model's input is mush. */
const LEAST_SIDE = 112;
/** The same, as a share of the picture's shorter side: above this hardly anything is enlarged. */
const MOST_SIDE = 0.6;
/** What is made for one thing grows by so much at most to hold others too. */
const SHARED = 1.5;
/** A thing higher than this share of the picture is found without a crop. */
const SMALL = 1 / 6;
/** Found things that cover so much of a moving region explain it. */
const EXPLAINED = 0.35;
/** How much sooner each kind's turn comes. */
const WEIGHTS = { unexplained: 4, lost: 4, small: 2, still: 1, zone: 1 } as const;

interface Wish {
  readonly box: Box;
  readonly weight: number;
  readonly urgency: number;
}

export class Regions {
  readonly #turns = new Turns();

  /** The crops of the next look, the most wanted first. @param most how many */
  choose(seeing: Seeing, most: number): Box[] {
    const plain = wishesOf(seeing);
    const waited = this.#turns.waiting(plain.map(({ box }) => box));
    let left = plain.map((wish, i) => ({ ...wish, urgency: wish.weight * waited[i]! }));
    const crops: Box[] = [];
    while (crops.length < most && left.length > 0) {
      const { crop, holds } = mostWanted(seeing, left);
      crops.push(crop);
      for (const { box } of holds) this.#turns.serve(box);
      left = left.filter((wish) => !holds.includes(wish));
    }
    return crops;
  }
}

/** Of the crops around each wish, the one whose wishes are the most urgent together. Ties go to the first. */
function mostWanted(seeing: Seeing, wishes: readonly Wish[]): { crop: Box; holds: readonly Wish[] } {
  let best: { crop: Box; holds: readonly Wish[] } | null = null;
  let most = 0;
  for (const first of wishes) {
    const crop = cropFor(seeing, first, wishes);
    const holds = wishes.filter((wish) => wish === first || common(wish.box, crop) >= wish.box[2] * wish.box[3]);
    const urgency = holds.reduce((sum, wish) => sum + wish.urgency, 0);
    if (urgency > most) [best, most] = [{ crop, holds }, urgency];
  }
  return best!;
}

/** A crop around a wish, and around others that fit into one that is not much larger, the nearest to it first told. */
function cropFor(seeing: Seeing, first: Wish, wishes: readonly Wish[]): Box {
  const most = Math.min(mostSide(seeing), SHARED * sideFor(seeing, first.box)) / LEAST_AROUND;
  let around = first.box;
  for (const { box } of wishes) {
    const both = union([around, box]);
    if (Math.max(both[2], both[3]) <= most) around = both;
  }
  return squareAround(
    seeing,
    around,
    Math.max(sideFor(seeing, first.box), LEAST_AROUND * Math.max(around[2], around[3])),
  );
}

/** What should be looked at, and can be enlarged. */
function wishesOf(seeing: Seeing): Omit<Wish, 'urgency'>[] {
  const { moving, followed, zones, height } = seeing;
  if (mostSide(seeing) < LEAST_SIDE) return [];
  const found = followed.filter((one) => one.found);
  const wishes: Omit<Wish, 'urgency'>[] = [];
  for (const box of moving) {
    const covered = found.reduce((sum, one) => sum + common(one.box, box), 0);
    if (covered < EXPLAINED * box[2] * box[3]) wishes.push({ box, weight: WEIGHTS.unexplained });
  }
  for (const { box, found, standing } of followed) {
    if (box[3] > SMALL * height) continue;
    wishes.push({ box, weight: found ? (standing ? WEIGHTS.still : WEIGHTS.small) : WEIGHTS.lost });
  }
  for (const box of zones) wishes.push({ box, weight: WEIGHTS.zone });
  return wishes.flatMap(({ box, weight }) => {
    const inside = within(seeing, box);
    return inside && Math.max(inside[2], inside[3]) <= largestRegion(seeing) ? { box: inside, weight } : [];
  });
}

/** The side of the largest region that can be enlarged, pixels. */
export const largestRegion = (size: Size) => mostSide(size) / LEAST_AROUND;

const mostSide = ({ width, height }: Size) => Math.floor(MOST_SIDE * Math.min(width, height));

const sideFor = (size: Size, [, , width, height]: Box) =>
  Math.min(mostSide(size), Math.max(LEAST_SIDE, AROUND * Math.max(width, height)));

function within({ width, height }: Size, [x, y, across, down]: Box): Box | null {
  const [left, top] = [Math.max(0, x), Math.max(0, y)];
  const [right, bottom] = [Math.min(width, x + across), Math.min(height, y + down)];
  return right - left >= 1 && bottom - top >= 1 ? [left, top, right - left, bottom - top] : null;
}

/** A square of whole pixels with a box in its middle, moved into the picture where it stands out. */
function squareAround({ width, height }: Size, [x, y, across, down]: Box, wished: number): Box {
  const side = Math.min(mostSide({ width, height }), Math.ceil(wished));
  const at = (middle: number, all: number) => Math.max(0, Math.min(all - side, Math.round(middle - side / 2)));
  return [at(x + across / 2, width), at(y + down / 2, height), side, side];
}
