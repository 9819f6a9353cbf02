// agent/main: a small thing that must survive a restart, as a JSON file that is whole or old, never half: written beside
// it, synced, renamed, and the folder synced. In: a schema. May never happen: a broken file stops the agent.
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';

/** Largest file that is read. */
const MAX_BYTES = 1024 * 1024;

export class SmallFile<T> {
  readonly #file: string;
  readonly #schema: z.ZodType<T>;
  readonly #mode: number;
  #last = '';
  #turn: Promise<void> = Promise.resolve();

  /** @param mode who may read it */
  constructor(file: string, schema: z.ZodType<T>, mode = 0o644) {
    this.#file = file;
    this.#schema = schema;
    this.#mode = mode;
  }

  /** What was saved last; null where nothing was, or where the file is broken. */
  read(): T | null {
    try {
      const text = readFileSync(this.#file, 'utf8');
      return text.length > MAX_BYTES ? null : this.#schema.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }

  /** Saves, unless nothing has changed; one write after the other. */
  write(value: T): Promise<void> {
    const done = this.#turn.then(() => this.#write(JSON.stringify(value)));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #write(text: string): Promise<void> {
    if (text === this.#last) return;
    const part = `${this.#file}.part`;
    const file = await open(part, 'w', this.#mode);
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(part, this.#file);
    const folder = await open(dirname(this.#file));
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    this.#last = text;
  }
}
