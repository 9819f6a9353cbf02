// bench/outbox: what its parts share: records, folders, what a process wrote, medians.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NewRecord, type Outbox, openOutbox } from '../../agent/outbox/index.ts';
import { LANES, type Lane } from '../../contract/index.ts';
import type { Row } from '../row.ts';

/** Bytes of a record's text. */
export const RECORD = 200;
/** How long a group commit gathers, ours and the peers' alike, ms. */
export const COMMIT_MS = 100;

/** Different JSON texts of exactly RECORD bytes, in turns. */
export const TEXTS: readonly string[] = Array.from({ length: 1000 }, (_, index) => {
  const text = JSON.stringify({ index, pad: '' });
  return `${text.slice(0, -2)}${'abcdefghij'.repeat(RECORD / 10).slice(0, RECORD - text.length)}"}`;
});
export const RECORDS: readonly NewRecord[] = TEXTS.map((text) => ({ kind: 'opaque', text, stringified: true }));

/** An outbox with one lane; large enough that nothing is evicted. */
export function openLane(dir: string, lane: Lane, options: { delayMs?: number } = {}): Promise<Outbox> {
  const each = <T>(value: T) => Object.fromEntries(LANES.map((name) => [name, value]));
  return openOutbox(dir, {
    clock: { wall: Date.now, mono: () => performance.now(), quality: () => 'held' },
    bootId: '00000000-0000-0000-0000-000000000000',
    newEpoch: () => '0123456789abcdef',
    lanes: [lane],
    quotaBytes: each(2 ** 33),
    // Set aside once in a box's life, not for each record.
    reserveBytes: each(0),
    ...(options.delayMs === undefined ? {} : { delayMs: each(options.delayMs) }),
  });
}

/** Runs with a folder of its own, which goes away. */
export async function inFolder<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'kerb-bench-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Bytes this process has caused to be written to disks so far. */
export function writtenBytes(): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const round = (value: number, digits = 3): number => Number(value.toPrecision(digits));

/** A figure against one peer; the ratio is ours to theirs. `least` or `most` is the goal for it. */
export function against(
  row: { metric: string; value: number; unit: string; peer: string; peerValue: number },
  goal: { least?: number; most?: number } = {},
): Row {
  const ratio = row.value / row.peerValue;
  const { least, most } = goal;
  const { metric, unit, peer } = row;
  const figures = { metric, value: round(row.value), unit, peer, peerValue: round(row.peerValue), ratio: round(ratio) };
  if (least !== undefined) return { ...figures, goal: `>= ${least}x`, ok: ratio >= least };
  if (most !== undefined) return { ...figures, goal: `<= ${most}x`, ok: ratio <= most };
  return figures;
}
