// drivers/camera: a video file, or a folder of pictures, as a recording: every frame of a constant rate, as fast as the
// reader takes them. In: a path. Out: frames whose time is their place in the recording. Never: a frame dropped, more
// than a pipe read ahead.
import { Child, endWords, type OnChild, unstarted } from './child.ts';
import { listPictures, readPictureFile } from './folder.ts';
import { probe, unreadable } from './probe.ts';
import { Slicer } from './slicer.ts';
import { checkSource, inputArgs, outputArgs, parseSource, type StillSource, type StreamSource } from './source.ts';
import { decodeStill } from './still.ts';
import type { Frame, StreamFacts } from './types.ts';

export interface RecordingOptions {
  /** frames per second that are wanted, whatever the file's own rate is */
  readonly rate: number;
  /** epoch ms of the recording's first frame; 0 if it has no start */
  readonly start: number;
  /** longest time that opening the file may take; default 10 000 ms */
  readonly probe_ms?: number;
  readonly onChild?: OnChild;
}

/** An opened recording. Reading it again reads it from its start. */
export interface Recording extends AsyncIterable<Frame> {
  readonly width: number;
  readonly height: number;
}

/**
 * Opens a video file, or a folder of pictures (a path that ends in /), as a recording. Frame n has the time
 * start + n x 1000 / rate, rounded to a millisecond; ffmpeg's `fps` filter repeats or leaves out frames of a file to keep
 * that rate, a folder has one picture a frame, in the order of their names, all of one size.
 * @throws KerbError CAMERA_MISSING, CAMERA_UNREADABLE, CAMERA_FFMPEG, CAMERA_SOURCE
 */
export async function openRecording(file: string, options: RecordingOptions): Promise<Recording> {
  const source = parseSource(file);
  if (source.kind === 'folder') return openFolder(source, options);
  if (source.kind !== 'file') throw unreadable(source, 'is a live camera, not a recording');
  const { width, height } = await probe(source, options.probe_ms ?? 10_000, options.onChild);
  return { width, height, [Symbol.asyncIterator]: () => read(source, { width, height }, options) };
}

type Folder = Extract<StillSource, { kind: 'folder' }>;
type Size = Pick<StreamFacts, 'width' | 'height'>;

async function openFolder(source: Folder, options: RecordingOptions): Promise<Recording> {
  await checkSource(source);
  const names = await listPictures(source);
  if (names.length === 0) throw unreadable(source, 'holds no JPEG or PNG picture');
  const { facts } = await decodeStill(await readPictureFile(source, names[0]!), source, names[0]);
  const { width, height } = facts;
  return { width, height, [Symbol.asyncIterator]: () => readFolder(source, names, { width, height }, options) };
}

async function* readFolder(
  source: Folder,
  names: readonly string[],
  { width, height }: Size,
  { start, rate }: RecordingOptions,
): AsyncGenerator<Frame> {
  for (const [seq, name] of names.entries()) {
    const { facts, rgb } = await decodeStill(await readPictureFile(source, name), source, name);
    if (facts.width !== width || facts.height !== height) {
      throw unreadable(
        source,
        `${name} has ${facts.width}x${facts.height} pixels, the first picture ${width}x${height}`,
      );
    }
    yield { seq, time: start + Math.round((seq * 1000) / rate), width, height, rgb };
  }
}

async function* read(source: StreamSource, { width, height }: Size, options: RecordingOptions): AsyncGenerator<Frame> {
  const global = ['-hide_banner', '-nostdin', '-loglevel', 'error'];
  const output = outputArgs({ width, height }, [`fps=${options.rate}:round=near`]);
  const child = new Child('ffmpeg', [...global, ...inputArgs(source), ...output], options.onChild);
  try {
    const slicer = new Slicer(width, height);
    let seq = 0;
    for await (const chunk of child.stdout) {
      for (const rgb of slicer.push(chunk)) {
        yield { seq, time: options.start + Math.round((seq * 1000) / options.rate), width, height, rgb };
        seq += 1;
      }
    }
    const end = await child.ended;
    const missing = unstarted(end, 'ffmpeg');
    if (missing) throw missing;
    if (seq === 0 && end.how === 'exit' && end.status === 0 && child.complaint === '') {
      throw unreadable(source, `is too short for a picture at ${options.rate} a second`);
    }
    if (end.how !== 'exit' || end.status !== 0 || seq === 0) {
      const after = seq === 0 ? 'gives no picture' : `breaks off after ${seq} frames`;
      throw unreadable(source, `${after} (${child.complaint || `ffmpeg ${endWords(end)}`})`);
    }
  } finally {
    await child.kill();
  }
}
