// agent/outbox: what may be stored. In: a record as its producer hands it in. Out: the most bytes that it takes, or the
// reason why not.
import { KerbError, type Lane, MAX_RECORD_BYTES } from '../../contract/index.ts';
import { frameBytes } from './frame.ts';
import { mostBytes, recordSize } from './record.ts';
import { framesRoom } from './segment.ts';
import { MAX_ATTACHMENT, type NewRecord } from './types.ts';

/** The most bytes that a record takes in a segment. @throws KerbError OUTBOX_NOT_JSON, OUTBOX_TOO_LARGE */
export function checkRecord(record: NewRecord, lane: Lane, segmentBytes: number): number {
  const { text, bytes, expires } = record;
  let textLength = mostBytes(text.length);
  if (textLength > MAX_RECORD_BYTES) {
    textLength = Buffer.byteLength(text);
    checkSize(textLength, MAX_RECORD_BYTES, lane);
  }
  if (bytes) {
    checkSize(bytes.length, MAX_ATTACHMENT, lane);
    // A text alone always fits into a segment.
    const size = recordSize(Buffer.byteLength(text), bytes.length, expires !== undefined);
    checkSize(frameBytes(size), framesRoom(segmentBytes), lane);
  }
  if (!record.stringified && !isJsonLine(text)) {
    throw new KerbError('OUTBOX_NOT_JSON', 'the record is not JSON on one line', `lane ${lane}`, 'hand in JSON text');
  }
  return recordSize(textLength, bytes?.length ?? null, expires !== undefined);
}

function checkSize(bytes: number, most: number, lane: Lane): void {
  if (bytes <= most) return;
  const what = `a record of ${bytes} bytes does not fit, at most ${most} do`;
  throw new KerbError('OUTBOX_TOO_LARGE', what, `lane ${lane}`, 'cut it into several records');
}

function isJsonLine(text: string): boolean {
  if (text.includes('\n') || !text.isWellFormed()) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
