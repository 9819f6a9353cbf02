// models: finds that a detector is known to be wrong about. In: finds of one picture, and what the card says of them.
// Out: those that are believed. Pure.
import type { Card } from './card.ts';
import type { Detection, Picture } from './types.ts';

/** Without the finds whose shape and size their class has only by mistake, unless they are sure enough. */
export function believed(
  { doubts }: Card,
  finds: readonly Detection[],
  { width, height }: Pick<Picture, 'width' | 'height'>,
): Detection[] {
  return finds.filter(({ class: name, score, box: [, , across, down] }) =>
    doubts.every(
      (doubt) =>
        score >= doubt.score ||
        across * down <= doubt.share * width * height ||
        across <= doubt.aspect * down ||
        !doubt.classes.includes(name),
    ),
  );
}
