// agent/outbox: what its tests share: a clock that is set by hand, folders that go away, a disk that breaks on demand.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Disk, realDisk } from './disk.ts';
import { type Outbox, type OutboxOptions, openOutbox } from './outbox.ts';
import type { OutboxClock, OutboxLane, StoredRecord } from './types.ts';

export const BOOT = '01234567-89ab-cdef-0123-456789abcdef';
export const KIB = 1024;

/** A clock that goes on by a millisecond each time somebody looks. */
export function steppingClock(start = 1_790_000_000_000): OutboxClock {
  let ticks = 0;
  return { wall: () => start + ticks++, mono: () => 5000 + ticks, quality: () => 'held' };
}

/** A folder that goes away after the test. */
export async function folder(t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'kerb-outbox-'));
  t.teardown(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

let epochs = 0;

/** An outbox with one small lane; closed after the test at the latest. */
export async function small(t: ExecutionContext, dir: string, options: Partial<OutboxOptions> = {}): Promise<Outbox> {
  const lanes = options.lanes ?? ['telemetry'];
  const each = <T>(value: T) => Object.fromEntries(lanes.map((lane) => [lane, value]));
  const outbox = await openOutbox(dir, {
    clock: steppingClock(),
    bootId: BOOT,
    newEpoch: () => `abcdef${String(++epochs).padStart(4, '0')}`,
    segmentBytes: each(128 * KIB),
    delayMs: each(1),
    ...options,
    lanes,
  });
  t.teardown(() => outbox.close().catch(() => {}));
  return outbox;
}

/** JSON text of about so many bytes, different for each number. */
export function text(number: number, bytes = 200): string {
  return JSON.stringify({ number, pad: 'é'.repeat(Math.max(0, Math.floor((bytes - 30) / 2))) });
}

/** Appends numbers `from` to `to` as records, fifty to a group commit. */
export async function fill(outbox: Outbox, from: number, to: number, bytes = 200): Promise<void> {
  for (let number = from; number <= to; number += 50) {
    const some = Array.from({ length: Math.min(50, to - number + 1) }, (_, index) => number + index);
    const accepted = some.map((each) => outbox.append('telemetry', { kind: 'telemetry', text: text(each, bytes) }));
    await outbox.flush('telemetry');
    await Promise.all(accepted);
  }
}

export async function readAll(lane: OutboxLane, from = 1): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const record of lane.read(from)) records.push(record);
  return records;
}

/** The names of the segments in a lane's folder, oldest first. */
export async function segmentsIn(dir: string, lane = 'telemetry'): Promise<string[]> {
  return (await readdir(join(dir, lane))).filter((name) => /^\d{10}\.seg$/.test(name)).sort();
}

/** A disk that has no room beyond `room()` more bytes in segments, as ENOSPC. */
export function boundedDisk(room: () => number, onWrite: (bytes: number) => void): Disk {
  return {
    ...realDisk,
    async write(fd, buffers, position) {
      const left = room();
      const all = Buffer.concat(buffers);
      if (left <= 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      const written = await realDisk.write(fd, [all.subarray(0, left)], position);
      onWrite(written);
      return written;
    },
  };
}
