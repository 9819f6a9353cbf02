// drivers/camera: a video file as a recording: every frame of a constant rate, as fast as the reader takes them.
// In: a path. Out: frames whose time is their place in the recording. Never: a frame dropped, more than a pipe read ahead.
import { Child, endWords, type OnChild, unstarted } from './child.ts';
import { type Probe, probe, unreadable } from './probe.ts';
import { Slicer } from './slicer.ts';
import { inputArgs, outputArgs, parseSource, type Source } from './source.ts';
import type { Frame } from './types.ts';

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
 * Opens a video file as a recording. Frame n has the time start + n x 1000 / rate, rounded to a millisecond;
 * ffmpeg's `fps` filter repeats or leaves out frames of the file to keep that rate.
 * @throws KerbError CAMERA_MISSING, CAMERA_UNREADABLE, CAMERA_FFMPEG, CAMERA_SOURCE
 */
export async function openRecording(file: string, options: RecordingOptions): Promise<Recording> {
  const source = parseSource(file);
  if (source.kind !== 'file') throw unreadable(source, 'is a live stream, not a recording');
  const size = await probe(source, options.probe_ms ?? 10_000, options.onChild);
  return { ...size, [Symbol.asyncIterator]: () => read(source, size, options) };
}

async function* read(source: Source, { width, height }: Probe, options: RecordingOptions): AsyncGenerator<Frame> {
  const global = ['-hide_banner', '-nostdin', '-loglevel', 'error'];
  const output = outputArgs({ width, height }, `fps=${options.rate}:round=near`);
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
    if (end.how !== 'exit' || end.status !== 0 || seq === 0) {
      const after = seq === 0 ? 'gives no picture' : `breaks off after ${seq} frames`;
      throw unreadable(source, `${after} (${child.complaint || `ffmpeg ${endWords(end)}`})`);
    }
  } finally {
    await child.kill();
  }
}
