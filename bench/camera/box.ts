// bench: a real `kerbside run` in the camera role: how soon it sees something, what a camera costs in memory, and what a
// quiet one costs in processor time. In: a video. Out: figures of /proc, the agent's ffmpeg included.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { loadSite } from '../../agent/config/site.ts';
import { KerbError } from '../../contract/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** clock ticks a second in /proc/pid/stat: USER_HZ, 100 on every Linux that Node runs on */
const USER_HZ = 100;

export interface RunningBox {
  readonly pid: number;
  /** seconds from its start until a thing is followed */
  readonly firstObject_s: number;
}

/** Runs a box of so many cameras on one video until `measure` is done. @throws KerbError BENCH_RUN */
export async function withBox<T>(
  folder: string,
  video: string,
  cameras: number,
  measure: (box: RunningBox) => Promise<T>,
): Promise<T> {
  mkdirSync(folder, { recursive: true });
  const street = await loadSite(join(root, 'examples/street/site.yaml'));
  const [first] = street.cameras;
  const site = {
    ...street,
    cameras: Array.from({ length: cameras }, (_, i) => ({ ...first!, id: `c${i}`, looks_per_s: 5, source: video })),
  };
  writeFileSync(join(folder, 'site.yaml'), stringify(site));
  const box = {
    version: 1,
    device: 'bench-box',
    data: join(folder, 'data'),
    page: { host: '127.0.0.1', port: 0 },
    camera: { site: join(folder, 'site.yaml'), loop: true, workers: 2, trial: 'never' },
  };
  writeFileSync(join(folder, 'box.yaml'), stringify(box));
  const started = performance.now();
  const agent = spawn(join(root, 'bin/kerbside'), ['run', '--config', join(folder, 'box.yaml')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const port = await readyPort(agent);
    await followed(port);
    return await measure({ pid: agent.pid!, firstObject_s: (performance.now() - started) / 1000 });
  } finally {
    agent.kill('SIGTERM');
    const late = setTimeout(() => agent.kill('SIGKILL'), 5000);
    if (agent.exitCode === null && agent.signalCode === null) await once(agent, 'exit');
    clearTimeout(late);
  }
}

function readyPort(agent: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    agent.on('message', (message: { kind?: unknown; port?: unknown }) => {
      if (message.kind === 'ready') done(Number(message.port));
    });
    agent.once('exit', (status) => {
      fail(new KerbError('BENCH_RUN', `ended with ${status}`, 'kerbside run', 'see what it said above'));
    });
  });
}

/** Until a frame's report names a track. */
async function followed(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/events`);
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    const parts = rest.split('\n\n');
    rest = parts.pop()!;
    for (const part of parts) {
      const data = /^event: frame[\s\S]*?^data: (.*)$/m.exec(part)?.[1];
      if (data !== undefined && (JSON.parse(data) as { tracks: unknown[] }).tracks.length > 0) return;
    }
  }
}

/** This process and all below it. */
function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = statOf(Number(name));
    if (stat) parents.set(Number(name), Number(stat[1]));
  }
  const family = [pid];
  for (const one of family) for (const [child, parent] of parents) if (parent === one) family.push(child);
  return family;
}

/** Fields of /proc/pid/stat from the state on; null where it has gone. */
function statOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** Proportional set size of a box, its children included, MB. */
export function pssMb(pid: number): number {
  const kb = familyOf(pid).map((one) => {
    try {
      return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return (kb.reduce((sum, one) => sum + one, 0) * 1024) / 1e6;
}

/** Share of one core that a box takes, its children included, over so many seconds. */
export async function cpuShare(pid: number, seconds: number): Promise<number> {
  const used = () =>
    familyOf(pid).reduce((sum, one) => {
      const stat = statOf(one);
      return stat ? sum + (Number(stat[11]) + Number(stat[12])) / USER_HZ : sum;
    }, 0);
  const [before, began] = [used(), performance.now()];
  await passed(seconds * 1000);
  return (used() - before) / ((performance.now() - began) / 1000);
}
