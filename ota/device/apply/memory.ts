// ota/device/apply: what a box must not forget about its updates. In: changes. Out: a state that survives a power cut: two
// sealed copies, one written after the other. Never: an older good runs again because the disk forgot a newer one; a good
// that was refused is tried again.
import { join } from 'node:path';
import { z } from 'zod';
import { KerbError } from '../../../contract/index.ts';
import { diskError, makeFolder } from '../../disk.ts';
import { readSealed, writeSealed } from '../sealed.ts';

const versioned = { name: z.string().max(64), version: z.string().max(64), counter: z.number().int().min(1) };
const held = z.object({
  ...versioned,
  /** below the goods' folder */
  folder: z.string().max(200),
  first: z.string().max(200),
  /** of the first file: what was changed on the disk is not used */
  sha256: z.string().max(64),
});
/** A good that the box keeps. */
export type Held = z.infer<typeof held>;

const placeSchema = z.object({
  /** what runs, where an update brought it */
  running: held.nullable(),
  /** what ran before */
  previous: held.nullable(),
  /** the highest counter that ever ran well */
  highest: z.number().int().min(0),
  /** the newest good that must not be tried again */
  judged: z
    .object({
      ...versioned,
      result: z.enum(['refused', 'returned']),
      code: z.string().max(64),
      reason: z.string().max(300),
      at: z.number(),
    })
    .nullable(),
  /** a good that is being tried: it was switched to, or is about to be; `starts` counts how often that began */
  attempt: z.object({ ...versioned, starts: z.number().int().min(1), at: z.number() }).nullable(),
  /** when the last good ended well, epoch ms */
  at: z.number(),
});
/** What is known of one place. */
export type PlaceMemory = z.infer<typeof placeSchema>;

const memorySchema = z.object({
  v: z.literal(1),
  /** rises with each writing; the higher whole copy counts */
  seq: z.number().int().min(0),
  places: z.record(z.string().max(40), placeSchema),
  /** reports made so far */
  reports: z.number().int().min(0),
});
type State = z.infer<typeof memorySchema>;

const NOTHING: PlaceMemory = { running: null, previous: null, highest: 0, judged: null, attempt: null, at: 0 };
const FILES = ['memory-a', 'memory-b'] as const;

export class UpdateMemory {
  readonly #folder: string;
  #state: State;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, state: State) {
    this.#folder = folder;
    this.#state = state;
  }

  /** Reads what is there; nothing whole is a box that never updated. @throws KerbError UPDATE_DISK, UPDATE_DISK_FULL */
  static async open(folder: string): Promise<UpdateMemory> {
    try {
      await makeFolder(folder);
    } catch (error) {
      throw diskError(error, 'UPDATE', folder);
    }
    const copies = await Promise.all(FILES.map(async (name) => readSealed(join(folder, name))));
    const states = copies.flatMap((copy) => memorySchema.safeParse(copy).data ?? []);
    const newest = states.sort((a, b) => b.seq - a.seq)[0];
    return new UpdateMemory(folder, newest ?? { v: 1, seq: 0, places: {}, reports: 0 });
  }

  place(id: string): PlaceMemory {
    return this.#state.places[id] ?? NOTHING;
  }

  /** Durable when it resolves. @throws KerbError UPDATE_DISK, UPDATE_DISK_FULL: nothing has changed then */
  change(id: string, change: Partial<PlaceMemory>): Promise<void> {
    return this.#write((now) => ({ ...now, places: { ...now.places, [id]: { ...this.place(id), ...change } } }));
  }

  /** The number of the next report, durable before it is used. @throws KerbError UPDATE_DISK, UPDATE_DISK_FULL */
  async nextReport(): Promise<number> {
    await this.#write((now) => ({ ...now, reports: now.reports + 1 }));
    return this.#state.reports;
  }

  /** One change at a time. */
  #write(change: (now: State) => State): Promise<void> {
    const written = this.#writing.then(async () => {
      const next = { ...change(this.#state), seq: this.#state.seq + 1 };
      if (!memorySchema.safeParse(next).success) {
        throw new KerbError('UPDATE_DISK', 'what is to be kept has no form', this.#folder, 'install Kerbside again');
      }
      try {
        for (const name of FILES) await writeSealed(join(this.#folder, name), next);
      } catch (error) {
        throw diskError(error, 'UPDATE', this.#folder);
      }
      this.#state = next;
    });
    this.#writing = written.catch(() => {});
    return written;
  }
}
