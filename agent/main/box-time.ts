// agent/main: what this box knows of the time, and what it remembers of it: its boots and their anchors, kept in a small
// file. In: the system's clock, time services, satellites. Out: a clock for all parts; a word when more is known.
import { join } from 'node:path';
import { z } from 'zod';
import { type Boot, bootSchema } from '../../contract/index.ts';
import { Boots } from '../health/boots.ts';
import { askTimeService, systemClock } from '../health/clock.ts';
import { SatelliteClock } from '../health/satellite-clock.ts';
import { SmallFile } from './small-file.ts';

const LOOK_EVERY_MS = 1_000;
const ASK_EVERY_MS = 30_000;

export class BoxTime {
  readonly clock: SatelliteClock;
  readonly boots: Boots;
  /** told when a boot's clock has become known, or better known */
  onKnown: (boot: Boot) => void = () => {};
  readonly #file: SmallFile<readonly Boot[]>;
  readonly #onFault: (error: unknown) => void;
  #vouched = false;
  #asked = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  /** @param data the folder of all state, which is there */
  constructor(data: string, onFault: (error: unknown) => void) {
    this.clock = new SatelliteClock(systemClock(() => this.#vouched));
    this.#file = new SmallFile<readonly Boot[]>(join(data, 'boots.json'), z.array(bootSchema).max(1000));
    this.boots = new Boots(this.#file.read() ?? [], this.clock.boot);
    this.#onFault = onFault;
  }

  /** Resolves once this boot is on disk. */
  async start(): Promise<void> {
    this.#look();
    await this.#file.write(this.boots.all).catch(this.#onFault);
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  #look(): void {
    const { clock, boots } = this;
    if (clock.mono() - this.#asked >= ASK_EVERY_MS) {
      this.#asked = clock.mono();
      void askTimeService().then((answer) => {
        // A system that cannot tell is not asked again.
        if (answer === null) this.#asked = Number.POSITIVE_INFINITY;
        else this.#vouched = answer;
      });
    }
    if (!boots.observe(clock.wall(), clock.mono(), clock.quality())) return;
    this.onKnown(boots.current);
    this.#file.write(boots.all).catch(this.#onFault);
  }
}
