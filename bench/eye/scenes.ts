// bench/eye: the stories that are composed: who goes where, and what an honest judge must say of it. In: chance. Out:
// actors with their ways, and the exact truth of each rule, from the same ways. Pure; no picture is known here.
import { inside, type Point } from '../../agent/config/polygon.ts';
import { LIGHTS, type Light } from './compose.ts';
import { CROWD, CROWD_S, KERB, PARKED_S, SQUARE } from './place.ts';
import type { Random } from './random.ts';

/** Where an actor stands at a moment; between two moments it goes straight and evenly. */
type Step = readonly [t: number, x: number, y: number];

export interface Actor {
  readonly kind: 'vehicle' | 'person';
  /** number of its looks among the cut-outs of its kind */
  readonly look: number;
  readonly mirrored: boolean;
  /** of the height that its kind has where it stands */
  readonly size: number;
  /** there from its first step to its last one */
  readonly way: readonly Step[];
}

/** A matter that is really there: one event is due, and begins about then. */
export interface Matter {
  readonly rule: string;
  /** seconds since the scene began: in the zone, or enough in it, from when to when */
  readonly from: number;
  readonly until: number;
}

export interface Story {
  readonly name: string;
  readonly light: Light;
  readonly seconds: number;
  readonly actors: readonly Actor[];
  readonly matters: readonly Matter[];
}

/** How long a scene lasts. */
const SECONDS = 20;

/** Where an actor stands; null when it is not there. */
export function placeOf({ way }: Actor, t: number): Point | null {
  const next = way.findIndex(([at]) => at >= t);
  if (next < 0 || (next === 0 && way[0]![0] > t)) return null;
  const [t1, x1, y1] = way[next]!;
  const [t0, x0, y0] = way[Math.max(0, next - 1)]!;
  const part = t1 === t0 ? 1 : (t - t0) / (t1 - t0);
  return [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part];
}

/** Every light with every story once. */
export function stories(random: Random): Story[] {
  return LIGHTS.flatMap((light) =>
    Object.entries(PLOTS).map(([name, plot]) => {
      const actors = plot(random);
      return { name, light, seconds: SECONDS, actors, matters: mattersOf(actors, SECONDS) };
    }),
  );
}

/** What is really a matter in these ways, by the rules of PROFILE. */
export function mattersOf(actors: readonly Actor[], seconds: number): Matter[] {
  const vehicles = actors.filter(({ kind }) => kind === 'vehicle');
  const persons = actors.filter(({ kind }) => kind === 'person');
  const isIn = (polygon: readonly Point[], actor: Actor, t: number) => {
    const place = placeOf(actor, t);
    return place !== null && inside(polygon, place);
  };
  const parked = vehicles.flatMap((one) => stretches(seconds, (t) => isIn(KERB, one, t)));
  const crowded = stretches(seconds, (t) => persons.filter((one) => isIn(SQUARE, one, t)).length >= CROWD);
  return [
    ...parked.filter(([from, until]) => until - from > PARKED_S).map(named('parked-vehicle')),
    ...crowded.filter(([from, until]) => until - from > CROWD_S).map(named('crowd')),
  ];
}

const named =
  (rule: string) =>
  ([from, until]: readonly [number, number]): Matter => ({ rule, from, until });

/** From when to when it holds, looked at ten times a second. */
function stretches(seconds: number, holds: (t: number) => boolean): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (let n = 0, on = false; n <= seconds * 10; n++) {
    const now = holds(n / 10);
    if (now && !on) found.push([n / 10, n / 10]);
    if (now) found.at(-1)![1] = n / 10;
    on = now;
  }
  return found;
}

const EAST: Point = [790, 115];
const WEST: Point = [180, 222];

/** A place in the middle of the kerb's zone. */
const stop = (random: Random): Point => [random.between(585, 670), random.between(190, 235)];

function vehicle(random: Random, way: readonly Step[], look = random.below(2)): Actor {
  return { kind: 'vehicle', look, mirrored: random.chance(0.5), size: random.between(0.9, 1.15), way };
}

function person(random: Random, way: readonly Step[]): Actor {
  return {
    kind: 'person',
    look: random.below(1000),
    mirrored: random.chance(0.5),
    size: random.between(0.92, 1.1),
    way,
  };
}

/** Comes, stands from `from` until `until`, and goes on if it does not stay to the end. */
function stopping(random: Random, from: number, until: number): Actor {
  const at = stop(random);
  const stay: Step[] = [
    [from - 2.5, ...EAST],
    [from, ...at],
    [until, ...at],
  ];
  return vehicle(random, until >= SECONDS ? stay : [...stay, [until + 3, ...WEST]], 0);
}

function passing(random: Random, from: number, lower = 0): Actor {
  const [x, y] = stop(random);
  return vehicle(random, [
    [from, ...EAST],
    [from + 1.8, x, y + lower],
    [from + 4.2, WEST[0], WEST[1] + lower],
  ]);
}

/** So many people who stand about in the square, each on a place of its own, from when to when. */
function standing(random: Random, count: number, from: number, until: number): Actor[] {
  return Array.from({ length: count }, (_, n) => {
    const [column, row] = [n % 4, Math.floor(n / 4)];
    const [x, y] = [
      335 + column * 44 + row * 30 + random.between(-7, 7),
      290 + row * 34 + column * 8 + random.between(-5, 5),
    ];
    return person(random, [
      [from, x, y],
      [(from + until) / 2, x + random.between(-5, 5), y + random.between(-3, 3)],
      [until, x, y],
    ]);
  });
}

/** Walks through both zones. */
function walking(random: Random, from: number): Actor {
  const [y0, y1] = [random.between(180, 230), random.between(290, 350)];
  return person(random, [
    [from, 765, y0],
    [from + random.between(9, 12), 250, y1],
  ]);
}

/** Times stay a third away from what a rule allows: nobody can say what is due at the limit itself. */
const PLOTS: Readonly<Record<string, (random: Random) => Actor[]>> = {
  parked: (random) => [
    stopping(random, random.between(3, 4.5), SECONDS),
    ...standing(random, 3, 0, SECONDS),
    walking(random, 2),
  ],
  passing: (random) => [
    passing(random, 0.5),
    passing(random, random.between(6, 7)),
    passing(random, random.between(12, 13)),
    ...standing(random, 8, 2, random.between(16, 18)),
  ],
  creeping: (random) => {
    const [x, y] = [random.between(690, 705), random.between(185, 200)];
    return [
      vehicle(
        random,
        [
          [0, x, y],
          [SECONDS, x - random.between(90, 120), y + 35],
        ],
        0,
      ),
      walking(random, 1),
      walking(random, 6),
    ];
  },
  short: (random) => [
    stopping(random, 3, random.between(8, 8.6)),
    ...standing(random, 8, 6, random.between(9, 9.8)),
    walking(random, 4),
  ],
  hidden: (random) => [
    stopping(random, 3, SECONDS),
    passing(random, 7, 24),
    passing(random, 12.5, 24),
    walking(random, 3),
    walking(random, 8),
  ],
  walkers: (random) => [
    ...[0, 1.5, 3, 5, 7, 8.5].map((from) => walking(random, from)),
    ...[0, 1].map((n) => {
      const [x, y] = stop(random);
      return person(random, [
        [0, x + 30 * n, y],
        [SECONDS, x + 30 * n + 6, y],
      ]);
    }),
  ],
};
