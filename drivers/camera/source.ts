// drivers/camera: the text that names a source -> a file or an RTSP stream, and how either is given to ffmpeg.
// Out: ffmpeg's input arguments and a name that may be shown. A password never leaves this file except to ffmpeg.
import { stat } from 'node:fs/promises';
import { KerbError } from '../../contract/errors.ts';

export type Source =
  | { readonly kind: 'file'; readonly path: string; readonly shown: string }
  | { readonly kind: 'rtsp'; readonly url: string; readonly shown: string };

/** Socket silence after which ffmpeg itself gives an RTSP stream up, microseconds. */
const RTSP_TIMEOUT_US = 5_000_000;

/**
 * What a source text means: `rtsp://` and `rtsps://` are streams, everything else is a path.
 * Other schemes are refused: ffmpeg would open them.
 * @throws KerbError CAMERA_SOURCE
 */
export function parseSource(text: string): Source {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return { kind: 'file', path: text, shown: text };
  const shown = withoutSecrets(text);
  if ((scheme !== 'rtsp' && scheme !== 'rtsps') || !URL.canParse(text)) {
    throw new KerbError('CAMERA_SOURCE', 'is not a source', shown, 'give a video file or an rtsp:// address');
  }
  return { kind: 'rtsp', url: text, shown };
}

/** Refuses a file that is not there before any process is started. @throws KerbError CAMERA_MISSING */
export async function checkSource(source: Source): Promise<void> {
  if (source.kind !== 'file') return;
  const remedy = 'give the path of a video file';
  const found = await stat(source.path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : `cannot be opened (${cause.code})`;
    throw new KerbError('CAMERA_MISSING', why, source.shown, remedy, { cause });
  });
  if (found.isDirectory()) throw new KerbError('CAMERA_MISSING', 'is a folder', source.shown, remedy);
}

/**
 * ffmpeg's and ffprobe's arguments up to the input itself. Only the protocols that the kind of source needs may be
 * opened, so that a playlist inside a file cannot reach the network or other schemes.
 */
export function inputArgs(source: Source): string[] {
  if (source.kind === 'file') return ['-protocol_whitelist', 'file', '-i', `file:${source.path}`];
  return [
    ...['-protocol_whitelist', 'rtsp,rtsps,rtp,srtp,tcp,udp,tls,crypto'],
    ...['-rtsp_transport', 'tcp', '-timeout', String(RTSP_TIMEOUT_US)],
    ...['-i', source.url],
  ];
}

/** Same pixels whatever the processor: no shortcuts in the conversion to RGB. */
const EXACT = 'bicubic+accurate_rnd+full_chroma_int+bitexact';

/** ffmpeg's arguments after the input: the first video stream as rgb24 pictures of one size on stdout. */
export function outputArgs(size: { width: number; height: number }, ...filters: string[]): string[] {
  const chain = [...filters, `scale=${size.width}:${size.height}:flags=${EXACT}`, 'format=rgb24'];
  return [
    ...['-map', '0:v:0', '-an', '-sn', '-dn', '-vf', chain.join(',')],
    ...['-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1'],
  ];
}

/** The same text without the user part of any address in it: for messages and logs. */
export function withoutSecrets(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^/\s]*@/gi, '$1');
}
