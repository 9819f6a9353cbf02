// drivers/camera: the text that names a source -> what it is, and how it is given to ffmpeg.
// Out: ffmpeg's input arguments and a name that may be shown. A password never leaves this file except to the camera.
import { stat } from 'node:fs/promises';
import { KerbError } from '../../contract/errors.ts';

/** How an RTSP stream is carried, and which of ffmpeg's hardware decoders reads it. */
export interface SourceSettings {
  /** RTP inside the RTSP connection, or beside it over UDP; default tcp: nothing is lost on the way */
  readonly transport?: 'tcp' | 'udp';
  /** ffmpeg's -hwaccel: vaapi, v4l2m2m, drm ... */
  readonly hwaccel?: string;
  /** ffmpeg's -hwaccel_device */
  readonly hwaccel_device?: string;
  /** ffmpeg's decoder by name, before the input: h264_v4l2m2m, h264_rkmpp ... */
  readonly decoder?: string;
}

interface Named {
  /** may be shown: without name and password */
  readonly shown: string;
  readonly settings: SourceSettings;
}
export type StreamSource =
  | (Named & { readonly kind: 'file'; readonly path: string })
  | (Named & { readonly kind: 'usb'; readonly path: string })
  | (Named & { readonly kind: 'rtsp'; readonly url: string });
export type StillSource =
  | (Named & { readonly kind: 'folder'; readonly path: string })
  | (Named & { readonly kind: 'snapshot'; readonly url: URL; readonly user: string; readonly password: string });
export type Source = StreamSource | StillSource;

/** Socket silence after which ffmpeg itself gives an RTSP stream up, microseconds. */
export const RTSP_TIMEOUT_US = 5_000_000;
const REMEDY = 'give a video file, a picture folder ending in /, /dev/videoN, rtsp://..., or http://... of a snapshot';

/**
 * What a source text means: `rtsp://` and `rtsps://` are streams; `http://` and `https://` addresses of a picture that is
 * asked for again and again; `/dev/videoN` and `usb:PATH` a USB camera (or, where PATH is a file, a recording of one);
 * a path that ends in / a folder of pictures; everything else a video file. Other schemes are refused: ffmpeg would
 * open them.
 * @throws KerbError CAMERA_SOURCE
 */
export function parseSource(text: string, settings: SourceSettings = {}): Source {
  checkSettings(settings);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  const shown = withoutSecrets(text);
  if (scheme === undefined) return local(text, shown, settings);
  if (!/^(rtsps?|https?)$/.test(scheme) || !URL.canParse(text)) {
    throw new KerbError('CAMERA_SOURCE', 'is not a source', shown, REMEDY);
  }
  if (scheme.startsWith('rtsp')) return { kind: 'rtsp', url: text, shown, settings };
  const url = new URL(text);
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = '';
  url.password = '';
  return { kind: 'snapshot', url, user, password, shown, settings };
}

function local(text: string, shown: string, settings: SourceSettings): Source {
  if (text.startsWith('usb:')) return { kind: 'usb', path: text.slice(4), shown, settings };
  if (/^\/dev\/video\d+$/.test(text)) return { kind: 'usb', path: text, shown, settings };
  if (text.endsWith('/')) return { kind: 'folder', path: text, shown, settings };
  return { kind: 'file', path: text, shown, settings };
}

/** A name of ffmpeg's cannot begin another argument or hold one. @throws KerbError CAMERA_SOURCE */
function checkSettings({ hwaccel, hwaccel_device, decoder }: SourceSettings): void {
  for (const value of [hwaccel, decoder]) {
    if (value !== undefined && !/^[a-z0-9][a-z0-9_]{0,31}$/.test(value)) {
      throw new KerbError('CAMERA_SOURCE', "is no name of ffmpeg's", value.slice(0, 60), 'see ffmpeg -hwaccels');
    }
  }
  if (hwaccel_device !== undefined && !/^[A-Za-z0-9/][A-Za-z0-9/_.:-]{0,127}$/.test(hwaccel_device)) {
    throw new KerbError('CAMERA_SOURCE', 'is no device', hwaccel_device.slice(0, 60), 'e.g. /dev/dri/renderD128');
  }
}

/** Refuses a file or folder that is not there before any process is started. @throws KerbError CAMERA_MISSING */
export async function checkSource(source: Source): Promise<void> {
  if (source.kind === 'rtsp' || source.kind === 'snapshot') return;
  const remedy = source.kind === 'usb' ? 'plug the camera in, and look at /dev/video*' : REMEDY;
  const fault = (what: string, cause?: unknown) =>
    new KerbError('CAMERA_MISSING', what, source.shown, remedy, { cause });
  const found = await stat(source.path).catch((cause: NodeJS.ErrnoException) => {
    const what = source.kind === 'folder' ? 'folder' : source.kind === 'usb' ? 'device' : 'file';
    throw fault(cause.code === 'ENOENT' ? `there is no such ${what}` : `cannot be opened (${cause.code})`, cause);
  });
  if (source.kind === 'folder' && !found.isDirectory()) throw fault('is no folder');
  if (source.kind !== 'folder' && found.isDirectory())
    throw fault('is a folder; its pictures are meant by a / at its end');
  if (source.kind === 'file' && found.isFile() && found.size === 0) {
    throw new KerbError('CAMERA_UNREADABLE', 'is empty', source.shown, REMEDY);
  }
}

/**
 * ffmpeg's and ffprobe's arguments up to the input itself. Only the protocols that the kind of source needs may be
 * opened, so that a playlist inside a file cannot reach the network or other schemes.
 */
export function inputArgs(source: StreamSource): string[] {
  if (source.kind === 'file') return ['-protocol_whitelist', 'file', '-i', `file:${source.path}`];
  if (source.kind === 'usb') {
    // A camera's own JPEGs: raw pictures of a larger size do not fit through USB 2. A file is a recording of them.
    if (source.path.startsWith('/dev/')) return ['-f', 'v4l2', '-input_format', 'mjpeg', '-i', source.path];
    return ['-protocol_whitelist', 'file', '-f', 'mjpeg', '-i', `file:${source.path}`];
  }
  return [
    ...['-protocol_whitelist', 'rtsp,rtsps,rtp,srtp,tcp,udp,tls,crypto'],
    ...['-rtsp_transport', source.settings.transport ?? 'tcp', '-timeout', String(RTSP_TIMEOUT_US)],
    // Twenty pictures are not waited for to guess a rate: the first one comes two seconds sooner.
    ...['-fpsprobesize', '0'],
    ...['-i', source.url],
  ];
}

/** What stands before the input for a hardware decoder; ffmpeg falls back to software by itself where it may. */
export function decoderArgs({ settings: { hwaccel, hwaccel_device, decoder } }: StreamSource): string[] {
  return [
    ...(hwaccel === undefined ? [] : ['-hwaccel', hwaccel]),
    ...(hwaccel_device === undefined ? [] : ['-hwaccel_device', hwaccel_device]),
    ...(decoder === undefined ? [] : ['-c:v', decoder]),
  ];
}

/**
 * How colours become RGB. exact: the same pixels whatever the processor, without shortcuts, for recordings; fast: a third
 * of the time, for live pictures.
 */
const CONVERSION = { exact: 'bicubic+accurate_rnd+full_chroma_int+bitexact', fast: 'fast_bilinear' };

/** ffmpeg's arguments after the input: the first video stream as rgb24 pictures of one size on stdout. */
export function outputArgs(
  { width, height }: { width: number; height: number },
  before: string[],
  after: string[] = [],
  conversion: keyof typeof CONVERSION = 'exact',
): string[] {
  const chain = [...before, `scale=${width}:${height}:flags=${CONVERSION[conversion]}`, 'format=rgb24', ...after];
  return [
    ...['-map', '0:v:0', '-an', '-sn', '-dn', '-vf', chain.join(',')],
    ...['-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'],
  ];
}

/** The same text without the user part of any address in it: for messages and logs. */
export function withoutSecrets(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s]*@/gi, '$1');
}
