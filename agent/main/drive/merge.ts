// agent/main/drive: recorded streams of readings as one, by time. In: streams, each in its own order. Out: readings, the
// earliest first; ticks where nothing was said for a while, as a running box has them. Never: a whole stream in memory.
import type { Reading } from '../../vehicle/index.ts';

/** A running box says every second that time passed; a recording that is silent for longer than this was switched off. */
const TICK_MS = 1000;
const LONGEST_SILENCE_MS = 120_000;

interface Cursor {
  readonly stream: AsyncIterator<Reading[]>;
  batch: readonly Reading[];
  at: number;
  /** of the reading at hand; of equal times the stream named first comes first */
  time: number;
}

/** Calls `take` with every reading of all streams, and `pause` now and then: what it returns is awaited. */
export async function merge(
  streams: readonly AsyncIterable<Reading[]>[],
  take: (reading: Reading) => void,
  pause: () => Promise<void> | undefined,
): Promise<void> {
  const cursors: Cursor[] = streams.map((stream) => ({
    stream: stream[Symbol.asyncIterator](),
    batch: [],
    at: 0,
    time: Number.NEGATIVE_INFINITY,
  }));
  try {
    let open = await filled(cursors);
    let last: number | null = null;
    while (open.length > 0) {
      const first = earliest(open);
      const { time } = first;
      if (last !== null && time - last > TICK_MS) {
        const until = Math.min(time, last + LONGEST_SILENCE_MS);
        for (let tick = last + TICK_MS; tick < until; tick += TICK_MS) take({ kind: 'tick', time: tick });
      }
      last = time;
      take(first.batch[first.at]!);
      first.at += 1;
      if (first.at < first.batch.length) {
        first.time = first.batch[first.at]!.time;
        continue;
      }
      const wait = pause();
      if (wait) await wait;
      open = await filled(open);
    }
  } finally {
    for (const { stream } of cursors) await stream.return?.();
  }
}

function earliest(cursors: readonly Cursor[]): Cursor {
  let first = cursors[0]!;
  for (let i = 1; i < cursors.length; i++) if (cursors[i]!.time < first.time) first = cursors[i]!;
  return first;
}

/** The cursors that have a reading at hand, each refilled where its batch is used up. */
async function filled(cursors: readonly Cursor[]): Promise<Cursor[]> {
  const open: Cursor[] = [];
  for (const cursor of cursors) {
    while (cursor.at >= cursor.batch.length) {
      const { value, done } = await cursor.stream.next();
      if (done) break;
      cursor.batch = value;
      cursor.at = 0;
    }
    const reading = cursor.batch[cursor.at];
    if (!reading) continue;
    cursor.time = reading.time;
    open.push(cursor);
  }
  return open;
}
