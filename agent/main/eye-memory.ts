// agent/main: what a camera's judge knows of parked things, kept through a restart. In: a judge's memory now and then.
// Out: the same at the next start. Never: a write a minute for nothing (flash wears), a broken file that stops a camera.
import { z } from 'zod';
import type { CameraPath, JudgeMemory } from '../camera/index.ts';
import { SmallFile } from './small-file.ts';

/** A restart loses at most so much of what was learnt; a stay's beginning does not change in between. */
const SAVE_MS = 30_000;

const box = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const time = z.number().min(0).max(8.64e15);
const count = z.number().int().min(0);
const memorySchema = z.object({
  v: z.literal(1),
  width: count,
  height: count,
  time,
  tracker: z.object({
    ids: count,
    parked: z
      .array(
        z.object({
          id: count,
          group: z.string().max(40),
          votes: z.array(z.tuple([z.string().max(40), z.number()])).max(20),
          box,
          look: z.base64().max(2000),
          first: time,
          last: time,
          finds: count,
        }),
      )
      .max(300),
  }),
  stays: z
    .array(
      z.object({
        rule: z.string().max(64),
        zone: z.string().max(64),
        track: count,
        // written by an earlier program: not known
        class: z.string().max(40).default(''),
        entry: time,
        firstBox: box,
        last: time,
        present: time,
        scores: z.number(),
        finds: count,
        reported: z.boolean(),
      }),
    )
    .max(1000),
});
type Written = z.infer<typeof memorySchema>;

export class EyeMemory {
  readonly #file: SmallFile<Written>;
  readonly #path: CameraPath;
  readonly #timer: NodeJS.Timeout;

  /** Tells the path what an earlier life knew, and saves what this one knows from now on. @param file one for each camera */
  constructor(file: string, path: CameraPath, onFault: (error: unknown) => void) {
    this.#file = new SmallFile(file, memorySchema);
    this.#path = path;
    const known = this.#file.read();
    if (known) path.recall(readable(known));
    this.#timer = setInterval(() => void this.#save().catch(onFault), SAVE_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#save().catch(() => {});
  }

  async #save(): Promise<void> {
    const memory = this.#path.memory();
    // before its first look it knows nothing: what an earlier life knew stays
    if (Number.isFinite(memory.time)) await this.#file.write(writable(memory));
  }
}

function writable({ tracker, stays, ...rest }: JudgeMemory): Written {
  const parked = tracker.parked.map(({ look, votes, box: at, ...thing }) => ({
    ...thing,
    box: mutable(at),
    votes: votes.map(([name, weight]): [string, number] => [name, weight]),
    look: Buffer.from(look.buffer, look.byteOffset, look.length).toString('base64'),
  }));
  return {
    ...rest,
    tracker: { ids: tracker.ids, parked },
    stays: stays.map((stay) => ({ ...stay, firstBox: mutable(stay.firstBox) })),
  };
}

function readable({ tracker, ...rest }: Written): JudgeMemory {
  const parked = tracker.parked.map(({ look, ...thing }) => ({
    ...thing,
    look: new Int8Array(Buffer.from(look, 'base64')),
  }));
  return { ...rest, tracker: { ids: tracker.ids, parked } };
}

const mutable = ([x, y, width, height]: readonly [number, number, number, number]): [
  number,
  number,
  number,
  number,
] => [x, y, width, height];
