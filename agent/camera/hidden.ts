// agent/camera: what a live picture hides. In: a look's finds, doubtful ones too, and the persons followed. Out: boxes to
// make unrecognisable. Never: less hidden because of what a find might be; only a piece of scenery that the detector has
// long known, unsure of it, is left as it is.
import type { Frame } from '../../drivers/camera/types.ts';
import type { Detection } from '../../models/types.ts';
import { iou } from './geometry.ts';
import type { Judgement } from './judge.ts';
import type { Box } from './types.ts';

/** Persons from this score on are hidden on live pictures: far below what counts as a find. */
export const HIDE_SCORE = 0.15;
/** A find of more than this share of the picture is a person only from SURE_SCORE on: weak ones are walls and lawns. */
const LARGE = 0.04;
const SURE_SCORE = 0.45;
/**
 * A lawn reaches across: wider than this many times its height, and over half of the picture. Cut out of the street clip
 * and enlarged, not one of 618 looks at a near person on their feet gave such a box; those at persons lying down do.
 */
const FLAT = 2;
/** From this score on it is somebody, whatever the place was known as before. */
const CERTAIN = 0.8;
/** A place found unsurely in so many looks, and never surely in between, is scenery. */
const SCENERY_LOOKS = 6;
/** Two boxes of one place share so much. */
const SAME_PLACE = 0.7;
/** Light changes, cameras are turned: a place that was not found for so long is known no more, ms. */
const KNOWN_MS = 60_000;
const MAX_PLACES = 8;

interface Place {
  readonly box: Box;
  /** unsure looks that found it, one after the other */
  readonly looks: number;
  /** of the last, epoch ms */
  readonly time: number;
}

/** One camera's: it remembers where scenery is taken for a person. */
export class Hidden {
  #places: Place[] = [];

  /** Where persons are or may be: this look's finds, and those followed who were not found just now. */
  boxes(frame: Frame, finds: readonly Detection[], followed: Judgement['persons']): Box[] {
    const { width, height, time } = frame;
    this.#places = this.#places.filter((one) => one.time <= time && time - one.time < KNOWN_MS);
    const persons = finds.filter((find) => find.class === 'person');
    const hidden = [...persons.filter((find) => !this.#isScenery(find, width)), ...followed]
      .filter(({ score, box }) => score >= (box[2] * box[3] > LARGE * width * height ? SURE_SCORE : HIDE_SCORE))
      .map(({ box }) => box);
    for (const find of persons) if (isFlat(find, width)) this.#learn(find, time);
    return hidden;
  }

  #isScenery(find: Detection, width: number): boolean {
    const isKnown = (this.#placeOf(find.box)?.looks ?? 0) >= SCENERY_LOOKS;
    return isKnown && isFlat(find, width) && find.score < CERTAIN;
  }

  #learn({ score, box }: Detection, time: number): void {
    const place = this.#placeOf(box);
    const before = place?.looks ?? 0;
    // surely found before it was known, it may as well be somebody
    const stays = score < CERTAIN && before >= SCENERY_LOOKS;
    const looks = score < SURE_SCORE ? before + 1 : stays ? before : 0;
    this.#places = [...this.#places.filter((one) => one !== place), { box, looks, time }].slice(-MAX_PLACES);
  }

  #placeOf(box: Box): Place | undefined {
    return this.#places.find((one) => iou(one.box, box) >= SAME_PLACE);
  }
}

const isFlat = ({ doubtful, box }: Detection, width: number): boolean =>
  doubtful === true && box[2] > FLAT * box[3] && box[2] > width / 2;
