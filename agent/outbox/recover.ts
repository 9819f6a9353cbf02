// agent/outbox: what a lane's folder holds, found without writing anything. Sealed segments by head and footer, the last
// one by reading it. In: a folder, perhaps broken or with foreign files. Out: a survey that the log starts from and that
// `ls` prints. Never: a throw because of what a file holds.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lane } from '../../contract/index.ts';
import type { Boot } from './ages.ts';
import { segmentSeed } from './crc.ts';
import { closeRead, openToRead } from './disk.ts';
import { addGap } from './gaps.ts';
import { FrameScanner } from './scan.ts';
import {
  framesEnd,
  isSpare,
  readEnds,
  type Segment,
  type SegmentFooter,
  type SegmentHead,
  segmentNumber,
} from './segment.ts';
import { type LaneState, readState } from './state.ts';
import { BLOCK, type Gap } from './types.ts';

export interface Survey {
  lane: Lane;
  dir: string;
  /** null: nothing of this lane can be read here, it has to begin anew */
  epoch: string | null;
  /** in order; the last one may still be written to unless `sealed` */
  segments: Segment[];
  sealed: boolean;
  spares: string[];
  /** names that look like segments but are none of this lane's */
  foreign: string[];
  /** highest number in any name, so that a new file never takes one that exists */
  highest: number;
  next: number;
  acked: number;
  gaps: Gap[];
  torn: number;
  /** the latest moment that the log knows of: of its last frame */
  latest: Boot | null;
  /** what the last start or save left in the state file */
  saved: Awaited<ReturnType<typeof readState>>;
}

/** Looks at a folder that changes meanwhile. */
const TRIES = 10;
/** Files that are looked at together. */
const AT_A_TIME = 16;

interface Found {
  number: number;
  name: string;
  head: SegmentHead | null;
  footer: SegmentFooter | null;
  size: number;
}

/** Looks at the folder of one lane. `now` stamps the gaps that it finds, epoch ms. */
export async function survey(dir: string, lane: Lane, now: number): Promise<Survey> {
  for (let tries = 1; ; tries++) {
    try {
      const result = await surveyOnce(dir, lane, now);
      const { saved, gaps } = result;
      if (tries >= TRIES || gaps === saved?.value.gaps) return result;
      // What seems to be missing may have been freed while we looked: then the state has changed as well.
      if ((await readState(dir, lane))?.generation === saved?.generation) return result;
    } catch (error) {
      // A running agent has freed a segment between the listing and the look at it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries >= TRIES) throw error;
    }
  }
}

async function surveyOnce(dir: string, lane: Lane, now: number): Promise<Survey> {
  const names = (await readdir(dir)).sort();
  const saved = await readState(dir, lane);
  const found = await inGroups(
    names.filter((name) => segmentNumber(name) !== null),
    async (name) => {
      const number = segmentNumber(name)!;
      const ends = await readEnds(join(dir, name), lane, saved?.value.epoch ?? null, number).catch(unreadable);
      return { number, name, ...ends };
    },
  );
  const epoch = saved?.value.epoch ?? found.findLast((file) => isOwn(file, file.head?.epoch ?? null))?.head?.epoch;
  const result: Survey = {
    lane,
    dir,
    epoch: epoch ?? null,
    segments: [],
    sealed: false,
    spares: names.filter(isSpare),
    foreign: [],
    highest: Math.max(0, ...found.map((file) => file.number)),
    next: 1,
    acked: saved?.value.acked ?? 0,
    gaps: saved?.value.gaps ?? [],
    torn: saved?.value.torn ?? 0,
    latest: null,
    saved,
  };
  if (epoch === undefined) return { ...result, foreign: found.map((file) => file.name) };
  for (const file of found) {
    const segment = await asSegment(file, dir, lane, epoch);
    if (segment) result.segments.push(segment);
    else result.foreign.push(file.name);
  }
  if (result.segments.length === 0) return saved?.value.begun === false ? result : { ...result, epoch: null };
  await findEnd(result, found);
  findMissing(result, found, now);
  return result;
}

/** Does the same for all, some of them at a time, and keeps their order. */
async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_A_TIME) {
    results.push(...(await Promise.all(items.slice(from, from + AT_A_TIME).map(work))));
  }
  return results;
}

/** A folder of that name, a file nobody may read: as good as foreign. */
function unreadable(error: NodeJS.ErrnoException): Omit<Found, 'number' | 'name'> {
  if (error.code === 'ENOENT') throw error;
  return { head: null, footer: null, size: 0 };
}

const isOwn = (file: Found, epoch: string | null): boolean =>
  file.head !== null && file.head.number === file.number && file.head.epoch === epoch && file.head.length >= 3 * BLOCK;

/** A file as a segment of this epoch; null for a foreign one. A destroyed head is made up for by the first frame. */
async function asSegment(file: Found, dir: string, lane: Lane, epoch: string): Promise<Segment | null> {
  const path = join(dir, file.name);
  const seed = segmentSeed(epoch, lane, file.number);
  const rest = { path, seed, readers: 0, freed: false };
  if (isOwn(file, epoch)) {
    const first = file.head!.first;
    const { next = first, end = BLOCK, expiry = null } = file.footer ?? {};
    return { ...file.head!, ...rest, next, end, expiry };
  }
  const length = Math.floor(file.size / BLOCK) * BLOCK;
  if (file.head || length < 3 * BLOCK) return null;
  const fd = await openToRead(path);
  try {
    const frame = await new FrameScanner(fd, seed, BLOCK, 1).next(framesEnd(length));
    if (!frame) return null;
    const { first } = frame.head;
    const made = { lane, epoch, number: file.number, length, first };
    return { ...made, ...rest, next: first, end: framesEnd(length), expiry: null };
  } finally {
    await closeRead(fd);
  }
}

/** The last segment is read to its end; of the others the next one's head tells where they end. */
async function findEnd(result: Survey, found: Found[]): Promise<void> {
  const { segments } = result;
  for (const [index, segment] of segments.entries()) {
    const after = segments[index + 1];
    if (!after) continue;
    if (segment.end === BLOCK) segment.end = framesEnd(segment.length);
    segment.next = after.first;
  }
  const last = segments.at(-1)!;
  const footer = found.find((file) => file.number === last.number)?.footer;
  result.sealed = footer != null;
  if (!footer) {
    const tail = await readTail(last, result.saved?.value ?? null);
    last.next = tail.next;
    last.end = tail.end;
    result.torn += tail.torn;
    result.latest = tail.latest;
  }
  result.next = Math.max(last.next, result.acked + 1, result.saved?.value.next ?? 0);
}

/**
 * Finds the end of a segment without a footer: from head to head, and only the last frame is read. Whatever the others
 * look like, that the next one was begun proves that they were synced. A last one that was never written to its end is
 * cut.
 */
async function readTail(
  segment: Segment,
  saved: LaneState | null,
): Promise<{ next: number; end: number; torn: number; latest: Boot | null }> {
  const fd = await openToRead(segment.path);
  try {
    const scanner = new FrameScanner(fd, segment.seed, BLOCK, segment.first);
    const limit = framesEnd(segment.length);
    let before = { next: segment.first, end: BLOCK };
    let here = before;
    while (await scanner.skip(limit)) {
      before = here;
      here = { next: scanner.expected, end: scanner.at };
    }
    scanner.goTo(before.end, before.next);
    const frame = await scanner.next(limit);
    // What was proven to be accepted is no torn write either.
    const latest = frame && { boot: frame.head.boot, mono: frame.head.mono };
    if (!frame || frame.complete || frame.head.first < (saved?.next ?? 1)) return { ...here, torn: 0, latest };
    const torn = frame.head.count - frame.whole.length;
    return torn > 0 ? { ...before, torn, latest } : { ...here, torn, latest };
  } finally {
    await closeRead(fd);
  }
}

/** Ranges that no file holds any more become gaps. */
function findMissing(result: Survey, found: Found[], now: number): void {
  const { segments } = result;
  const note = (first: number, last: number, reason: 'missing' | 'corrupt') => {
    const from = Math.max(first, result.acked + 1);
    if (from <= last) result.gaps = addGap(result.gaps, from, last, reason, now);
  };
  // Without a saved cursor everything before the first segment counts as acknowledged: only so it could go.
  if (!result.saved) result.acked = segments[0]!.first - 1;
  note(1, segments[0]!.first - 1, 'missing');
  for (const [index, segment] of segments.entries()) {
    const footer = found.find((file) => file.number === segment.number)?.footer;
    const after = segments[index + 1];
    if (footer && after && footer.next < after.first) note(footer.next, after.first - 1, 'missing');
  }
  const last = segments.at(-1)!;
  note(last.next, result.next - 1, 'corrupt');
  last.next = result.next;
}
