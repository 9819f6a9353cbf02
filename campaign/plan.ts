// campaign: what happens when, drawn from a seed: the same seed gives the same plan. Troubles and deaths are cards of a
// deck, so that a dozen steps hold each of them. Pure.
import type { Random } from '../agent/main/drive/random.ts';

export type Victim = 'agent' | 'broker' | 'intake';
/** kill: the process alone; cut: the box's disk loses its power too; tear: and half-written sectors are left */
export type Death = 'kill' | 'cut' | 'tear';

/** flood: so many records at once. left: bytes that are free yet. skew, delay: ms. */
export type Trouble =
  | { what: 'link' | 'intake_link'; state: 'cut' | 'stall' | 'slow'; delay: number; flood: number }
  | { what: 'disk_full'; left: number; flood: number }
  | { what: 'clock'; skew: number }
  | { what: 'case_flood'; flood: number };

export interface Step {
  /** whether the box is given a command */
  command: boolean;
  /** ms before anything happens */
  wait: number;
  trouble: Trouble | null;
  /** ms until the trouble is over */
  lasts: number;
  /** how long after its beginning the kill comes */
  after: number;
  victims: Victim[];
  death: Death;
  /** ms that the victims stay dead */
  pause: number;
  /** ms of rest afterwards, in which what waits can go */
  rest: number;
}

const YEARS_10 = 10 * 365.25 * 86_400_000;
/** More than the lane's quota. */
const POINTS = 5000;

const TROUBLES: readonly ((random: Random) => Trouble | null)[] = [
  () => ({ what: 'link', state: 'cut', delay: 0, flood: POINTS }),
  (random) => ({ what: 'link', state: random.next() < 0.5 ? 'cut' : 'stall', delay: 0, flood: 0 }),
  (random) => ({ what: 'link', state: 'slow', delay: random.between(20, 400), flood: 0 }),
  (random) => ({ what: 'intake_link', state: random.next() < 0.5 ? 'cut' : 'stall', delay: 0, flood: 0 }),
  (random) => ({ what: 'disk_full', left: random.between(0, 60_000), flood: POINTS }),
  (random) => ({ what: 'clock', skew: Math.round(random.between(-1, 1) * YEARS_10) }),
  () => ({ what: 'case_flood', flood: 1200 }),
  ...Array.from({ length: 5 }, () => () => null),
];
const VICTIMS: readonly Victim[][] = [
  ...Array.from({ length: 6 }, (): Victim[] => ['agent']),
  ['broker'],
  ['broker'],
  ['intake'],
  ['intake'],
  ['agent', 'broker'],
  ['intake', 'agent'],
];
const DEATHS: readonly Death[] = ['kill', 'kill', 'cut', 'tear'];

export class Plan {
  readonly #random: Random;
  readonly #troubles: Deck<(typeof TROUBLES)[number]>;
  readonly #victims: Deck<Victim[]>;
  readonly #deaths: Deck<Death>;
  #steps = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#troubles = new Deck(TROUBLES, random);
    this.#victims = new Deck(VICTIMS, random);
    this.#deaths = new Deck(DEATHS, random);
  }

  /** The next step; it has one or two kills. */
  next(): Step {
    const random = this.#random;
    const victims = this.#victims.draw();
    return {
      command: random.next() < 0.6,
      wait: random.next() < 0.3 ? random.between(0, 250) : random.between(250, 1500),
      trouble: this.#troubles.draw()(random),
      lasts: random.between(200, 1600),
      after: random.between(0, 400),
      victims,
      death: victims.includes('agent') ? this.#deaths.draw() : 'kill',
      pause: random.next() < 0.5 ? 0 : random.between(0, 300),
      rest: this.#steps++ % 8 === 5 ? 2000 : 0,
    };
  }
}

/** Cards in random order; shuffled anew when the last was drawn. */
class Deck<T> {
  readonly #cards: readonly T[];
  readonly #random: Random;
  #left: T[] = [];

  constructor(cards: readonly T[], random: Random) {
    this.#cards = cards;
    this.#random = random;
  }

  draw(): T {
    if (this.#left.length === 0) this.#left = [...this.#cards];
    return this.#left.splice(Math.floor(this.#random.next() * this.#left.length), 1)[0]!;
  }
}
