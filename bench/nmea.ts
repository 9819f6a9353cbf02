// bench: sentences per second of the GNSS reader. From file to printed JSON against gpsd's gpsdecode; in memory against
// the npm packages gps and nmea-simple (which parse sentences and build no epochs). In: sample logs, repeated.
// Out: rows. Both sides of a row do the same input in the same run, by turns; the best of three turns each counts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { GPS } from 'gps';
import { parseNmeaSentence } from 'nmea-simple';
import { KerbError } from '../contract/index.ts';
import { GnssDecoder } from '../drivers/gnss/index.ts';
import type { BenchOptions, Row } from './row.ts';

export interface NmeaOptions extends BenchOptions {
  /** megabytes of the made input */
  readonly megabytes?: number;
}

const LOGS = ['beidou-bd', 'bu353s4', 'garmin17n', 'gr8013-w', 'hab-gpspi', 'mt3339', 'neo-m8n', 'nmea-fuzzy-cases'];
const GOAL = 4;
const TURNS = 3;

/** Measures. @throws KerbError BENCH_SAMPLES without the sample logs, BENCH_PEER where a program does not run */
export async function bench(options: NmeaOptions = {}): Promise<Row[]> {
  const dir = options.samples ?? process.env['SAMPLES_DIR'];
  if (dir === undefined || dir === '')
    throw new KerbError('BENCH_SAMPLES', 'the sample logs are needed', 'SAMPLES_DIR', 'set it');
  const sentences = LOGS.flatMap((log) =>
    readFileSync(join(dir, 'nmea', `${log}.log`), 'latin1')
      .split(/\r?\n/)
      .filter((line) => line.startsWith('$')),
  );
  const block = `${sentences.join('\r\n')}\r\n`;
  const repeats = Math.ceil(((options.megabytes ?? 120) * 1e6) / block.length);
  const count = sentences.length * repeats;
  const folder = mkdtempSync(join(tmpdir(), 'kerb-bench-'));
  try {
    const input = join(folder, 'nmea.log');
    writeFileSync(input, block.repeat(repeats), 'latin1');
    const kerbside = join(import.meta.dirname, '..', 'bin', 'kerbside');
    let ours = Infinity;
    let theirs = Infinity;
    for (let turn = 0; turn < TURNS; turn++) {
      ours = Math.min(ours, await timed(kerbside, ['replay', 'nmea', input], null));
      theirs = Math.min(theirs, await timed('gpsdecode', ['-j'], input));
    }
    return [
      row('nmea.sentences_per_s', count / ours, 'gpsdecode', count / theirs, GOAL),
      ...inMemory(sentences, block, Math.max(1, Math.round(200_000 / sentences.length))),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(metric: string, value: number, peer: string, peerValue: number, goal?: number): Row {
  const ratio = Math.round((value / peerValue) * 100) / 100;
  const base = { metric, value: Math.round(value), unit: '1/s', peer, peerValue: Math.round(peerValue), ratio };
  return goal === undefined ? base : { ...base, goal: `>= ${goal}x`, ok: ratio >= goal };
}

/** Seconds that a program takes from its start to its end, its output printed to nowhere. */
async function timed(program: string, args: string[], input: string | null): Promise<number> {
  const out = openSync('/dev/null', 'w');
  const from = input === null ? null : openSync(input, 'r');
  const start = performance.now();
  try {
    const child = spawn(program, args, { stdio: [from ?? 'ignore', out, 'ignore'] });
    const [status] = (await once(child, 'exit')) as [number | null];
    if (status !== 0) throw new Error(`exit status ${status}`);
  } catch (error) {
    throw new KerbError('BENCH_PEER', String(error), program, 'is it installed?', { cause: error });
  } finally {
    closeSync(out);
    if (from !== null) closeSync(from);
  }
  return (performance.now() - start) / 1000;
}

function inMemory(sentences: readonly string[], block: string, repeats: number): Row[] {
  const bytes = Buffer.from(block, 'latin1');
  const count = sentences.length * repeats;
  const own = best(() => {
    const decoder = new GnssDecoder();
    for (let i = 0; i < repeats; i++) decoder.push({ bytes, wall: null });
    decoder.flush();
  });
  const gps = best(() => {
    const reader = new GPS();
    for (let i = 0; i < repeats; i++) for (const s of sentences) attempt(() => reader.update(s));
  });
  const simple = best(() => {
    for (let i = 0; i < repeats; i++) for (const s of sentences) attempt(() => parseNmeaSentence(s));
  });
  return [
    row('nmea.memory_sentences_per_s', count / own, 'gps', count / gps),
    row('nmea.memory_sentences_per_s', count / own, 'nmea-simple', count / simple),
  ];
}

/** Seconds of the best of some turns. */
function best(work: () => void): number {
  let seconds = Infinity;
  for (let turn = 0; turn < TURNS; turn++) {
    const start = performance.now();
    work();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}

/** Both packages throw at sentences that they do not know. */
function attempt(work: () => unknown): void {
  try {
    work();
  } catch {
    // counted as done: it has been looked at
  }
}
