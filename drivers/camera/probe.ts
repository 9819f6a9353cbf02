// drivers/camera: how large is the picture of a source? Asked of ffprobe, within bounded time.
import { KerbError } from '../../contract/errors.ts';
import { Child, endWords, type OnChild, unstarted } from './child.ts';
import { checkSource, inputArgs, type Source } from './source.ts';

export interface Probe {
  /** pixels, as ffmpeg will deliver them (a turned recording is turned upright) */
  readonly width: number;
  readonly height: number;
}

/** Bounds of a picture that is taken: below, nothing can be seen; above, one picture needs more than 200 MB. */
const MIN_SIDE = 16;
const MAX_SIDE = 8192;
/** ffprobe's answer is a few hundred bytes. */
const MAX_ANSWER = 64 * 1024;

/**
 * The size of a source's first video stream.
 * @param within_ms longest time ffprobe may take
 * @param signal ends it before that
 * @throws KerbError CAMERA_MISSING, CAMERA_UNREADABLE, CAMERA_FFMPEG
 */
export async function probe(
  source: Source,
  within_ms: number,
  onChild?: OnChild,
  signal?: AbortSignal,
): Promise<Probe> {
  await checkSource(source);
  const show = ['-show_entries', 'stream=width,height:stream_side_data=rotation', '-of', 'json'];
  const child = new Child('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...show, ...inputArgs(source)], onChild);
  let late = false;
  const giveUp = () => {
    late = true;
    void child.kill();
  };
  const timer = setTimeout(giveUp, within_ms);
  signal?.addEventListener('abort', giveUp);
  if (signal?.aborted) giveUp();
  try {
    let answer = '';
    child.stdout.setEncoding('utf8');
    try {
      for await (const text of child.stdout) if (answer.length < MAX_ANSWER) answer += text;
    } catch (error) {
      if (!late) throw error;
    }
    const end = await child.ended;
    const missing = unstarted(end, 'ffprobe');
    if (missing) throw missing;
    if (late) throw unreadable(source, `did not answer within ${Math.round(within_ms / 1000)} s`);
    if (end.how !== 'exit' || end.status !== 0) {
      throw unreadable(source, `cannot be read (${child.complaint || `ffprobe ${endWords(end)}`})`);
    }
    return sizeOf(answer, source);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    await child.kill();
  }
}

function sizeOf(answer: string, source: Source): Probe {
  const stream = firstStream(answer);
  if (!stream) throw unreadable(source, 'holds no video');
  const { width, height, turned } = stream;
  const fits = (side: number) => Number.isInteger(side) && side >= MIN_SIDE && side <= MAX_SIDE;
  if (!fits(width) || !fits(height)) {
    throw unreadable(source, `has a picture of ${width}x${height}, not of ${MIN_SIDE} to ${MAX_SIDE} pixels a side`);
  }
  return turned ? { width: height, height: width } : { width, height };
}

function firstStream(answer: string): { width: number; height: number; turned: boolean } | null {
  let parsed: { streams?: { width?: unknown; height?: unknown; side_data_list?: { rotation?: unknown }[] }[] };
  try {
    parsed = JSON.parse(answer);
  } catch {
    return null;
  }
  const stream = parsed.streams?.[0];
  if (!stream) return null;
  const rotation = Number(stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0);
  return { width: Number(stream.width), height: Number(stream.height), turned: Math.abs(rotation % 180) === 90 };
}

/** The error for a video that is there but gives no pictures. */
export function unreadable(source: Source, what: string): KerbError {
  const remedy = source.kind === 'file' ? 'give a video that ffmpeg can play' : 'check the address and the camera';
  return new KerbError('CAMERA_UNREADABLE', what, source.shown, remedy);
}
