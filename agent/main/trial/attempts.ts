// agent/main/trial: trials that were begun here and chose nothing: written down before each begins, so that one which takes
// the box down is not begun again at each start. In: a card's hash. Out: whether a day has passed since. Never: a day
// believed of a clock that nobody vouches for; a trial that is not on disk.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { thisBox } from '../../../models/choice.ts';
import type { Clock } from '../../health/clock.ts';
import { SmallFile } from '../small-file.ts';

const DAY_MS = 24 * 3600_000;
const MOST = 50;
const MAX_WORDS = 300;

const attemptSchema = z.object({
  /** the card's files */
  cardHash: z.string().max(64),
  box: z.string().max(300),
  /** epoch ms, and whether a time service vouched for it */
  at: z.number(),
  synced: z.boolean(),
  /** the boot, and ms since then */
  boot: z.string().max(64),
  mono: z.number(),
  /** how it ended; null: nobody was left to say */
  why: z.string().max(MAX_WORDS).nullable(),
});
const fileSchema = z.object({ attempts: z.array(attemptSchema).max(MOST) });

/** Beside the file of choices. */
export const attemptsFile = (choices: string) => join(dirname(choices), 'attempts.json');

export type Attempt = z.infer<typeof attemptSchema>;

export class Attempts {
  readonly #file: SmallFile<z.infer<typeof fileSchema>>;
  readonly #folder: string;
  readonly #clock: Clock;
  #all: Attempt[];

  constructor(file: string, clock: Clock) {
    this.#file = new SmallFile(file, fileSchema);
    this.#folder = dirname(file);
    this.#clock = clock;
    this.#all = this.#file.read()?.attempts ?? [];
  }

  /** The one of this card on this box. */
  of(cardHash: string): Attempt | null {
    const box = thisBox();
    return this.#all.find((one) => one.cardHash === cardHash && one.box === box) ?? null;
  }

  /** Has the box been there for a day since? The time since boot says so, or a clock that was right both times. */
  dayPassed({ boot, mono, at, synced }: Attempt): boolean {
    const now = this.#clock.mono();
    if (boot === this.#clock.boot) return now - mono >= DAY_MS;
    if (now >= DAY_MS) return true;
    return synced && this.#clock.quality() === 'synced' && this.#clock.wall() - at >= DAY_MS;
  }

  /** On disk when this resolves. @throws where it cannot be written: then nothing may begin */
  async begin(cardHash: string): Promise<void> {
    const clock = this.#clock;
    const when = { at: Math.round(clock.wall()), synced: clock.quality() === 'synced', mono: Math.round(clock.mono()) };
    await mkdir(this.#folder, { recursive: true });
    const attempt = { cardHash, box: thisBox(), ...when, boot: clock.boot, why: null };
    await this.#write([attempt, ...this.#others(cardHash)]);
  }

  /** It chose nothing. */
  async failed(cardHash: string, why: string): Promise<void> {
    const own = this.of(cardHash);
    if (own) await this.#write([{ ...own, why: why.slice(0, MAX_WORDS) }, ...this.#others(cardHash)]);
  }

  /** It chose, or it was ended by what has nothing to do with it. */
  async forget(cardHash: string): Promise<void> {
    await this.#write(this.#others(cardHash));
  }

  #others(cardHash: string): Attempt[] {
    const own = this.of(cardHash);
    return this.#all.filter((one) => one !== own);
  }

  async #write(all: Attempt[]): Promise<void> {
    const attempts = all.slice(0, MOST);
    await this.#file.write({ attempts });
    this.#all = attempts;
  }
}
