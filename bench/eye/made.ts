// bench/eye: rules whose objects no footage here contains (bicycles in heaps, stalls, goods, trucks), tested from MADE
// detections: boxes that tremble, are missed in a fifth of the looks, and are taken for a like class now and then. In: a
// seed. Out: rows, a table on stderr that says so. This tests the judgement alone, not whether such things are found.
import { fileURLToPath } from 'node:url';
import { CameraJudge } from '../../agent/camera/judge.ts';
import type { Box } from '../../agent/camera/types.ts';
import { loadYaml } from '../../agent/config/load.ts';
import { type Profile, profileSchema } from '../../agent/config/site.ts';
import type { Detection } from '../../models/types.ts';
import type { Row } from '../row.ts';
import { CAMERA } from './place.ts';
import { Random } from './random.ts';

/** A thing that is made: where it is at t seconds; null when it is not there. */
interface Thing {
  readonly class: string;
  readonly boxAt: (t: number) => Box | null;
}

interface MadeStory {
  readonly rule: string;
  readonly name: string;
  readonly isMatter: boolean;
  readonly seconds: number;
  /** of a day, UTC */
  readonly hour: number;
  readonly things: (random: Random) => Thing[];
}

const VARIANTS = 5;
const FOUND = 0.8;
/** What a detector takes things for in a tenth of the looks. */
const MISTAKEN: Readonly<Record<string, string>> = { bicycle: 'motorcycle', truck: 'bus', umbrella: 'kite' };
/** Monday. */
const DAY = Date.UTC(2026, 10, 30);
const ZONE: [number, number][] = [
  [50, 200],
  [720, 200],
  [720, 520],
  [50, 520],
];

const stays = (name: string, box: Box, until: number, from = 0): Thing => ({
  class: name,
  boxAt: (t) => (t >= from && t <= until ? box : null),
});
/** Crosses the picture in so many seconds, again and again. */
const passes = (name: string, [x, y, width, height]: Box, seconds: number, from = 0): Thing => ({
  class: name,
  boxAt: (t) => (t < from ? null : [x + ((t - from) % seconds) * (760 / seconds), y, width, height]),
});
const row = (name: string, count: number, gap: number, until: number, random: Random): Thing[] => {
  const [x, y] = [random.between(70, 110), random.between(260, 420)];
  return Array.from({ length: count }, (_, n) =>
    stays(name, [x + n * (44 + gap), y + random.between(-3, 3), 44, 34], until),
  );
};
const goods = (random: Random): Box => [random.between(200, 500), random.between(250, 380), 60, 60];
const beside = ([x, y, , height]: Box): Box => [x + 70, y + height - 85, 30, 88];

const STORIES: readonly MadeStory[] = [
  story('bicycle-heap', 'six close together', true, 700, (random) => row('bicycle', 6, 8, 700, random)),
  story('bicycle-heap', 'three', false, 700, (random) => row('bicycle', 3, 8, 700, random)),
  story('bicycle-heap', 'six far apart', false, 700, (random) => row('bicycle', 6, 62, 700, random)),
  story('bicycle-heap', 'six, gone sooner', false, 700, (random) => row('bicycle', 6, 8, 420, random)),
  story('bicycle-heap', 'riders one after the other', false, 700, () =>
    [0, 2, 4, 6, 8, 10].map((from) => passes('bicycle', [0, 300, 44, 34], 14, from)),
  ),
  story('stall', 'goods with someone beside them', true, 260, (random) => {
    const box = goods(random);
    return [stays('umbrella', box, 260), stays('person', beside(box), 260)];
  }),
  story('stall', 'goods alone', false, 260, (random) => [stays('umbrella', goods(random), 260)]),
  story('stall', 'goods, walkers pass', false, 260, (random) => [
    stays('umbrella', goods(random), 260),
    passes('person', [0, 300, 30, 88], 20),
  ]),
  story('stall', 'someone beside them, gone sooner', false, 260, (random) => {
    const box = goods(random);
    return [stays('umbrella', box, 120), stays('person', beside(box), 120)];
  }),
  story('stall', 'umbrellas walk by', false, 260, () => [
    passes('umbrella', [0, 290, 60, 60], 25),
    passes('person', [15, 300, 30, 88], 25),
  ]),
  story('goods', 'a couch that stays', true, 1000, (random) => [stays('couch', goods(random), 1000)]),
  story('goods', 'a couch, fetched sooner', false, 1000, (random) => [stays('couch', goods(random), 650)]),
  story('heavy-vehicle', 'a truck in its forbidden hours', true, 40, () => [passes('truck', [0, 260, 160, 110], 25)]),
  story('heavy-vehicle', 'a truck at noon', false, 40, () => [passes('truck', [0, 260, 160, 110], 25)], 12),
  story('heavy-vehicle', 'a car', false, 40, () => [passes('car', [0, 300, 90, 60], 25)]),
];

function story(
  rule: string,
  name: string,
  isMatter: boolean,
  seconds: number,
  things: MadeStory['things'],
  hour = 7.5,
): MadeStory {
  return { rule, name, isMatter, seconds, hour, things };
}

/** Plays every story five times under the rules of examples/street/city.yaml, with their own dwell times. */
export async function madeRows(seed: number): Promise<Row[]> {
  const city = fileURLToPath(new URL('../../examples/street/city.yaml', import.meta.url));
  const profile = await loadYaml(city, profileSchema, 'profile');
  const random = new Random(seed);
  const sums = new Map<string, { found: number; missed: number; extra: number }>();
  process.stderr.write('from MADE detections, for no footage here contains such things:\n');
  for (const one of STORIES) {
    const sum = sums.get(one.rule) ?? { found: 0, missed: 0, extra: 0 };
    sums.set(one.rule, sum);
    let events = 0;
    for (let n = 0; n < VARIANTS; n++) events += Math.min(1, eventsOf(one, profile, random));
    if (one.isMatter) {
      sum.found += events;
      sum.missed += VARIANTS - events;
    } else sum.extra += events;
    const told = `${events} of ${VARIANTS} became events, ${one.isMatter ? 'all should' : 'none should'}`;
    process.stderr.write(`${one.rule.padEnd(16)} ${one.name.padEnd(34)} ${told}\n`);
  }
  return [...sums].flatMap(([rule, { found, missed, extra }]) => [
    { metric: `eye.${rule}_recall`, value: found / (found + missed), unit: `of ${found + missed}, made detections` },
    {
      metric: `eye.${rule}_precision`,
      value: found + extra === 0 ? 1 : found / (found + extra),
      unit: `of ${found + extra} events, made detections`,
    },
  ]);
}

/** Events of the story's rule, or of another that it is no matter of either. */
function eventsOf({ rule, hour, seconds, things }: MadeStory, profile: Profile, random: Random): number {
  const kinds = profile.rules.find(({ id }) => id === rule)!.zones;
  const zones = kinds.map((kind) => ({ id: kind, name: { zh: '区', en: kind }, kind, polygon: ZONE }));
  const judge = new CameraJudge({ device: 'bench', site: 'made', camera: { ...CAMERA, zones }, profile });
  const made = things(random);
  let events = 0;
  for (let t = 0; t <= seconds; t += 1 / CAMERA.looks_per_s) {
    const finds = made.flatMap((thing) => findOf(thing, t, random) ?? []);
    const { verdicts } = judge.look(DAY + hour * 3_600_000 + t * 1000, finds, { width: 768, height: 576 });
    events += verdicts.filter(({ event }) => event.rule === rule).length;
  }
  return events;
}

function findOf(thing: Thing, t: number, random: Random): Detection | null {
  const box = thing.boxAt(t);
  if (!box || !random.chance(FOUND)) return null;
  const name = random.chance(0.1) ? (MISTAKEN[thing.class] ?? thing.class) : thing.class;
  const [width, height] = [box[2], box[3]];
  const off = (side: number) => 0.03 * side * random.normal();
  const trembling: Box = [box[0] + off(width), box[1] + off(height), width + off(width), height + off(height)];
  return { class: name, score: Math.min(0.98, Math.max(0.25, 0.66 + 0.09 * random.normal())), box: trembling };
}
