// agent/main/drive: recordings as readings. In: files of a receiver, a bus and lines, plain or .gz. Out: batches of
// readings in the order of the file, pulled one at a time. Never: more than a piece of a file in memory.
import { Readable } from 'node:stream';
import { KerbError } from '../../../contract/index.ts';
import { CandumpParser } from '../../../drivers/can/candump-parser.ts';
import { badTotal, CanDecoder } from '../../../drivers/can/index.ts';
import { GnssDecoder } from '../../../drivers/gnss/index.ts';
import { readRecording } from '../../../drivers/serial/recording.ts';
import { concerns, meaningful, type Reading, signalReadings } from '../../vehicle/index.ts';
import { linesOf } from '../commands/lines.ts';
import { CandumpSieve } from './sieve.ts';

/** What was read and what was passed over. */
export interface RecordedCounts {
  sentences: number;
  epochs: number;
  /** epochs before the receiver knew the date */
  undated: number;
  frames: number;
  badFrames: number;
  lines: number;
  badLines: number;
  unknownLines: number;
}

export function noCounts(): RecordedCounts {
  return {
    sentences: 0,
    epochs: 0,
    undated: 0,
    frames: 0,
    badFrames: 0,
    lines: 0,
    badLines: 0,
    unknownLines: 0,
  };
}

/** A receiver's epochs at the times that they tell. @throws KerbError NMEA_NOTHING, RECORDING_UNREADABLE */
export async function* nmeaReadings(path: string, counts: RecordedCounts): AsyncGenerator<Reading[]> {
  const decoder = new GnssDecoder();
  const readings = (epochs: ReturnType<GnssDecoder['push']>) => {
    const batch: Reading[] = [];
    for (const epoch of epochs) {
      if (epoch.time === null) counts.undated++;
      else batch.push({ kind: 'fix', time: epoch.time, epoch });
    }
    counts.epochs += batch.length;
    return batch;
  };
  for await (const bytes of readRecording(path)) yield readings(decoder.push({ bytes, wall: null }));
  yield readings(decoder.flush());
  counts.sentences = decoder.counters.sentences;
  if (counts.epochs > 0) return;
  const what =
    counts.undated > 0 ? 'tells no date, so nothing in it has a time' : 'holds no sentence of a GNSS receiver';
  throw new KerbError('NMEA_NOTHING', what, path, 'give a log of NMEA 0183 with RMC or ZDA');
}

/** A bus's signals at the times of their frames. @throws KerbError CAN_NOTHING, RECORDING_UNREADABLE */
export async function* canReadings(path: string, counts: RecordedCounts): AsyncGenerator<Reading[]> {
  let batch: Reading[] = [];
  const decoder = new CanDecoder((message) => {
    for (const reading of signalReadings(message)) batch.push(reading);
  });
  const parser = new CandumpParser((frame) => concerns(frame) && decoder.push(frame));
  const sieve = new CandumpSieve(meaningful, (bytes) => parser.push(bytes));
  for await (const piece of readRecording(path)) {
    sieve.push(piece);
    yield batch;
    batch = [];
  }
  parser.end();
  yield batch;
  const { counters } = parser;
  counts.frames = counters.frames + sieve.skipped;
  counts.badFrames = badTotal(counters);
  if (counts.frames + counters.remote + counters.error > 0 || counts.badFrames === 0) return;
  throw new KerbError('CAN_NOTHING', 'holds no CAN frame', path, 'give a log of candump -l or -L');
}

/** Longest line of an IO recording, and how many lines of it make a batch. */
const MAX_LINE = 4096;
const BATCH_LINES = 500;

/** Lines' changes, one JSON object a line: {time, line, state}. @throws KerbError IO_NOTHING, RECORDING_UNREADABLE */
export async function* ioReadings(
  path: string,
  known: ReadonlySet<string>,
  counts: RecordedCounts,
): AsyncGenerator<Reading[]> {
  let batch: Reading[] = [];
  for await (const { bytes } of linesOf(Readable.from(pieces(path)), MAX_LINE)) {
    const reading = bytes && lineReading(bytes.toString('utf8'));
    if (!reading) {
      if (bytes === null || bytes.length > 0) counts.badLines++;
      continue;
    }
    counts.lines++;
    if (!known.has(reading.line)) counts.unknownLines++;
    batch.push({ kind: 'line', time: reading.time, reading });
    if (batch.length < BATCH_LINES) continue;
    yield batch;
    batch = [];
  }
  yield batch;
  if (counts.lines > 0 || counts.badLines === 0) return;
  throw new KerbError('IO_NOTHING', 'holds no line {time, line, state}', path, 'give one JSON object a line');
}

async function* pieces(path: string): AsyncGenerator<Buffer> {
  for await (const piece of readRecording(path)) yield Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
}

function lineReading(text: string): { time: number; line: string; state: 0 | 1 } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { time, line, state } = value as Record<string, unknown>;
  if (typeof time !== 'number' || !(time >= 0 && time <= 8.64e15)) return null;
  if (typeof line !== 'string' || line.length === 0 || line.length > 64) return null;
  return state === 0 || state === 1 ? { time, line, state } : null;
}
