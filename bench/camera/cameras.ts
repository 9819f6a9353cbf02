// bench, a program of its own: so many cameras on one box, each the street clip at its own speed, for a while. In: an order
// as JSON in argv. Out: looks that were due, made, spared by the gate and late, and the share of the things that a look at
// every frame finds that the cameras followed at that moment.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { FrameReport } from '../../agent/camera/index.ts';
import { CameraPath, LookShare } from '../../agent/camera/index.ts';
import { loadSite } from '../../agent/config/site.ts';
import { chosenCard } from '../../agent/main/model.ts';
import { openLive, openRecording } from '../../drivers/camera/ffmpeg.ts';
import type { Use } from '../../models/choice.ts';
import { createLooker } from '../../models/pool.ts';
import type { Detection } from '../../models/types.ts';

export interface CamerasOrder {
  readonly use: Use;
  readonly cacheDir: string;
  readonly site: string;
  readonly video: string;
  /** of the video */
  readonly rate: number;
  readonly frames: number;
  readonly cameras: number;
  readonly gate: boolean;
  readonly looks_per_s: number;
  readonly wide_every_s: number;
  /** as the site's camera has it, if not given */
  readonly crops?: number;
  readonly seconds: number;
  /** with all frames looked at, as fast as it goes: only the rate is told */
  readonly recorded?: boolean;
  /** file of the finds of every second frame; absent: they are found now */
  readonly reference: string;
}

export interface CamerasResult {
  readonly due: number;
  readonly made: number;
  readonly gated: number;
  readonly late: number;
  readonly recall: number;
  readonly rate: number;
  /** regions that looks enlarged, a second and camera */
  readonly crops_per_s: number;
}

/** A find is followed if a track of its kind overlaps it by so much. */
const SAME = 0.4;
/** looks that are not counted */
const WARM = 3;
/** the start of a box is not its life, s */
const SETTLE_S = 4;

const order = JSON.parse(process.argv[2]!) as CamerasOrder;
const site = await loadSite(order.site);
const workers = order.recorded ? 1 : 2;
const looker = await createLooker({
  card: await chosenCard(),
  use: order.use,
  cacheDir: order.cacheDir,
  workers,
  warm: 'wide',
});
const template = site.cameras[0]!;
const { looks_per_s, wide_every_s, gate, crops = template.crops } = order;
const camera = { ...template, looks_per_s, wide_every_s, gate, crops };
const device = { device: 'bench', site: site.id, profile: site.profile, looker, onSighting: () => {} };

if (order.recorded) await recorded();
else if (!existsSync(order.reference)) await reference();
else await live(JSON.parse(readFileSync(order.reference, 'utf8')) as Detection[][]);
process.exit(0);

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** The whole path on the clip, every frame, for some seconds after the first looks: the bare runtime has these too. */
async function recorded(): Promise<void> {
  const video = await openRecording(order.video, { rate: order.rate, start: 0 });
  let looks = 0;
  let started = Number.POSITIVE_INFINITY;
  const path = new CameraPath({
    ...device,
    camera,
    onReport: () => {
      looks++;
      if (looks === WARM) started = performance.now();
    },
  });
  const late = () => performance.now() - started > order.seconds * 1000;
  const some = async function* () {
    for await (const frame of video) {
      if (late()) return;
      yield frame;
    }
  };
  await path.feed(some());
  print({ rate: (looks - WARM) / ((performance.now() - started) / 1000) });
}

/** What a look at every second frame finds, both scales. */
async function reference(): Promise<void> {
  const all: Detection[][] = [];
  let seq = 0;
  const under: Promise<void>[] = [];
  for await (const frame of await openRecording(order.video, { rate: order.rate, start: 0 })) {
    const at = seq++;
    if (at % 2 === 1) continue;
    const look = looker.look(frame, { depth: 'wide', minScore: 0.5 }).then(({ objects }) => {
      all[at / 2] = objects.filter((find) => find.score >= 0.6);
    });
    under.push(look);
    if (under.length > 3) await under.shift();
  }
  await Promise.all(under);
  writeFileSync(order.reference, JSON.stringify(all));
  print({});
}

async function live(truth: readonly (readonly Detection[])[]): Promise<void> {
  const share = new LookShare(looker);
  const epoch = Date.now() - performance.now();
  const clock = () => epoch + performance.now();
  const tally = { due: 0, made: 0, gated: 0, late: 0, found: 0, wanted: 0 };
  let measuring = false;
  const paths = Array.from({ length: order.cameras }, (_, i) => {
    let latest: FrameReport | null = null;
    const path = new CameraPath({
      ...device,
      camera: { ...camera, id: `c${i}` },
      share,
      onReport: (report) => {
        latest = report;
        if (measuring) tally.made += 1;
      },
    });
    const source = openLive(
      order.video,
      {
        frame: (frame) => {
          const kept = path.offer(frame);
          const place = frame.seq % order.frames;
          if (!measuring || place % 2 === 1) return kept;
          for (const find of truth[place / 2] ?? []) {
            tally.wanted += 1;
            if (latest?.tracks.some(({ box }) => overlap(box, find.box) >= SAME)) tally.found += 1;
          }
          return kept;
        },
        lost: () => {},
        back: () => {},
      },
      { clock, loop: true },
    );
    return { path, source };
  });
  await new Promise((done) => setTimeout(done, SETTLE_S * 1000));
  const skippedBefore = paths.map(({ path }) => path.stats(clock()).skipped);
  const gatedBefore = paths.map(({ path }) => path.gated);
  measuring = true;
  await new Promise((done) => setTimeout(done, order.seconds * 1000));
  measuring = false;
  tally.late = paths.reduce((sum, { path }, i) => sum + path.stats(clock()).skipped - skippedBefore[i]!, 0);
  tally.gated = paths.reduce((sum, { path }, i) => sum + path.gated - gatedBefore[i]!, 0);
  tally.due = tally.made + tally.gated + tally.late;
  await Promise.all(paths.map(({ source }) => source.close()));
  const crops_per_s = paths.reduce((sum, { path }) => sum + path.stats(clock()).crops_per_s, 0) / paths.length;
  const recall = tally.wanted === 0 ? 1 : tally.found / tally.wanted;
  print({ ...tally, recall, crops_per_s, rate: tally.made / order.seconds } satisfies CamerasResult);
}

function overlap(a: Detection['box'], b: Detection['box']): number {
  const across = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (a[2] * a[3] + b[2] * b[3] - across * down);
}
