// campaign: what happens when, drawn from a seed: the same seed gives the same plan. Pure.
import type { Random } from '../agent/main/drive/random.ts';

export type Victim = 'agent' | 'broker' | 'intake';
/** kill: the process alone; cut: the box's disk loses its power too; tear: and half-written sectors are left */
export type Death = 'kill' | 'cut' | 'tear';

export type Trouble =
  | { what: 'link' | 'intake link'; state: 'cut' | 'stall' | 'slow'; delay: number; flood: number }
  | { what: 'disk full'; left: number; flood: number }
  | { what: 'clock'; skew: number }
  | { what: 'case flood'; flood: number };

export interface Step {
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

/** One step has one or two kills. */
export function drawStep(random: Random, number: number): Step {
  const wait = random.next() < 0.3 ? random.between(0, 250) : random.between(250, 1900);
  const [which, both] = [random.next(), random.next()];
  const first: Victim = which < 0.5 ? 'agent' : which < 0.75 ? 'broker' : 'intake';
  const others: Victim[] = first === 'agent' ? ['broker', 'intake'] : ['agent'];
  const victims = both < 0.1 ? [first, others[Math.floor(random.next() * others.length)]!] : [first];
  const die = random.next();
  return {
    wait,
    trouble: random.next() < 0.35 ? drawTrouble(random) : null,
    lasts: random.between(300, 3000),
    after: random.between(0, 500),
    victims,
    death: die < 0.5 ? 'kill' : die < 0.75 ? 'cut' : 'tear',
    pause: random.next() < 0.5 ? 0 : random.between(0, 300),
    rest: number % 8 === 5 ? 2000 : 0,
  };
}

function drawTrouble(random: Random): Trouble {
  const kind = random.next();
  if (kind < 0.45) {
    const what = random.next() < 0.7 ? 'link' : 'intake link';
    const state = (['cut', 'stall', 'slow'] as const)[Math.floor(random.next() * 3)]!;
    // Three thousand points are more than their lane's quota.
    const flood = random.next() < 0.3 ? 4000 : 0;
    return { what, state, delay: random.between(20, 400), flood };
  }
  if (kind < 0.65) return { what: 'disk full', left: random.between(0, 300_000), flood: 1500 };
  if (kind < 0.9) return { what: 'clock', skew: Math.round(random.between(-1, 1) * YEARS_10) };
  return { what: 'case flood', flood: 1200 };
}
