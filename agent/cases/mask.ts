// agent/cases: a picture without persons. A frame and a looker come in; a JPEG in which no look finds a person goes out.
// The picture is judged as others will see it: encoded, decoded and looked at again, until nothing is found. A picture
// that cannot be made so is given up (EVIDENCE_UNMASKED): nothing unmasked ever leaves this file.
// The same frame gives the same bytes: every step is a function of the pixels and of what the looker finds.
import { KerbError } from '../../contract/index.ts';
import { blockFor, copyPicture, dissolve, pixelate, type Region, regionOf } from '../../models/pixelate.ts';
import type { Detection, LookDepth, Looker, Picture } from '../../models/types.ts';
import { contained, iou, shared } from './boxes.ts';
import type { Box } from './types.ts';

/** Finds of the first look from this score on are covered: low, so that small and half hidden persons are found too. */
const COVER_FROM = 0.2;
/** A person found in the finished picture from this score on is covered harder; detect's own limit is 0.5. */
const REFUSE_FROM = 0.35;
/** What would cover the reported object must be this sure to be a person. */
const OBJECT_FROM = 0.45;
/** Share of the picture from which a find may be more than one person. */
const LARGE = 0.04;
/** Times a picture is covered harder before it is given up. */
const MAX_ROUNDS = 10;
/** Looks that judge the finished picture; the one that finds most is first, so a bad picture costs one look. */
const JUDGES: readonly LookDepth[] = ['fine', 'base'];

/** How hard a region is covered: blocks on its shorter side (0: blended into its surroundings), margin on each side. */
const LEVELS: readonly { readonly blocks: number; readonly margin: number }[] = [
  { blocks: 3, margin: 0.1 },
  { blocks: 2, margin: 0.1 },
  { blocks: 1, margin: 0.15 },
  { blocks: 0, margin: 0.15 },
  { blocks: 0, margin: 0.3 },
];
const LAST = LEVELS.length - 1;

/** Pictures to JPEG and back, the way that everybody else decodes them too. The same pixels give the same bytes. */
export interface Codec {
  encode(picture: Picture): Promise<Uint8Array>;
  decode(jpeg: Uint8Array): Promise<Picture>;
}

export interface MaskedPicture {
  readonly jpeg: Uint8Array;
  /** regions that were made unrecognisable */
  readonly persons: number;
}

interface Cover {
  readonly box: Box;
  level: number;
}

/**
 * Makes every person in a picture unrecognisable.
 * @param picture not changed
 * @param object the box of what is reported: stays visible as far as no person is in front of it
 * @throws KerbError EVIDENCE_UNMASKED, and what the looker throws
 */
export async function maskPersons(picture: Picture, object: Box, looker: Looker, codec: Codec): Promise<MaskedPicture> {
  const covers: Cover[] = [];
  for (const find of await persons(picture, looker, 'fine', COVER_FROM)) {
    if (canWait(find, picture, object) || isObject(find, picture, object)) continue;
    covers.push({ box: find.box, level: 0 });
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const jpeg = await codec.encode(render(picture, covers, object));
    const left = await remaining(await codec.decode(jpeg), object, looker);
    if (left.length === 0) return { jpeg, persons: covers.length };
    for (const find of left) coverHarder(covers, find.box);
  }
  const what = `a person is still found after ${MAX_ROUNDS} tries to cover it`;
  throw new KerbError('EVIDENCE_UNMASKED', what, 'evidence picture', 'the case goes without this picture');
}

/** Persons that a look still finds in the finished picture. */
async function remaining(picture: Picture, object: Box, looker: Looker): Promise<Detection[]> {
  for (const depth of JUDGES) {
    const left = (await persons(picture, looker, depth, REFUSE_FROM)).filter(
      (find) => !isObject(find, picture, object),
    );
    if (left.length > 0) return left;
  }
  return [];
}

async function persons(picture: Picture, looker: Looker, depth: LookDepth, minScore: number): Promise<Detection[]> {
  const { objects } = await looker.look(picture, { depth, minScore });
  return objects.filter((find) => find.class === 'person' && find.score >= minScore);
}

/** A weak find that is the object itself taken for a person, or scenery around it: covering it would cost the evidence. */
function isObject(find: Detection, picture: Picture, object: Box): boolean {
  if (find.score >= OBJECT_FROM) return false;
  return iou(find.box, object) >= 0.5 || (isLarge(find.box, picture) && hides(find.box, object));
}

/**
 * A find that is covered only if it is still there once the others are: a large one is often made of several persons
 * and what lies between, and a weak one is not worth most of the object.
 */
function canWait(find: Detection, picture: Picture, object: Box): boolean {
  return isLarge(find.box, picture) || (find.score < REFUSE_FROM && hides(find.box, object));
}

function isLarge(box: Box, { width, height }: Picture): boolean {
  return box[2] * box[3] > LARGE * width * height;
}

/** Whether a box lies over more than half of the object. */
function hides(box: Box, object: Box): boolean {
  return shared(box, object) > 0.5 * object[2] * object[3];
}

/** One step more for what already covers this place; a place that nothing covers, or the utmost does not help, is new. */
function coverHarder(covers: Cover[], box: Box): void {
  let helped = false;
  for (const cover of covers) {
    if (iou(cover.box, box) < 0.3 && contained(cover.box, box) < 0.6) continue;
    if (cover.level === LAST) continue;
    cover.level++;
    helped = true;
  }
  if (helped) return;
  const tried = covers.some((cover) => iou(cover.box, box) >= 0.3);
  covers.push({ box, level: tried ? LAST : 0 });
}

/** The picture with all covers, each worked from the original's pixels and from what the earlier ones left. */
function render(picture: Picture, covers: readonly Cover[], object: Box): Picture {
  const copy = copyPicture(picture);
  for (const cover of covers) {
    const { blocks, margin } = LEVELS[cover.level]!;
    const region = coverRegion(cover.box, margin, picture, object);
    if (!region) continue;
    if (blocks === 0) dissolve(copy, region);
    else pixelate(copy, region, blockFor(region, blocks));
  }
  return copy;
}

/** The margin may not cost more of the reported object than the person itself hides. */
function coverRegion(box: Box, margin: number, picture: Picture, object: Box): Region | null {
  const tight = regionOf(box, 0, picture);
  const wide = regionOf(box, margin, picture);
  if (!tight || !wide) return wide;
  const asBox = ({ x, y, width, height }: Region): Box => [x, y, width, height];
  return shared(asBox(wide), object) > shared(asBox(tight), object) ? tight : wide;
}
