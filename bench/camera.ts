// bench: the eye. In: the street clip of SAMPLES_DIR. Out: rows: the whole path against the bare runtime, a look against
// the coco-ssd palette of Node-RED (TensorFlow.js, wasm backend, same pictures, same weights), how many cameras two cores
// serve and what they then still follow, and what a camera costs in memory, time and processor. Ours and the peer take
// turns, so that a busy moment of the machine meets both.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { env } from '../agent/main/env.ts';
import { chosenCard } from '../agent/main/model.ts';
import { KerbError } from '../contract/index.ts';
import { openRecording } from '../drivers/camera/ffmpeg.ts';
import { weightsOf } from '../models/card.ts';
import type { Use } from '../models/choice.ts';
import { choose, runTrial } from '../models/trial.ts';
import { cpuShare, pssMb, withBox } from './camera/box.ts';
import type { CamerasOrder, CamerasResult } from './camera/cameras.ts';
import type { LooksOrder } from './camera/looks.ts';
import type { BenchOptions, Row } from './row.ts';

const [WIDTH, HEIGHT] = [768, 576];
const CLIP = { rate: 10, frames: 795 };
const SITE = fileURLToPath(new URL('../examples/street/site.yaml', import.meta.url));
const ROUNDS = 3;
const TURN_S = 4;
/** a box of more cameras is not tried */
const MOST_CAMERAS = 10;
/** so many of a hundred looks may be late before a box of so many cameras is one too many */
const LATE = 0.01;
const SERVED_S = 10;
/** a box has loaded what it looks with, and no case was made yet, ms */
const SETTLE_MS = 8000;
/** VNNI multiplies bytes: int8 gains more there */
const hasVnni = /\bavx(512)?_vnni\b|\bavx_vnni\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));

/** Measures. @throws KerbError BENCH_SAMPLES, BENCH_RUN */
export async function bench({ samples }: BenchOptions = {}): Promise<Row[]> {
  const video = join(samples ?? '', 'video/street-pets2009.mp4');
  if (!samples || !existsSync(video)) {
    throw new KerbError(
      'BENCH_SAMPLES',
      'the street clip is not there',
      'SAMPLES_DIR',
      'name the folder of recordings',
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'kerb-bench-'));
  const { cache: cacheDir } = env();
  try {
    const use = await chosen(cacheDir);
    process.stderr.write(
      `weights that this machine's trial chose: ${use.weights} in ${use.runtime}; VNNI: ${hasVnni}\n`,
    );
    const frames = await rawFrames(video, join(folder, 'frames.rgb'));
    const looks = { use, cacheDir, frames, width: WIDTH, height: HEIGHT, seconds: TURN_S };
    const cameras = {
      ...{ use, cacheDir, site: SITE, video, ...CLIP, reference: join(folder, 'reference.json') },
      ...{ cameras: 1, gate: false, looks_per_s: CLIP.rate, wide_every_s: 0, seconds: TURN_S },
    };
    return [
      await pathOverBare(looks, cameras),
      ...(await againstTfjs(looks)),
      ...(await served(cameras)),
      ...(await costs(folder, video)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What a trial on this machine chooses, whatever an earlier one chose. */
async function chosen(cacheDir: string): Promise<Use> {
  const { card, folder } = await chosenCard();
  const picture = fileURLToPath(new URL('../models/proof/street.png', import.meta.url));
  const uses = weightsOf(card).map((weights): Use => ({ runtime: 'wasm', weights }));
  const outcomes = await runTrial({ card, places: { folder, cacheDir }, picture, checked: true }, uses);
  const best = choose(outcomes);
  if (!best) throw new KerbError('BENCH_RUN', 'no weights of the detector run here', 'models', 'npm run setup');
  return best.use;
}

/** Forty pictures of the clip as bytes. */
async function rawFrames(video: string, file: string): Promise<string> {
  const out = createWriteStream(file);
  for await (const { rgb } of await openRecording(video, { rate: 0.5, start: 0 })) out.write(new Uint8Array(rgb));
  out.end();
  await once(out, 'finish');
  return file;
}

async function program<T>(name: 'looks' | 'cameras', order: LooksOrder | CamerasOrder, core?: number): Promise<T> {
  const script = fileURLToPath(new URL(`./camera/${name}.ts`, import.meta.url));
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', script, JSON.stringify(order)];
  const [command, ...args] = core === undefined ? node : ['taskset', '-c', String(core), ...node];
  try {
    const { stdout } = await promisify(execFile)(command!, args, { maxBuffer: 64 << 20 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as T;
  } catch (error) {
    throw new KerbError(
      'BENCH_RUN',
      (error as Error).message.slice(-300),
      `bench/camera/${name}.ts`,
      'see what it said',
    );
  }
}

const looksPerS = async (order: LooksOrder, core?: number) => {
  const { looks, seconds } = await program<{ looks: number; seconds: number }>('looks', order, core);
  return looks / seconds;
};

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

async function pathOverBare(looks: Omit<LooksOrder, 'who'>, cameras: CamerasOrder): Promise<Row> {
  const [path, bare]: number[][] = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    path!.push((await program<{ rate: number }>('cameras', { ...cameras, crops: 0, recorded: true })).rate);
    bare!.push(await looksPerS({ ...looks, who: 'bare' }));
  }
  return row('camera.path_over_bare', median(path!), 'looks/s', 'bare runtime, one thread', median(bare!), 0.8);
}

async function againstTfjs(looks: Omit<LooksOrder, 'who'>): Promise<Row[]> {
  const [ours, both, tfjs, alone]: number[][] = [[], [], [], []];
  for (let i = 0; i < ROUNDS; i++) {
    ours!.push(await looksPerS({ ...looks, who: 'ours' }, i % 2));
    tfjs!.push(await looksPerS({ ...looks, who: 'tfjs' }, i % 2));
    both!.push(await looksPerS({ ...looks, who: 'pool' }));
    alone!.push(await looksPerS({ ...looks, who: 'tfjs' }));
  }
  const peer = 'coco-ssd of Node-RED (tfjs, wasm)';
  return [
    row('camera.look_vs_tfjs_per_core', median(ours!), 'looks/s', peer, median(tfjs!), hasVnni ? 4 : 2.3),
    row('camera.look_vs_tfjs_both_cores', median(both!), 'looks/s', peer, median(alone!), 3.5),
  ];
}

/** How many cameras are served, with the gate and without, and what is then followed. */
async function served(template: CamerasOrder): Promise<Row[]> {
  await program('cameras', template);
  const order = { ...template, looks_per_s: 5, wide_every_s: 4, seconds: SERVED_S };
  const rows: Row[] = [];
  for (const gate of [true, false]) {
    let most = 0;
    let result: CamerasResult | null = null;
    for (let cameras = 2; cameras <= MOST_CAMERAS; cameras += 2) {
      const now = await program<CamerasResult>('cameras', { ...order, cameras, gate });
      process.stderr.write(
        `${cameras} cameras, gate ${gate ? 'on' : 'off'}: ${now.made} made, ${now.gated} spared, ${now.late} late, recall ${now.recall.toFixed(3)}, ${now.crops_per_s.toFixed(1)} crops/s each\n`,
      );
      if (now.late > LATE * now.due) break;
      [most, result] = [cameras, now];
    }
    const name = gate ? 'camera.cameras_served' : 'camera.cameras_served_ungated';
    rows.push({
      metric: name,
      value: most,
      unit: 'cameras',
      ...(gate ? { goal: '>= 6 (8 wished)', ok: most >= 6 } : {}),
    });
    rows.push({ metric: `${name}_recall`, value: Math.round((result?.recall ?? 0) * 1000) / 1000, unit: 'of finds' });
  }
  return rows;
}

async function costs(folder: string, video: string): Promise<Row[]> {
  // the first start fills what later ones use (compiled code); a box's usual start counts
  await withBox(join(folder, 'first'), video, 1, async () => 0);
  const starts: number[] = [];
  for (const name of ['one', 'again']) {
    await withBox(join(folder, name), video, 1, async ({ firstObject_s }) => starts.push(firstObject_s));
  }
  // From two cameras on both looking threads have every size loaded: what more cameras cost is their own.
  const memory = (cameras: number) =>
    withBox(join(folder, `of${cameras}`), video, cameras, async ({ pid }) => {
      await passed(SETTLE_MS);
      return pssMb(pid);
    });
  const two = await memory(2);
  const pss = ((await memory(4)) - two) / 2;
  const quiet = await quietVideo(video, join(folder, 'quiet.mp4'));
  const share = await withBox(join(folder, 'quiet'), quiet, 1, async ({ pid }) => {
    await passed(5000);
    return cpuShare(pid, 15);
  });
  const first = Math.min(...starts);
  return [
    {
      metric: 'camera.pss_per_camera_mb',
      value: Math.round(pss * 10) / 10,
      unit: 'MB',
      goal: '<= 60 MB',
      ok: pss <= 60,
    },
    {
      metric: 'camera.first_object_s',
      value: Math.round(first * 100) / 100,
      unit: 's',
      goal: '<= 4 s',
      ok: first <= 4,
    },
    { metric: 'camera.quiet_cpu_share', value: Math.round(share * 1000) / 1000, unit: 'of one core' },
  ];
}

/** One picture of the clip with a sensor's noise on it, for a minute. */
async function quietVideo(video: string, file: string): Promise<string> {
  const filter = 'trim=start=20:end=20.1,loop=loop=600:size=1,fps=10,setpts=N/10/TB,noise=alls=3:allf=t';
  const args = [
    '-v',
    'error',
    '-i',
    video,
    '-vf',
    filter,
    '-frames:v',
    '600',
    '-c:v',
    'libx264',
    '-preset',
    'fast',
    file,
  ];
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [status] = (await once(child, 'close')) as [number];
  if (status !== 0) throw new KerbError('BENCH_RUN', `ended with ${status}`, 'ffmpeg', 'see what it said above');
  return file;
}

function row(metric: string, value: number, unit: string, peer: string, peerValue: number, goal: number): Row {
  const ratio = value / peerValue;
  const two = (n: number) => Math.round(n * 100) / 100;
  return {
    ...{ metric, value: two(value), unit, peer, peerValue: two(peerValue), ratio: two(ratio) },
    ...{ goal: `>= ${goal}x`, ok: ratio >= goal },
  };
}
