// drivers/camera: the face of this room. A video file or an RTSP stream behind ffmpeg, as a recording or live.
import { LiveCamera, type LiveOptions } from './live.ts';
import { parseSource } from './source.ts';
import type { CameraListener } from './types.ts';

export type { OnChild } from './child.ts';
export type { LiveCamera, LiveOptions } from './live.ts';
export { openRecording, type Recording, type RecordingOptions } from './recording.ts';
export { withoutSecrets } from './source.ts';

/**
 * Starts a live camera: a file at its own speed, or an RTSP stream over TCP. What fails later is told to the listener.
 * @throws KerbError CAMERA_SOURCE when the text names no source at all
 */
export function openLive(source: string, listener: CameraListener, options: LiveOptions): LiveCamera {
  return new LiveCamera(parseSource(source), listener, options);
}
