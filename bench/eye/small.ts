// bench/eye: small and far things as a cheap camera gives them: 320x240, compressed. In: cut-outs and the empty street; the
// clip and what a larger detector finds in it. Out: rows of what fine looks find at a low threshold, and what is not there.
import sharp from 'sharp';
import type { Box } from '../../agent/camera/types.ts';
import { believed } from '../../models/doubt.ts';
import type { Detection, Looker, Picture } from '../../models/types.ts';
import type { Row } from '../row.ts';
import { lookThrough } from './clip.ts';
import { Composer, LIGHTS, type Placed } from './compose.ts';
import { outlines } from './cutouts.ts';
import { type Labels, largerPersons } from './labels.ts';
import { type MotFrame, motScore, type Seen } from './mot.ts';
import type { Random } from './random.ts';
import { tallAt, VEHICLE, type Wardrobe } from './stage.ts';

const WIDTH = 320;
const HEIGHT = 240;
const QUALITY = 85;
/** As of other street footage: finds from this score on; the part found; finds a picture that are none. */
const SCORE = 0.35;
const RECALL_GOAL = 0.68;
const EXTRA_GOAL = 1.3;
const PICTURES = 24;
/** Tried in each picture; who would cover another is left out. */
const VEHICLES = 14;
const WALKERS = 3;

const KINDS: Readonly<Record<string, string>> = { person: 'person', car: 'vehicle', truck: 'vehicle', bus: 'vehicle' };

/** Composed pictures full of vehicles of 8 to 40 pixels, in every light; the exact truth is known. */
export async function smallRows(wardrobe: Wardrobe, looker: Looker, random: Random): Promise<Row[]> {
  const frames: MotFrame[] = [];
  for (let n = 0; n < PICTURES; n++) {
    const composer = new Composer(wardrobe.street, LIGHTS[n % LIGHTS.length]!, random);
    const { placed, truth } = fullStreet(wardrobe, random);
    const picture = composer.picture(placed, n * 1.3);
    const by = WIDTH / picture.width;
    frames.push({ truth: truth.map((one) => scaled(one, by)), found: await found(looker, await reduced(picture)) });
  }
  return rowsOf('small_vehicle', 'vehicle', 'composed vehicles of 8 to 40 pixels', frames);
}

/** The clip itself, made small: of the persons that a larger detector finds in the full size. */
export async function reducedRows(video: string, labels: Labels, looker: Looker): Promise<Row[]> {
  const pictures = new Map<number, Picture>();
  const only = (time: number) => labels.sparse.has(time);
  await lookThrough(video, looker, { only, depth: 'base' }, (frame) => void pictures.set(frame.time, frame));
  const frames: MotFrame[] = [];
  const larger = largerPersons();
  for (const [time, picture] of pictures) {
    const by = WIDTH / picture.width;
    const persons = (larger.get(time) ?? []).map(({ box }, id): Seen => ({ id, kind: 'person', box }));
    const vehicles = labels.sparse.get(time)!.filter(({ kind }) => kind === 'vehicle');
    const truth = [...persons, ...vehicles.map((one) => ({ ...one, id: one.id + 500, unsure: true }))];
    frames.push({ truth: truth.map((one) => scaled(one, by)), found: await found(looker, await reduced(picture)) });
  }
  return rowsOf('reduced_person', 'person', "persons of the larger model's in the full size", frames);
}

function rowsOf(name: string, kind: string, what: string, frames: readonly MotFrame[]): Row[] {
  const apart = frames.map(({ truth, found: finds }, n) => ({ truth: moved(truth, n), found: moved(finds, n) }));
  const own = (all: readonly Seen[]) => all.filter((one) => one.kind === kind);
  const its = motScore(apart.map(({ truth, found: finds }) => ({ truth: own(truth), found: own(finds) })));
  const recall = (its.objects - its.missed) / its.objects;
  const extra = motScore(apart).extra / frames.length;
  return [
    {
      metric: `eye.${name}_recall`,
      value: recall,
      unit: `of ${its.objects} ${what}, at ${WIDTH}x${HEIGHT} from ${SCORE} on`,
      goal: `>= ${RECALL_GOAL}`,
      ok: recall >= RECALL_GOAL,
    },
    {
      metric: `eye.${name}_extra_per_frame`,
      value: extra,
      unit: 'finds of any class that are not there',
      goal: `<= ${EXTRA_GOAL}`,
      ok: extra <= EXTRA_GOAL,
    },
  ];
}

/** Ids mean nothing from one picture to the next. */
const moved = (all: readonly Seen[], n: number) => all.map((one) => ({ ...one, id: one.id + n * 1000 }));

const scaled = ({ box: [x, y, width, height], ...one }: Seen, by: number): Seen => ({
  ...one,
  box: [x * by, y * by, width * by, height * by],
});

async function found(looker: Looker, picture: Picture): Promise<Seen[]> {
  const { objects } = await looker.look(picture, { depth: 'fine', minScore: SCORE });
  return believed(objects).map(({ class: name, box }: Detection, id) => ({ id, kind: KINDS[name] ?? name, box }));
}

/** Vehicles all over the street, none before another, and a few walkers; the two that park there are not asked for. */
function fullStreet(wardrobe: Wardrobe, random: Random): { placed: Placed[]; truth: Seen[] } {
  const placed: Placed[] = [];
  const truth: Seen[] = outlines().map((box, id) => ({ id, kind: 'vehicle', box, unsure: true }));
  for (let n = 0; n < VEHICLES + WALKERS; n++) {
    const foot = [random.between(60, 720), random.between(120, 540)] as const;
    const isVehicle = n < VEHICLES;
    const steps = isVehicle ? wardrobe.vehicles : wardrobe.walkers[random.below(wardrobe.walkers.length)]!;
    const cutout = steps[random.below(steps.length)]!;
    const height = tallAt(foot[1]) * (isVehicle ? VEHICLE * random.between(0.16, 0.4) : random.between(0.5, 1));
    const width = (height * cutout.width) / cutout.height;
    const box: Box = [foot[0] - width / 2, foot[1] - height, width, height];
    if (truth.some((one) => meet(one.box, box))) continue;
    truth.push({ id: 10 + n, kind: isVehicle ? 'vehicle' : 'person', box });
    placed.push({ cutout, foot, height, mirrored: random.chance(0.5) });
  }
  return { placed, truth };
}

const meet = (a: Box, b: Box) =>
  Math.min(a[0] + a[2], b[0] + b[2]) > Math.max(a[0], b[0]) &&
  Math.min(a[1] + a[3], b[1] + b[3]) > Math.max(a[1], b[1]);

/** As a camera of that size would send it. */
async function reduced({ rgb, width, height }: Picture): Promise<Picture> {
  const jpeg = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(WIDTH, HEIGHT, { fit: 'fill' })
    .jpeg({ quality: QUALITY })
    .toBuffer();
  const { data } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return { width: WIDTH, height: HEIGHT, rgb: data };
}
