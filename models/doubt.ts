// models: finds that a detector is known to be wrong about. In: finds of one picture, and what the card says of them.
// Out: the same finds, the doubtful ones marked. Nothing is dropped here: what might be a person must still be hidden. Pure.
import type { Card } from './card.ts';
import type { Detection, Picture } from './types.ts';

/** Marks finds whose size and shape their class has only by mistake, unless they are sure enough. */
export function withDoubts(
  { doubts }: Card,
  finds: readonly Detection[],
  { width, height }: Pick<Picture, 'width' | 'height'>,
): Detection[] {
  return finds.map((find) => {
    const { class: name, score, box } = find;
    const share = (box[2] * box[3]) / (width * height);
    const isDoubtful = doubts.some(
      (doubt) =>
        score < doubt.score &&
        share > doubt.share &&
        share < (doubt.below ?? Infinity) &&
        box[2] > doubt.aspect * box[3] &&
        doubt.classes.includes(name),
    );
    return isDoubtful ? { ...find, doubtful: true } : find;
  });
}

/** Finds to judge by. */
export const believed = (finds: readonly Detection[]): Detection[] => finds.filter(({ doubtful }) => !doubtful);
