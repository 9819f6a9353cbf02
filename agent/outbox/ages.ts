// agent/outbox: how old a record is, without a wall clock. In: the boots before this one and how long each is known to have
// run. Out: the least time that has passed since a moment of any boot. Time without power counts nothing, as nobody
// knows it: a record may live longer than its producer asked for, never shorter. Pure but for the clock it is given.

/** A boot and the last moment of it that is known, ms since it began. */
export interface Boot {
  boot: string;
  mono: number;
}

/** Most boots kept in mind; what is older than all of them is at least as old as they are together. */
const MOST = 16;

/** The list with `latest` noted, oldest first. */
export function addBoot(boots: readonly Boot[], latest: Boot): Boot[] {
  const rest = boots.filter(({ boot }) => boot !== latest.boot);
  const before = boots.find(({ boot }) => boot === latest.boot);
  return [...rest, { boot: latest.boot, mono: Math.max(latest.mono, before?.mono ?? 0) }].slice(-MOST);
}

export class Ages {
  readonly #current: string;
  readonly #mono: () => number;
  /** ms between the end of each earlier boot and the beginning of this one, at least, and when it ended itself */
  readonly #earlier = new Map<string, { ended: number; since: number }>();
  readonly #all: number;

  /** @param boots the earlier ones, oldest first; the current one among them is left out */
  constructor(current: string, mono: () => number, boots: readonly Boot[]) {
    this.#current = current;
    this.#mono = mono;
    let since = 0;
    for (const { boot, mono: ended } of boots.toReversed()) {
      if (boot === current) continue;
      this.#earlier.set(boot, { ended, since });
      since += ended;
    }
    this.#all = since;
  }

  /** The least that has passed since this moment, ms; negative where a clock has gone back. */
  since(boot: string, mono: number): number {
    const now = this.#mono();
    if (boot === this.#current) return now - mono;
    const earlier = this.#earlier.get(boot);
    return now + (earlier ? Math.max(0, earlier.ended - mono) + earlier.since : this.#all);
  }

  /** Whether a record of this moment that nobody wants after `expires` (on that boot's clock) is surely too old. */
  isPast(boot: string, mono: number, expires: number): boolean {
    return this.since(boot, mono) >= expires - mono;
  }
}
