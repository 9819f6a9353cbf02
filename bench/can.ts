// bench: frames per second of the recorded truck (text -> frame -> named values), and signals per second with a DBC
// against the npm package candied and Debian's python3-canmatrix. In: the sample recordings. Out: rows. All sides decode
// the same frames of the same file in the same run, by turns, and touch every value; the best of several turns counts.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { gunzipSync } from 'node:zlib';
import { Can, Dbc as CandiedDbc } from 'candied';
import { KerbError, oneLine } from '../contract/index.ts';
import { CandumpParser } from '../drivers/can/candump-parser.ts';
import { CanDecoder, type Dbc, DbcDecoder, readDbc } from '../drivers/can/index.ts';
import type { BenchOptions, Row } from './row.ts';

const GOAL = 5;
const TURNS = 5;
/** random payloads per message of the DBC */
const PAYLOADS = 40;

/** Debian's package lives with Debian's own Python. */
const PYTHON = '/usr/bin/python3';
const JUDGE = `
import sys, json, time, logging
logging.disable(logging.CRITICAL)
import canmatrix.formats
db = list(canmatrix.formats.loadp(sys.argv[1]).values())[0]
by_id = {(f.arbitration_id.id, f.arbitration_id.extended): f for f in db.frames}
frames = [(f['id'], f['extended'], bytes.fromhex(f['data'])) for f in json.load(open(sys.argv[2]))]
best = None
for turn in range(int(sys.argv[3])):
    start = time.perf_counter()
    count = 0
    for identifier, extended, data in frames:
        for value in by_id[(identifier, extended)].decode(data).values():
            value.phys_value
            count += 1
    taken = time.perf_counter() - start
    best = taken if best is None else min(best, taken)
print(json.dumps({'per_s': count / best}))
`;

interface Sample {
  readonly id: number;
  readonly extended: boolean;
  readonly data: Uint8Array;
}

/** Measures. @throws KerbError BENCH_SAMPLES without the samples, BENCH_PEER where a peer does not run */
export async function bench(options: BenchOptions = {}): Promise<Row[]> {
  const dir = options.samples ?? process.env['SAMPLES_DIR'];
  if (!dir) throw new KerbError('BENCH_SAMPLES', 'the sample recordings are needed', 'SAMPLES_DIR', 'set it');
  const text = gunzipSync(readFileSync(join(dir, 'can', 'truck-idle.candump.gz')));
  return [framesRow(text), signalsRow(join(dir, 'dbc', 'vehicle.dbc'), options.seed ?? 1)];
}

function framesRow(text: Uint8Array): Row {
  let frames = 0;
  const seconds = best(() => {
    const decoder = new CanDecoder(() => {});
    const parser = new CandumpParser((frame) => decoder.push(frame));
    parser.push(text);
    parser.end();
    frames = parser.counters.frames;
  });
  return { metric: 'can.frames_per_s', value: Math.round(frames / seconds), unit: '1/s' };
}

function signalsRow(path: string, seed: number): Row {
  const text = readFileSync(path);
  const dbc = readDbc(text, path);
  const frames = payloads(dbc, seed);
  // by turns in one process; canmatrix in its own right behind them
  const decoder = new DbcDecoder(dbc);
  const candied = new Can();
  candied.database = new CandiedDbc().load(text.toString('latin1'));
  // candied knows extended messages by the file's number, flag included
  const theirFrames = frames.map(({ id, extended, data }) =>
    candied.createFrame(extended ? id + 0x80000000 : id, [...data], extended),
  );
  let ours = Number.POSITIVE_INFINITY;
  let theirs = Number.POSITIVE_INFINITY;
  let ourCount = 0;
  let theirCount = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    ours = Math.min(
      ours,
      best(() => (ourCount = decodeOurs(decoder, frames)), 2),
    );
    theirs = Math.min(
      theirs,
      best(() => (theirCount = decodeCandied(candied, theirFrames)), 1),
    );
  }
  // it leaves out some signals; each side's rate counts its own
  if (theirCount < ourCount * 0.9) {
    throw new KerbError('BENCH_PEER', `${theirCount} signals instead of ${ourCount}`, 'candied', 'look at its decoder');
  }
  const peers = [
    { peer: 'candied', peerValue: theirCount / theirs },
    { peer: 'python3-canmatrix', peerValue: canmatrix(path, frames) },
  ].sort((a, b) => b.peerValue - a.peerValue);
  const value = ourCount / ours;
  const { peer, peerValue } = peers[0]!;
  const ratio = Math.round((value / peerValue) * 100) / 100;
  return {
    metric: 'dbc.signals_per_s',
    value: Math.round(value),
    unit: '1/s',
    peer: `${peer} (${peers[1]!.peer}: ${Math.round(peers[1]!.peerValue)})`,
    peerValue: Math.round(peerValue),
    ratio,
    goal: `>= ${GOAL}x`,
    ok: ratio >= GOAL,
  };
}

/** where values go, so that none can be left uncomputed */
const sink = new Float64Array(1);

function decodeOurs(decoder: DbcDecoder, frames: readonly Sample[]): number {
  let count = 0;
  for (const { id, extended, data } of frames) {
    const values = decoder.decode(id, extended, data)!;
    for (const name in values) {
      sink[0] = values[name]!;
      count++;
    }
  }
  return count;
}

function decodeCandied(candied: Can, frames: ReturnType<Can['createFrame']>[]): number {
  let count = 0;
  for (const frame of frames) {
    for (const bound of candied.decode(frame)?.boundSignals.values() ?? []) {
      sink[0] = bound.value;
      count++;
    }
  }
  return count;
}

function canmatrix(path: string, frames: readonly Sample[]): number {
  const folder = mkdtempSync(join(tmpdir(), 'kerb-bench-'));
  try {
    const input = join(folder, 'frames.json');
    writeFileSync(
      input,
      JSON.stringify(frames.map((frame) => ({ ...frame, data: Buffer.from(frame.data).toString('hex') }))),
    );
    const out = execFileSync(PYTHON, ['-W', 'ignore', '-c', JUDGE, path, input, String(TURNS)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return Number(JSON.parse(out.trim().split('\n').at(-1)!).per_s);
  } catch (error) {
    throw new KerbError('BENCH_PEER', oneLine(error), 'python3-canmatrix', 'apt-get install python3-canmatrix', {
      cause: error,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Random payloads for every message of at most 8 bytes (candied has no longer ones). */
function payloads(dbc: Dbc, seed: number): Sample[] {
  let state = seed >>> 0;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  return dbc.messages
    .filter(({ size, signals }) => size > 0 && size <= 8 && signals.length > 0)
    .flatMap(({ id, extended, size }) =>
      Array.from({ length: PAYLOADS }, () => ({ id, extended, data: Uint8Array.from({ length: size }, random) })),
    );
}

function best(work: () => void, turns = TURNS): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < turns; turn++) {
    const start = performance.now();
    work();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}
