// bench/outbox: one writer of the wear figures: ten records a second, committed every so many milliseconds. `ENGINE DIR
// COMMIT_MS SECONDS`; says "ready" when it has run itself in, then writes, then "done BYTES" with what /proc counted.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { openLane, RECORDS, TEXTS, writtenBytes } from './common.ts';
import { openSqlite } from './peers.ts';

const EVERY_MS = 100;
/** Records that the centre acknowledges together, and that may go then. */
const PER_ACK = 10;
/** So many records fill a segment of 16 MB, about. */
const SEGMENT_RECORDS = 72_000;
/** Commits after which SQLite has begun its WAL anew. */
const COMMITS = 1500;

const [engine, dir, commit, seconds] = process.argv.slice(2) as [string, string, string, string];
const commitMs = Number(commit);
const count = (Number(seconds) * 1000) / EVERY_MS;

async function measured(write: (index: number) => unknown): Promise<void> {
  execFileSync('sync', ['-f', dir]);
  const before = writtenBytes();
  process.stdout.write('ready\n');
  const began = performance.now();
  for (let index = 0; index < count; index++) {
    write(index);
    await passed(Math.max(0, began + (index + 1) * EVERY_MS - performance.now()));
  }
  execFileSync('sync', ['-f', dir]);
  process.stdout.write(`done ${writtenBytes() - before}\n`);
}

if (engine === 'sqlite') {
  const { db, insert } = openSqlite(dir);
  const acknowledged = db.prepare('DELETE FROM queue WHERE seq <= ?');
  let seq = 0;
  while (seq < COMMITS) insert(++seq, TEXTS[0]!);
  acknowledged.run(seq);
  const together = commitMs / EVERY_MS;
  await measured((index) => {
    if (together > 1 && index % together === 0) db.exec('BEGIN');
    insert(++seq, TEXTS[index % TEXTS.length]!);
    if (together > 1 && index % together === together - 1) db.exec('COMMIT');
    if (index % PER_ACK === 5) acknowledged.run(seq - PER_ACK);
  });
  db.close();
} else {
  const outbox = await openLane(dir, 'telemetry', { delayMs: commitMs === EVERY_MS ? 5 : commitMs });
  const lane = outbox.lane('telemetry');
  const fill = async (records: number) => {
    for (let done = 0; done < records; done += RECORDS.length) {
      const accepted = outbox.appendMany('telemetry', RECORDS);
      await outbox.flush('telemetry');
      await accepted;
    }
  };
  if (engine === 'recycled') {
    await fill(1.5 * SEGMENT_RECORDS);
    lane.ack(lane.epoch, lane.nextSeq - 1);
    const files = () => readdirSync(join(dir, 'telemetry'));
    while (!files().some((name) => name.startsWith('spare'))) await passed(20);
    await fill(SEGMENT_RECORDS);
  }
  await measured((index) => {
    void outbox.append('telemetry', RECORDS[index % RECORDS.length]!);
    if (index % PER_ACK === 5) lane.ack(lane.epoch, lane.nextSeq - 1);
  });
  await outbox.close();
}
