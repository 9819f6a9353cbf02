// agent/main: `kerbside watch`, a recording through the whole camera path, as fast as it goes.
// In: a site and a video. Out: events and cases as NDJSON in the order in which they happen, pictures into a folder.
// The same input gives the same bytes, whatever the number of workers; nothing is kept between runs.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KerbError, oneLine } from '../../../contract/index.ts';
import { openRecording, type Recording } from '../../../drivers/camera/ffmpeg.ts';
import { loadCard } from '../../../models/card.ts';
import { readPicture, writeJpeg } from '../../../models/image.ts';
import { createLooker } from '../../../models/pool.ts';
import type { Looker } from '../../../models/types.ts';
import { CameraPath, type Sighting } from '../../camera/index.ts';
import { CaseMaker, CaseStore, checkCodes, line, loadTaxonomy, PictureFolder } from '../../cases/index.ts';
import { loadSite, type Site } from '../../config/site.ts';
import { env } from '../env.ts';
import { useFor } from '../model.ts';
import { withUnzipped } from './unzipped.ts';

export const help = `
usage: kerbside watch --site FILE --video FILE [--start ISO] [--out DIR] [--workers N]

A recording through the whole camera path, as fast as it goes: a line of JSON for each event and each case.
  --site FILE     the site; its first camera is the one that made the recording
  --video FILE    what ffmpeg can play (.gz too)
  --start ISO     when the recording begins, e.g. 2026-05-01T08:00:00+08:00; without it times count from 0
  --out DIR       where the pictures go, as JPEG
  --workers N     looks side by side, 1 to 16 (default 2); the output is the same for any number`;

/** What stands for the device in names made of a recording. */
const DEVICE = 'watch';
const CARD = fileURLToPath(new URL('../../../models/cards/coco-ssd.yaml', import.meta.url));

/** @returns exit status @throws KerbError for bad usage, site, video or model */
export async function run(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      site: { type: 'string' },
      video: { type: 'string' },
      start: { type: 'string' },
      out: { type: 'string' },
      workers: { type: 'string', default: '2' },
    },
  });
  const siteFile = wanted(values.site, '--site', 'give the path of a site file');
  const video = wanted(values.video, '--video', 'give the path of a video file');
  const start = values.start === undefined ? 0 : parseStart(values.start);
  const workers = parseWorkers(values.workers);
  const site = await loadSite(siteFile);
  const taxonomy = loadTaxonomy();
  checkCodes(taxonomy, site.profile, siteFile);
  if (values.out !== undefined) await makeFolder(values.out);
  return withUnzipped(video, async (plain) => {
    const recording = await openRecording(plain, { rate: site.cameras[0]!.looks_per_s, start });
    const card = await loadCard(CARD);
    const { cache } = env();
    const onRestart = (why: KerbError) => process.stderr.write(`kerbside: ${oneLine(why)}\n`);
    const use = await useFor(card, cache);
    const looker = await createLooker({ card, use, cacheDir: cache, workers, onRestart });
    try {
      return await watch(site, taxonomy, recording, looker, values.out);
    } finally {
      await looker.close();
    }
  });
}

async function watch(
  site: Site,
  taxonomy: ReturnType<typeof loadTaxonomy>,
  recording: Recording,
  looker: Looker,
  out: string | undefined,
): Promise<number> {
  let status = 0;
  const fault = (error: unknown) => {
    process.stderr.write(`kerbside: ${oneLine(error)}\n`);
    status = 1;
  };
  const store = new CaseStore(null, fault);
  const pictures = out === undefined ? {} : { pictures: new PictureFolder(out, Number.POSITIVE_INFINITY) };
  const codec = { encode: (picture: Parameters<typeof writeJpeg>[0]) => writeJpeg(picture), decode: readPicture };
  const maker = new CaseMaker({ device: DEVICE, site, taxonomy, looker, codec, store, ...pictures, onFault: fault });
  const onSighting = async (sighting: Sighting) => {
    print(line(sighting.event));
    const taken = await maker.take(sighting);
    if ('case' in taken) print(line(taken.case, taken.pictures));
  };
  const camera = site.cameras[0]!;
  const judged = { profile: site.profile, timeZone: site.time_zone };
  const options = { device: DEVICE, site: site.id, camera, ...judged, looker, onSighting, onFault: fault };
  const path = new CameraPath(options);
  try {
    await path.feed(recording);
    await maker.settled();
  } finally {
    await path.close();
    store.close();
  }
  return status;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function wanted(value: string | undefined, name: string, remedy: string): string {
  if (value === undefined || value === '') throw new KerbError('USAGE', 'is missing', name, remedy);
  return value;
}

/** Epoch ms of an ISO 8601 time; without a zone it is UTC, so that every machine reads it alike. */
function parseStart(text: string): number {
  const shape = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  const zoned = shape && shape[1] !== undefined && shape[4] === undefined ? `${text}Z` : text;
  const time = shape ? Date.parse(zoned) : Number.NaN;
  if (time >= 0) return time;
  const what = `"${text.slice(0, 40)}" is no time since 1970`;
  throw new KerbError('USAGE', what, '--start', 'give one like 2026-05-01T08:00:00+08:00');
}

function parseWorkers(text: string): number {
  const workers = Number(text);
  if (/^\d+$/.test(text) && workers >= 1 && workers <= 16) return workers;
  throw new KerbError('USAGE', `"${text.slice(0, 40)}" is no number of workers`, '--workers', 'give 1 to 16');
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new KerbError('OUT_FOLDER', `cannot be made (${code})`, path, 'give a folder for --out', { cause });
  }
}
