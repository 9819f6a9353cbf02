// drivers/camera: what a stream says of itself: size, codec, rate. Asked of ffprobe, within bounded time. And what it
// means that a camera cannot be read.
import { KerbError } from '../../contract/errors.ts';
import { Child, endWords, type OnChild, unstarted } from './child.ts';
import { checkSource, inputArgs, RTSP_TIMEOUT_US, type Source, type StreamSource } from './source.ts';
import type { CameraLoss, StreamFacts } from './types.ts';

/** Bounds of a picture that is taken: below, nothing can be seen; above, one picture needs more than 200 MB. */
export const MIN_SIDE = 16;
export const MAX_SIDE = 8192;
/** ffprobe's answer is a few hundred bytes. */
const MAX_ANSWER = 64 * 1024;

/**
 * What a source's first video stream is. Its size is as ffmpeg will deliver it: a turned recording is turned upright.
 * @param within_ms longest time ffprobe may take
 * @param signal ends it before that
 * @throws KerbError CAMERA_MISSING, CAMERA_PASSWORD, CAMERA_UNREACHABLE, CAMERA_SILENT, CAMERA_UNREADABLE, CAMERA_FFMPEG
 */
export async function probe(
  source: StreamSource,
  within_ms: number,
  onChild?: OnChild,
  signal?: AbortSignal,
): Promise<StreamFacts> {
  await checkSource(source);
  const entries = 'stream=width,height,codec_name,avg_frame_rate,r_frame_rate:stream_side_data=rotation';
  const show = ['-show_entries', entries, '-of', 'json'];
  const child = new Child('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...show, ...inputArgs(source)], onChild);
  const began = performance.now();
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
    if (late) throw refused(source, 'CAMERA_UNREACHABLE', `did not answer within ${Math.round(within_ms / 1000)} s`);
    if (end.how !== 'exit' || end.status !== 0) {
      const complaint = child.complaint || `ffprobe ${endWords(end)}`;
      // ffprobe calls it invalid data when nothing came at all
      const isMute = source.kind === 'rtsp' && performance.now() - began >= RTSP_TIMEOUT_US / 1000;
      const meaning = meaningOf(complaint);
      throw refused(source, isMute && meaning === 'CAMERA_UNREADABLE' ? 'CAMERA_SILENT' : meaning, complaint);
    }
    return factsOf(answer, source);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    await child.kill();
  }
}

function factsOf(answer: string, source: StreamSource): StreamFacts {
  const stream = firstStream(answer);
  if (!stream) throw unreadable(source, 'holds no video');
  const { width, height, turned, codec, rate } = stream;
  const fits = (side: number) => Number.isInteger(side) && side >= MIN_SIDE && side <= MAX_SIDE;
  if (!fits(width) || !fits(height)) throw unreadable(source, sizeWords(width, height));
  return turned ? { width: height, height: width, codec, rate } : { width, height, codec, rate };
}

/** What is said of a picture that is too small or too large to be taken. */
export function sizeWords(width: number, height: number): string {
  return `has a picture of ${width}x${height}, not of ${MIN_SIDE} to ${MAX_SIDE} pixels a side`;
}

interface Described {
  width?: unknown;
  height?: unknown;
  codec_name?: unknown;
  avg_frame_rate?: unknown;
  r_frame_rate?: unknown;
  side_data_list?: { rotation?: unknown }[];
}

function firstStream(answer: string): (StreamFacts & { turned: boolean }) | null {
  let parsed: { streams?: Described[] };
  try {
    parsed = JSON.parse(answer);
  } catch {
    return null;
  }
  const stream = parsed.streams?.[0];
  if (!stream) return null;
  const rotation = Number(stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0);
  return {
    width: Number(stream.width),
    height: Number(stream.height),
    codec: String(stream.codec_name ?? '').slice(0, 20),
    rate: rateOf(stream.avg_frame_rate) ?? rateOf(stream.r_frame_rate),
    turned: Math.abs(rotation % 180) === 90,
  };
}

/** "25/1" -> 25; a rate that no camera has (a container without one says 90000/1) is none. */
function rateOf(text: unknown): number | null {
  const [over, under] = String(text).split('/').map(Number);
  const rate = (over ?? 0) / (under ?? 1);
  return rate > 0 && rate <= 240 ? rate : null;
}

/** ffmpeg's and Node's words for what went wrong -> which of our losses that is. */
export function meaningOf(complaint: string): CameraLoss['code'] {
  if (/\b(401|403)\b|unauthorized|forbidden/i.test(complaint)) return 'CAMERA_PASSWORD';
  const away =
    /refused|unreachable|no route|timed? ?out|not known|ENOTFOUND|EAI_AGAIN|ECONN|EHOST|ENET|reset by peer|other side closed|socket hang up/i;
  return away.test(complaint) ? 'CAMERA_UNREACHABLE' : 'CAMERA_UNREADABLE';
}

const WORDS: Partial<Record<CameraLoss['code'], [what: string, remedy: string]>> = {
  CAMERA_PASSWORD: ['refuses the name or the password', "put the camera's name and password into its address"],
  CAMERA_SILENT: ['takes the connection and answers nothing', 'restart the camera'],
  CAMERA_UNREACHABLE: ['cannot be reached', 'look at its power, its cable and its address'],
};

/** The error for a source that was asked and did not give pictures. @param complaint the words of who asked */
export function refused(source: Source, code: CameraLoss['code'], complaint: string): KerbError {
  const words = WORDS[code];
  if (!words) return unreadable(source, `cannot be read (${complaint})`);
  return new KerbError(code, `${words[0]} (${complaint})`, source.shown, words[1]);
}

/** The error for a source that is there but gives no pictures. */
export function unreadable(source: Source, what: string): KerbError {
  const remedy = source.kind === 'file' ? 'give a video that ffmpeg can play' : 'check the address and the camera';
  return new KerbError('CAMERA_UNREADABLE', what, source.shown, remedy);
}
