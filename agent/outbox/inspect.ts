// agent/outbox: looks into an outbox without opening it: no lock, no write, also while the agent runs, also a broken one.
import { access, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError, LANES, type Lane } from '../../contract/index.ts';
import { closeRead, openToRead } from './disk.ts';
import { goneBetween } from './gaps.ts';
import { type Survey, survey } from './recover.ts';
import { FrameScanner } from './scan.ts';
import { framesEnd, readEnds, type Segment } from './segment.ts';
import { BLOCK, type Gap } from './types.ts';

/** One lane, as `outbox ls` prints it. */
export interface LaneLine {
  lane: Lane;
  epoch: string | null;
  /** lowest seq still held, and one more than the highest */
  first: number;
  next: number;
  acked: number;
  waiting: number;
  /** of the segments, up to their last records */
  bytes: number;
  gaps: Gap[];
}

/** One segment, as `outbox verify` prints it. */
export interface SegmentLine {
  lane: Lane;
  segment: string;
  /** whole ones */
  records: number;
  whole: boolean;
  /** `at`: offset in the file */
  faults: { at: number; what: string }[];
  /** being written when the writer was stopped, never accepted, cut at the next start */
  torn?: number;
}

const MOST_FAULTS = 1000;

/** What waits in each lane. `now` stamps gaps that no start has noted yet, epoch ms. @throws KerbError OUTBOX_FOLDER */
export async function* listOutbox(dir: string, now: number): AsyncGenerator<LaneLine> {
  for (const lane of await lanesOf(dir)) {
    const found = await survey(join(dir, lane), lane, now);
    const { epoch, next, acked, gaps, segments } = found;
    let first = Math.max(acked + 1, segments[0]?.first ?? next);
    for (const gap of gaps)
      if (gap.reason !== 'several' && gap.first <= first && first <= gap.last) first = gap.last + 1;
    const waiting = epoch === null ? 0 : next - first - goneBetween(gaps, first, next - 1);
    const bytes = segments.reduce((sum, { end }) => sum + end, 0);
    yield { lane, epoch, first, next, acked, waiting, bytes, gaps };
  }
}

/** Reads every record of every segment. @throws KerbError OUTBOX_FOLDER */
export async function* verifyOutbox(dir: string, now: number): AsyncGenerator<SegmentLine> {
  for (const lane of await lanesOf(dir)) {
    const found = await survey(join(dir, lane), lane, now);
    for (const segment of found.segments) {
      const line = await verifySegment(found, segment);
      if (line) yield line;
    }
    for (const name of found.foreign) {
      const gone = await access(join(found.dir, name)).then(
        () => false,
        () => true,
      );
      if (gone) continue;
      yield { lane, segment: name, records: 0, whole: false, faults: [{ at: 0, what: 'not a segment of this lane' }] };
    }
  }
}

/** Null where a running agent has freed the segment meanwhile. */
async function verifySegment(found: Survey, segment: Segment): Promise<SegmentLine | null> {
  const { lane, length, path } = segment;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const line: SegmentLine = { lane, segment: name, records: 0, whole: true, faults: [] };
  const fault = (at: number, what: string) => {
    line.whole = false;
    if (line.faults.length < MOST_FAULTS) line.faults.push({ at, what });
  };
  let fd: number;
  try {
    fd = await openToRead(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const ends = await readEnds(path, lane, segment.epoch, segment.number).catch(() => null);
    if (!ends) return null;
    if (!ends.head) fault(0, 'its head is damaged');
    if (ends.size < length) fault(ends.size, `cut off: ${ends.size} of ${length} bytes`);
    const isLast = segment === found.segments.at(-1);
    const scanner = new FrameScanner(fd, segment.seed, BLOCK, segment.first);
    // Of the last one only what the survey made out to be written to its end: a live writer may be busy behind it.
    const limit = isLast ? segment.end : framesEnd(length);
    for (let frame = await scanner.next(limit); frame; frame = await scanner.next(limit)) {
      if (frame.head.first >= segment.next) break;
      line.records += frame.whole.length;
      for (const { at, first, last, what } of frame.faults) fault(at, `${range(first, last)}: ${what}`);
    }
    if (scanner.expected < segment.next) {
      fault(scanner.at, `${range(scanner.expected, segment.next - 1)}: missing or unreadable`);
    }
    const fresh = found.torn - (found.saved?.value.torn ?? 0);
    if (isLast && fresh > 0) line.torn = fresh;
    if (!line.whole && (await isFreed(segment))) return null;
    return line;
  } finally {
    await closeRead(fd);
  }
}

const range = (first: number, last: number): string =>
  first === last ? `record ${first}` : `records ${first}-${last}`;

/** Whether the file under this name is no longer the one that was looked at. */
async function isFreed(segment: Segment): Promise<boolean> {
  const ends = await readEnds(segment.path, segment.lane, segment.epoch, segment.number).catch(() => null);
  return ends === null || (ends.head !== null && ends.head.number !== segment.number);
}

async function lanesOf(dir: string): Promise<Lane[]> {
  const lanes: Lane[] = [];
  for (const lane of LANES) {
    const isFolder = await stat(join(dir, lane)).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder) lanes.push(lane);
  }
  if (lanes.length === 0) {
    throw new KerbError('OUTBOX_FOLDER', 'there is no outbox here', dir, 'give the folder that holds the lanes');
  }
  return lanes;
}
