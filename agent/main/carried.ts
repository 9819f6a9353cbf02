// agent/main: what a vehicle must remember across restarts: its odometer and engine hours.
import { z } from 'zod';
import type { Carried } from '../vehicle/index.ts';
import { SmallFile } from './small-file.ts';

export type { Carried } from '../vehicle/index.ts';

const schema = z.object({ odometer: z.number().min(0), engineS: z.number().min(0) });

export class CarriedFile {
  readonly #file: SmallFile<Carried>;

  constructor(file: string) {
    this.#file = new SmallFile(file, schema);
  }

  /** What was saved last; zeros where nothing was, or where the file is broken. */
  read(): Carried {
    return this.#file.read() ?? { odometer: 0, engineS: 0 };
  }

  /** Saves, unless nothing has changed: a parked vehicle writes nothing. */
  write(carried: Carried): Promise<void> {
    return this.#file.write(carried);
  }
}
