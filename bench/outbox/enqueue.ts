// bench/outbox: how fast records get to the disk for good, and how many bytes that writes. 200 B each, commits of 100 ms,
// ours and the peers by turns in one process; the median of the rounds counts.
import type { Row } from '../row.ts';
import { against, COMMIT_MS, inFolder, median, openLane, RECORD, RECORDS, round, writtenBytes } from './common.ts';
import { fillLevelStore, fillLmdb, fillSqlite } from './peers.ts';

const ROUNDS = 5;
const COUNT = 200_000;
/** it is 100 times slower */
const LEVEL_COUNT = 4000;
/** records a producer hands in together, and how many such batches wait for the disk */
const BATCH = 200;
const WAITING = 300;

/** Fills our log as a producer of many records does. */
async function fillOurs(dir: string, count: number): Promise<void> {
  const outbox = await openLane(dir, 'telemetry', { delayMs: COMMIT_MS });
  const batch = RECORDS.slice(0, BATCH);
  const waiting: Promise<{ refused: Error | null }>[] = [];
  const settle = async () => {
    const { refused } = (await waiting.shift())!;
    if (refused) throw refused;
  };
  for (let done = 0; done < count; done += BATCH) {
    waiting.push(outbox.appendMany('telemetry', batch));
    if (waiting.length >= WAITING) await settle();
  }
  void outbox.flush('telemetry');
  while (waiting.length > 0) await settle();
  await outbox.close();
}

/** The same, record by record, each with a promise of its own. */
async function fillOneByOne(dir: string, count: number): Promise<void> {
  const outbox = await openLane(dir, 'telemetry', { delayMs: COMMIT_MS });
  let waiting: Promise<unknown>[] = [];
  for (let done = 0; done < count; done++) {
    waiting.push(outbox.append('telemetry', RECORDS[done % RECORDS.length]!));
    if (waiting.length >= BATCH * WAITING) await Promise.all(waiting.splice(0, waiting.length / 2));
  }
  void outbox.flush('telemetry');
  await Promise.all(waiting);
  waiting = [];
  await outbox.close();
}

interface Figures {
  perSecond: number[];
  amplification: number[];
}

export async function enqueueRows(): Promise<Row[]> {
  const engines: { name: string; count: number; fill: (dir: string, count: number) => Promise<void> | void }[] = [
    { name: 'ours', count: COUNT, fill: fillOurs },
    { name: 'node:sqlite FULL', count: COUNT, fill: fillSqlite },
    { name: 'lmdb', count: COUNT, fill: fillLmdb },
    { name: 'one by one', count: COUNT, fill: fillOneByOne },
    { name: 'mqtt-level-store (no sync)', count: LEVEL_COUNT, fill: fillLevelStore },
  ];
  const found = new Map<string, Figures>(engines.map(({ name }) => [name, { perSecond: [], amplification: [] }]));
  for (let turn = 0; turn < ROUNDS; turn++) {
    for (const { name, count, fill } of engines) {
      const { perSecond, amplification } = found.get(name)!;
      await inFolder(async (dir) => {
        const [written, began] = [writtenBytes(), performance.now()];
        await fill(dir, count);
        perSecond.push(count / ((performance.now() - began) / 1000));
        amplification.push((writtenBytes() - written) / (count * RECORD));
      });
    }
  }
  const rate = (name: string) => median(found.get(name)!.perSecond);
  const amplified = (name: string) => median(found.get(name)!.amplification);
  const enqueue = { metric: 'outbox.enqueue', value: rate('ours'), unit: 'records/s' };
  const amp = { metric: 'outbox.write_amp', value: amplified('ours'), unit: 'bytes/byte' };
  const value = round(amplified('ours'), 4);
  const most = 1.15;
  return [
    against({ ...enqueue, peer: 'node:sqlite FULL', peerValue: rate('node:sqlite FULL') }, { least: 1.5 }),
    against({ ...enqueue, peer: 'lmdb', peerValue: rate('lmdb') }),
    against({ ...enqueue, peer: 'mqtt-level-store (no sync)', peerValue: rate('mqtt-level-store (no sync)') }),
    against({ ...enqueue, peer: 'ours, record by record', peerValue: rate('one by one') }),
    {
      ...against({ ...amp, peer: 'node:sqlite FULL', peerValue: amplified('node:sqlite FULL') }),
      value,
      goal: `<= ${most}`,
      ok: value <= most,
    },
    against({ ...amp, peer: 'lmdb', peerValue: amplified('lmdb') }),
  ];
}
