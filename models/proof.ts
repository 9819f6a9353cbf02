// models: is a detector any good? In: a looker and its card. Out: nothing, or a refusal that says what is wrong. A model may
// load, give exactly what its own card expects, and still be nonsense; so it is shown a drawn street in which everything is
// known, a picture of nothing, and what a trusted detector has just seen.
// Never: a detector let through that finds no persons (they could not be masked), or that sees things everywhere.
import { fileURLToPath } from 'node:url';
import { KerbError } from '../contract/errors.ts';
import { overlap } from './boxes.ts';
import type { Card } from './card.ts';
import { readPicture } from './image.ts';
import { knownPicture } from './known.ts';
import type { Detection, Look, Looker, Picture } from './types.ts';

type Box = Detection['box'];

/** The drawn street: models/proof/street.svg says how it was made. */
const STREET = fileURLToPath(new URL('./proof/street.png', import.meta.url));
/** What is in it; a detector that has a label for one of these must find it. */
const KNOWN: readonly { readonly class: string; readonly box: Box }[] = [
  { class: 'car', box: [46, 182, 280, 121] },
  { class: 'person', box: [330, 168, 46, 138] },
  { class: 'stop sign', box: [358, 62, 94, 86] },
];
/** Least score and overlap of such a find. The built-in detector finds them with 0.56 to 0.99 and overlaps above 0.8. */
const FOUND_SCORE = 0.3;
const FOUND_IOU = 0.5;
/** Finds from this score on are taken seriously. */
const SURE = 0.5;
/** More sure finds than this in a picture of three things, or of nothing, are everywhere. */
const MOST_IN_STREET = 12;
const MOST_IN_NOTHING = 6;
/** Of what the trusted detector is very sure of, so much must be found again. */
const AGREED_SCORE = 0.7;
const AGREED_SHARE = 0.5;
const TIMED_LOOKS = 3;

/** A picture with what a trusted detector found in it. */
export interface Seen {
  readonly picture: Picture;
  readonly objects: readonly Detection[];
}

export interface Proof {
  /** fastest of a few base looks, milliseconds */
  readonly ms: number;
}

/**
 * @param needed classes that the box cannot do without
 * @param seen what a trusted detector sees here now
 * @throws KerbError MODEL_LABELS, MODEL_NONSENSE, MODEL_SLOW, and what the looker throws
 */
export async function proveModel(
  looker: Looker,
  card: Card,
  needed: readonly string[],
  seen: readonly Seen[],
): Promise<Proof> {
  const labels = new Set(card.labels);
  const where = `${card.name} ${card.version}`;
  const nonsense = (what: string) =>
    new KerbError('MODEL_NONSENSE', what, where, 'publish a model that was tried on pictures');
  const missing = [...new Set(['person', ...needed])].filter((name) => !labels.has(name));
  if (missing.length > 0) {
    const what = `has no label for ${missing.slice(0, 5).join(', ')}`;
    throw new KerbError('MODEL_LABELS', what, where, "publish one that knows persons and the rules' classes");
  }
  const street = await readPicture(STREET);
  const check = (look: Look, picture: Picture, most: number) => {
    const fault = oddities(look.objects, picture, labels, most);
    if (fault) throw nonsense(fault);
    return look;
  };
  const fine = check(await looker.look(street, { depth: 'fine', minScore: 0.2 }), street, MOST_IN_STREET);
  for (const known of KNOWN) {
    if (!labels.has(known.class)) continue;
    const found = fine.objects.find((find) => find.class === known.class && overlap(find.box, known.box) >= FOUND_IOU);
    const score = found?.score ?? 0;
    if (score < FOUND_SCORE) throw nonsense(`does not find the ${known.class} in the known picture`);
  }
  const nothing = knownPicture();
  check(await looker.look(nothing, { depth: 'base', minScore: 0.2 }), nothing, MOST_IN_NOTHING);
  for (const { picture, objects } of seen) {
    const sure = objects.filter((find) => find.score >= AGREED_SCORE && labels.has(find.class));
    if (sure.length === 0) continue;
    const own = check(await looker.look(picture, { depth: 'wide', minScore: 0.2 }), picture, card.merge.objects);
    const again = sure.filter((find) => own.objects.some((one) => overlap(one.box, find.box) >= FOUND_IOU));
    if (again.length < sure.length * AGREED_SHARE) {
      throw nonsense(`finds ${again.length} of the ${sure.length} things that the running model is sure of`);
    }
  }
  const times: number[] = [];
  for (let i = 0; i < TIMED_LOOKS; i++) times.push((await looker.look(street, { depth: 'base', minScore: SURE })).ms);
  const ms = Math.min(...times);
  if (ms > card.budget.ms) throw slow(card, ms);
  return { ms };
}

/** A look took longer than the card allows. */
export function slow(card: Card, ms: number): KerbError {
  const what = `takes ${Math.round(ms)} ms a look on this box, its card allows ${card.budget.ms}`;
  return new KerbError('MODEL_SLOW', what, `${card.name} ${card.version}`, 'publish a smaller model for this box');
}

/** What no sound detector gives; null: nothing of it. */
function oddities(
  objects: readonly Detection[],
  { width, height }: Picture,
  labels: ReadonlySet<string | null>,
  most: number,
): string | null {
  for (const { class: name, score, box } of objects) {
    if (!labels.has(name)) return `finds "${name}", which its card does not know`;
    if (!(score >= 0 && score <= 1)) return `gives a score of ${score}`;
    const [x, y, w, h] = box;
    if (!box.every(Number.isFinite) || w <= 0 || h <= 0) return 'gives a box that is none';
    if (x < -1 || y < -1 || x + w > width + 1 || y + h > height + 1) return 'gives a box outside the picture';
  }
  const sure = objects.filter(({ score }) => score >= SURE).length;
  return sure > most ? `sees ${sure} things where there are hardly any` : null;
}
