// models: what one look runs: sizes over the whole picture and over parts of it, and which of them would see a thing well.
// In: the runs of a look. Out: whether they confirm a find. Pure.
import type { Card } from './card.ts';
import type { Candidate } from './head.ts';
import type { Detection } from './types.ts';

/** One size's run over the picture or a part of it. */
export interface Run {
  /** the number that its candidates carry */
  readonly number: number;
  /** x, y, width, height in pixels of the picture */
  readonly part: Detection['box'];
  readonly input: { readonly width: number; readonly height: number };
}

type Confirm = NonNullable<Card['merge']['confirm']>;

/** A find that ends within so much of an inner edge of a part may be cut there, share of the part's side. */
const EDGE = 0.03;

/**
 * Does a run that sees a thing of this size well find it, if only weakly? A speck in a coarse input, or a meadow in a fine
 * one, is doubtful where a better run sees nothing. Where none sees it well, nobody can say no.
 * @param box x0, y0, x1, y1 in pixels of the picture
 * @param scores each run's best score for it
 */
export function isConfirmed(
  confirm: Confirm,
  box: Candidate['box'],
  scores: ReadonlyMap<number, number>,
  runs: readonly Run[],
): boolean {
  const picture = [
    Math.max(...runs.map(({ part }) => part[0] + part[2])),
    Math.max(...runs.map(({ part }) => part[1] + part[3])),
  ];
  const good = runs.filter((run) => {
    const side = Math.sqrt(
      (((box[2] - box[0]) * run.input.width) / run.part[2]) * (((box[3] - box[1]) * run.input.height) / run.part[3]),
    );
    return side >= confirm.least && side <= confirm.most && isWhole(box, run.part, picture);
  });
  return good.length === 0 || good.some(({ number }) => (scores.get(number) ?? 0) >= confirm.score);
}

/** Does it lie in the part, away from where that was cut out? */
function isWhole(box: Candidate['box'], part: Detection['box'], picture: readonly number[]): boolean {
  return [0, 1].every((axis) => {
    const [from, size] = [part[axis]!, part[axis + 2]!];
    const edge = EDGE * size;
    const until = from + size;
    return (from === 0 || box[axis]! >= from + edge) && (until >= picture[axis]! || box[axis + 2]! <= until - edge);
  });
}
