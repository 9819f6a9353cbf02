// bench/outbox: figures that need a process of their own: the first durable write after kill -9 with a million records
// waiting, and resident memory over ten million records.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../../contract/index.ts';
import type { Row } from '../row.ts';
import { against, inFolder, median, round } from './common.ts';

const CHILD = fileURLToPath(new URL('child.ts', import.meta.url));
/** V8's young generation at one size and garbage collected when asked, so that what grows is ours and not its choice. */
const V8 = ['--max-semi-space-size=4', '--expose-gc'];
const WAITING = 1_000_000;
const STARTS = 5;
const RESTART_GOAL_MS = 150;
const THROUGH = 10_000_000;
/** Most that resident memory may grow from the first tenth to the last. */
const FLAT = 1.2;

/** What a child prints. @throws KerbError BENCH_RUN where it ends otherwise than wanted */
async function child(args: readonly (string | number)[], wanted: 'exit' | 'SIGKILL'): Promise<string[]> {
  const running = spawn(process.execPath, [...V8, CHILD, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const out: Buffer[] = [];
  running.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  const [status, signal] = (await once(running, 'close')) as [number | null, string | null];
  if (wanted === 'exit' ? status !== 0 : signal !== wanted) {
    throw new KerbError('BENCH_RUN', `ended with ${status ?? signal}`, `child ${args[0]}`, 'see what it said above');
  }
  return Buffer.concat(out).toString().split('\n').filter(Boolean);
}

export async function restartRows(): Promise<Row[]> {
  return inFolder(async (dir) => {
    const engines = ['ours', 'node:sqlite FULL', 'lmdb'].map((name, index) => ({
      name,
      dir: join(dir, String(index)),
      times: [] as number[],
    }));
    for (const engine of engines) {
      mkdirSync(engine.dir);
      await child(['fill', engine.name, engine.dir, WAITING], 'SIGKILL');
    }
    for (let turn = 0; turn < STARTS; turn++) {
      for (const { name, dir: home, times } of engines) {
        times.push(Number((await child(['start', name, home], 'SIGKILL'))[0]));
      }
    }
    const [ours, ...peers] = engines.map(({ name, times }) => ({ peer: name, peerValue: median(times) }));
    const row = { metric: 'outbox.restart_ms', value: ours!.peerValue, unit: 'ms, 1M records waiting' };
    const goal = { goal: `<= ${RESTART_GOAL_MS} ms`, ok: row.value <= RESTART_GOAL_MS };
    return peers.map((peer, index) => ({ ...against({ ...row, ...peer }), ...(index === 0 ? goal : {}) }));
  });
}

export async function memoryRows(): Promise<Row[]> {
  return inFolder(async (dir) => {
    const lines = await child(['drain', dir, THROUGH], 'exit');
    const seen = lines.map((line) => JSON.parse(line) as { done: number; rss: number });
    const tenth = (from: number) =>
      median(seen.filter(({ done }) => done > from && done <= from + THROUGH / 10).map(({ rss }) => rss / 1e6));
    const [first, last] = [tenth(0), tenth(THROUGH * 0.9)];
    const ratio = last / first;
    const figures = { metric: 'outbox.rss_mb', value: round(last), unit: 'MB at the end of ten million records' };
    const peer = { peer: 'the first million', peerValue: round(first), ratio: round(ratio) };
    return [{ ...figures, ...peer, goal: `<= ${FLAT}x`, ok: ratio <= FLAT }];
  });
}
