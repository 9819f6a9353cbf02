// agent/outbox: the small state of a lane: its epoch, the cursor of what was acknowledged, the gaps. One preallocated
// file of two slots, written in turn in place and synced, so that it can be saved on a full disk and a torn write
// leaves the other slot. Never: a slot that is taken for whole without its checksum.
import { join } from 'node:path';
import { z } from 'zod';
import { LANES, type Lane } from '../../contract/index.ts';
import { crcLong } from './crc.ts';
import { closeRead, type Disk, openToRead, readAt, writeAll } from './disk.ts';
import { BLOCK, GAP_REASONS } from './types.ts';

const SLOT = 64 * 1024;
const HEAD = 16;
export const STATE_FILE = 'state';

const count = z.number().int().min(0);
const stateSchema = z.object({
  v: z.literal(1),
  lane: z.enum(LANES),
  epoch: z.string().regex(/^[0-9a-f]{8,32}$/),
  /** whether it ever had a segment: if so and there is none any more, its numbers must not be given again */
  begun: z.boolean(),
  /** everything up to here was acknowledged */
  acked: count,
  /** every seq below was accepted at some time: what the segments hold less of is lost */
  next: count,
  gaps: z.array(
    z.object({
      first: count,
      last: count,
      count,
      reason: z.enum(GAP_REASONS),
      at: z.number(),
    }),
  ),
  /** tails cut at a start: records that were being written when the power went, none of them accepted */
  torn: count,
  /** earlier boots, oldest first, and the last moment of each that is known */
  boots: z.array(z.object({ boot: z.string().max(36), mono: z.number() })).default([]),
});
export type LaneState = z.infer<typeof stateSchema>;

interface Slot {
  value: LaneState;
  generation: number;
  index: number;
}

/** The latest whole state in a lane's folder; null where there is none. */
export async function readState(dir: string, lane: Lane): Promise<Slot | null> {
  let fd: number;
  try {
    fd = await openToRead(join(dir, STATE_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const slots: Slot[] = [];
    for (const index of [0, 1]) {
      const bytes = Buffer.alloc(SLOT);
      await readAt(fd, bytes, 0, SLOT, index * SLOT);
      const slot = decode(bytes, index);
      if (slot && slot.value.lane === lane) slots.push(slot);
    }
    return slots.sort((a, b) => b.generation - a.generation)[0] ?? null;
  } finally {
    await closeRead(fd);
  }
}

function encode(value: LaneState, generation: number): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  if (HEAD + text.length > SLOT) throw new RangeError('the state of a lane has outgrown its slot');
  const bytes = Buffer.alloc(Math.ceil((HEAD + text.length) / BLOCK) * BLOCK);
  bytes.writeUInt32LE(text.length, 4);
  bytes.writeDoubleLE(generation, 8);
  text.copy(bytes, HEAD);
  bytes.writeUInt32LE(crcLong(bytes, 4, HEAD + text.length), 0);
  return bytes;
}

function decode(bytes: Buffer, index: number): Slot | null {
  const length = bytes.readUInt32LE(4);
  if (length === 0 || HEAD + length > SLOT) return null;
  if (crcLong(bytes, 4, HEAD + length) !== bytes.readUInt32LE(0)) return null;
  const parsed = stateSchema.safeParse(JSON.parse(bytes.toString('utf8', HEAD, HEAD + length)));
  return parsed.success ? { value: parsed.data, generation: bytes.readDoubleLE(8), index } : null;
}

/** Saves a lane's state. Saves that are asked for while one is being written share the next one. */
export class StateFile {
  readonly #disk: Disk;
  readonly #value: () => LaneState;
  readonly #fd: number;
  #generation: number;
  #index: number;
  #running: Promise<void> | null = null;
  #following: Promise<void> | null = null;

  private constructor(disk: Disk, fd: number, last: Slot | null, value: () => LaneState) {
    this.#disk = disk;
    this.#fd = fd;
    this.#value = value;
    this.#generation = last?.generation ?? 0;
    this.#index = last?.index ?? 1;
  }

  /** Opens the file, or makes it with `value()` in it. `last` is what `readState` gave. */
  static async open(disk: Disk, dir: string, last: Slot | null, value: () => LaneState): Promise<StateFile> {
    const path = join(dir, STATE_FILE);
    if (last) return new StateFile(disk, await disk.open(path, 'r+'), last, value);
    const fd = await disk.open(`${path}.new`, 'w+');
    try {
      await writeAll(disk, fd, Buffer.alloc(2 * SLOT), 0);
      const file = new StateFile(disk, fd, null, value);
      await file.save();
      await disk.rename(`${path}.new`, path);
      await disk.syncDir(dir);
      return file;
    } catch (error) {
      await disk.close(fd);
      throw error;
    }
  }

  /** Resolves once the state as it was at this call, or later, is on disk. */
  save(): Promise<void> {
    if (this.#following) return this.#following;
    if (!this.#running) {
      this.#running = this.#write().finally(() => {
        this.#running = null;
      });
      return this.#running;
    }
    this.#following = this.#running
      .catch(() => {})
      .then(() => {
        this.#following = null;
        return this.save();
      });
    return this.#following;
  }

  async #write(): Promise<void> {
    const index = 1 - this.#index;
    await writeAll(this.#disk, this.#fd, encode(this.#value(), this.#generation + 1), index * SLOT);
    await this.#disk.datasync(this.#fd);
    this.#generation++;
    this.#index = index;
  }

  async close(): Promise<void> {
    await this.#following?.catch(() => {});
    await this.#running?.catch(() => {});
    await this.#disk.close(this.#fd);
  }
}
