// bench: the vehicle role. In: the sample recordings, a made drive on real ptys. Out: rows: sentences, frames and signals
// per second (bench/nmea.ts, bench/can.ts), replay over real time, and of a real `kerbside run` in the vehicle role alone:
// resident memory while parked (Rss of /proc), CPU share at 10 Hz GNSS and a full 250 kbit/s bus.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as passed } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KerbError } from '../contract/index.ts';
import { bench as can } from './can.ts';
import { bench as nmea } from './nmea.ts';
import type { BenchOptions, Row } from './row.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const CLI = join(root, 'agent/main/cli.ts');
const DRIVE = join(root, 'agent/main/drive/main.ts');
const RSS_GOAL_MB = 100;
const CPU_GOAL = 0.05;
const REPLAY_GOAL = 1000;
/** the start is over, and what it left has been collected, s */
const SETTLE_S = 12;
const MEASURE_S = 20;
/** clock ticks a second in /proc/pid/stat: USER_HZ, 100 on every Linux that Node runs on */
const USER_HZ = 100;

/** Measures. @throws KerbError BENCH_SAMPLES, BENCH_PEER, BENCH_RUN where a program does not start */
export async function bench(options: BenchOptions = {}): Promise<Row[]> {
  const rows = [...(await nmea(options)), ...(await can(options))];
  const folder = mkdtempSync(join(tmpdir(), 'kerb-bench-'));
  try {
    rows.push(await replaySpeed(folder, options.seed ?? 1));
    // a box's first start fills what later starts use (compiled code); those count
    await withAgent(join(folder, 'first'), ['--from-depot'], async () => 0);
    const idle = await withAgent(join(folder, 'idle'), ['--from-depot'], async (pid) => {
      await passed(SETTLE_S * 1000);
      return rssMb(pid);
    });
    rows.push({
      metric: 'vehicle.rss_idle_mb',
      value: round(idle, 10),
      unit: 'MB',
      goal: `<= ${RSS_GOAL_MB} MB`,
      ok: idle <= RSS_GOAL_MB,
    });
    const share = await withAgent(join(folder, 'busy'), ['--hz', '10', '--full-bus'], async (pid) => {
      await passed(SETTLE_S * 1000);
      const [cpu, began] = [cpuSeconds(pid), performance.now()];
      await passed(MEASURE_S * 1000);
      return (cpuSeconds(pid) - cpu) / ((performance.now() - began) / 1000);
    });
    rows.push({
      metric: 'vehicle.cpu_share',
      value: round(share, 10_000),
      unit: 'of one core',
      goal: `<= ${CPU_GOAL}`,
      ok: share <= CPU_GOAL,
    });
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A made drive of 10 Hz and a full bus, from files to printed lines. */
async function replaySpeed(folder: string, seed: number): Promise<Row> {
  const at = join(folder, 'drive');
  await program(['drive', 'synth', '--seed', `${seed}`, '--seconds', '1200', '--hz', '10', '--full-bus', '--out', at]);
  let best = 0;
  for (let turn = 0; turn < 3; turn++) {
    const files = ['--nmea', join(at, 'drive.nmea'), '--can', join(at, 'drive.candump')];
    const said = await program([
      ...['replay', 'drive', '--profile', join(root, 'examples/truck/profile.yaml')],
      ...[...files, '--io', join(at, 'drive.io.ndjson')],
    ]);
    best = Math.max(best, Number(/(\d+) times real time/.exec(said)?.[1] ?? 0));
  }
  rmSync(at, { recursive: true, force: true });
  return {
    metric: 'vehicle.replay_speed',
    value: best,
    unit: 'x real time',
    goal: `>= ${REPLAY_GOAL}`,
    ok: best >= REPLAY_GOAL,
  };
}

/** Runs `kerbside` to its end; gives its stderr. */
async function program(words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + String(chunk)).slice(-4096);
  });
  const [status] = await once(child, 'close');
  if (status !== 0)
    throw new KerbError('BENCH_RUN', `ended with ${status}: ${said.trim()}`, words[0]!, 'mend it first');
  return said;
}

/** Runs the agent in the vehicle role on a live made drive, and `measure` once the bus or the receiver speaks. */
async function withAgent(folder: string, drive: string[], measure: (pid: number) => Promise<number>): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const ports = join(folder, 'ports');
  const config = join(folder, 'box.yaml');
  const box = {
    version: 1,
    device: 'bench-truck',
    data: join(folder, 'data'),
    page: { host: '127.0.0.1', port: 0 },
    vehicle: {
      profile: join(root, 'examples/truck/profile.yaml'),
      gnss: { port: join(ports, 'gnss'), baud: 115_200 },
      can: { slcan: join(ports, 'can'), baud: 921_600 },
      lines: 'fake',
    },
  };
  writeFileSync(config, JSON.stringify(box)); // JSON is YAML
  const silent: ('ignore' | 'inherit' | 'ipc')[] = ['ignore', 'ignore', 'inherit', 'ipc'];
  const truck = fork(DRIVE, [ports, ...drive], { stdio: silent, execArgv: [] });
  let agent: ChildProcess | null = null;
  try {
    await told(truck, 'port', 'the made drive');
    agent = spawn(join(root, 'bin/kerbside'), ['run', '--config', config], { stdio: silent });
    await told(agent, 'ready', 'kerbside run');
    return await measure(agent.pid!);
  } finally {
    await Promise.all([truck, agent].map((child) => child && ended(child)));
  }
}

/** Waits for a message of this kind. @throws KerbError BENCH_RUN where the program ends first */
function told(child: ChildProcess, kind: string, name: string): Promise<void> {
  return new Promise((done, fail) => {
    child.on('message', (message) => {
      if ((message as { kind?: unknown }).kind === kind) done();
    });
    child.once('exit', (status) =>
      fail(new KerbError('BENCH_RUN', `ended with ${status}`, name, 'see what it said above')),
    );
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exit;
  clearTimeout(late);
}

function rssMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kb) * 1024) / 1e6;
}

/** Seconds of CPU that a process used so far, in user and kernel mode, all its threads. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / USER_HZ;
}

const round = (value: number, scale: number) => Math.round(value * scale) / scale;
