// agent/main: what a vehicle must remember across restarts: its odometer and engine hours. A small file, whole or old.
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { z } from 'zod';
import type { Carried } from '../vehicle/index.ts';

export type { Carried } from '../vehicle/index.ts';

const schema = z.object({ odometer: z.number().min(0), engineS: z.number().min(0) });

export class CarriedFile {
  readonly #file: string;
  #last: Carried | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** What was saved last; zeros where nothing was, or where the file is broken. */
  read(): Carried {
    try {
      return schema.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      return { odometer: 0, engineS: 0 };
    }
  }

  /** Saves, unless nothing has changed: a parked vehicle writes nothing. */
  async write(carried: Carried): Promise<void> {
    if (this.#last?.odometer === carried.odometer && this.#last.engineS === carried.engineS) return;
    const part = `${this.#file}.part`;
    const file = await open(part, 'w');
    try {
      await file.writeFile(JSON.stringify(carried));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(part, this.#file);
    this.#last = carried;
  }
}
