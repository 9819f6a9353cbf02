// bench/outbox: the processes of the restart and the memory figures. `fill ENGINE DIR COUNT` puts records in and dies of
// SIGKILL; `start ENGINE DIR` opens, gets one more record on the disk for good, prints the milliseconds and dies the same
// way; `drain DIR COUNT` writes, reads and frees that many and prints resident memory as it goes.
import { setImmediate as turn } from 'node:timers/promises';
import type { Outbox } from '../../agent/outbox/index.ts';
import { openLane, RECORDS, TEXTS } from './common.ts';
import { openLmdb, openSqlite } from './peers.ts';

const BATCH = 500;
const [verb, ...args] = process.argv.slice(2);

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('not killed');
}

async function fill(engine: string, dir: string, count: number): Promise<void> {
  if (engine === 'ours') {
    const outbox = await openLane(dir, 'telemetry', { delayMs: 100 });
    for (let done = 0; done < count; done += 20 * BATCH) {
      const batches = Array.from({ length: 20 }, () => outbox.appendMany('telemetry', RECORDS.slice(0, BATCH)));
      void outbox.flush('telemetry');
      await Promise.all(batches);
    }
  } else if (engine === 'node:sqlite FULL') {
    const { db, insert } = openSqlite(dir);
    for (let seq = 1; seq <= count; ) {
      db.exec('BEGIN');
      for (const end = seq + 20 * BATCH; seq < end; seq++) insert(seq, TEXTS[seq % TEXTS.length]!);
      db.exec('COMMIT');
    }
  } else {
    const db = openLmdb(dir);
    for (let seq = 1; seq <= count; seq++) {
      void db.put(seq, { at: Date.now(), mono: performance.now(), text: TEXTS[seq % TEXTS.length]! });
      if (seq % (20 * BATCH) === 0) await db.flushed;
    }
    await db.flushed;
  }
  die();
}

async function start(engine: string, dir: string): Promise<void> {
  // Loading code is not what this measures.
  if (engine === 'lmdb') await import('lmdb');
  const began = performance.now();
  if (engine === 'ours') {
    const outbox = await openLane(dir, 'telemetry');
    const accepted = outbox.append('telemetry', RECORDS[0]!);
    void outbox.flush('telemetry');
    await accepted;
  } else if (engine === 'node:sqlite FULL') {
    const { db, insert } = openSqlite(dir);
    const { next } = db.prepare('SELECT max(seq) + 1 AS next FROM queue').get() as { next: number };
    insert(next, TEXTS[0]!);
  } else {
    const db = openLmdb(dir);
    const [last] = db.getKeys({ reverse: true, limit: 1 });
    void db.put(last! + 1, { at: Date.now(), mono: performance.now(), text: TEXTS[0]! });
    await db.flushed;
  }
  process.stdout.write(`${performance.now() - began}\n`, die);
}

/** A box with a good link: what comes is read and acknowledged at once; a thousand batches are on the disk at most. */
async function drain(dir: string, count: number): Promise<void> {
  const outbox = await openLane(dir, 'telemetry', { delayMs: 20 });
  const reading = read(outbox, count);
  let reported = 0;
  for (let done = 0; done < count; done += 10 * BATCH) {
    const batches = Array.from({ length: 10 }, () => outbox.appendMany('telemetry', RECORDS.slice(0, BATCH)));
    void outbox.flush('telemetry');
    await Promise.all(batches);
    while (outbox.lane('telemetry').acked < done - 500_000) await turn();
    if (done >= reported + count / 100) {
      reported = done;
      // How long V8 leaves garbage lying depends on the machine's load; what grows otherwise is ours.
      globalThis.gc?.();
      process.stdout.write(`${JSON.stringify({ done, rss: process.memoryUsage.rss() })}\n`);
    }
  }
  await reading;
  await outbox.close();
}

async function read(outbox: Outbox, count: number): Promise<void> {
  const lane = outbox.lane('telemetry');
  for await (const batch of lane.batches(1, { follow: true })) {
    const { seq } = batch.at(-1)!;
    lane.ack(lane.epoch, seq);
    if (seq >= count) return;
  }
}

if (verb === 'fill') await fill(args[0]!, args[1]!, Number(args[2]));
if (verb === 'start') await start(args[0]!, args[1]!);
if (verb === 'drain') await drain(args[0]!, Number(args[1]));
