// drivers/camera: the face of this room. Whatever a camera is, live; a video file or a folder of pictures as a recording.
import { LiveCamera, type LiveOptions } from './live.ts';
import { LiveStills } from './live-stills.ts';
import { parseSource, type SourceSettings } from './source.ts';
import type { CameraListener, LiveSource } from './types.ts';

export type { OnChild } from './child.ts';
export type { LiveOptions } from './live.ts';
export { openRecording, type Recording, type RecordingOptions } from './recording.ts';
export { type SourceSettings, withoutSecrets } from './source.ts';
export type { CameraLoss, LiveSource, StreamFacts } from './types.ts';

/**
 * Starts a live camera: RTSP, USB, a snapshot address, a picture folder, or a file at its own speed. What fails later is
 * told to the listener.
 * @throws KerbError CAMERA_SOURCE when the text names no source at all
 */
export function openLive(
  source: string,
  listener: CameraListener,
  { settings, ...options }: LiveOptions & { readonly settings?: SourceSettings },
): LiveSource {
  const parsed = parseSource(source, settings);
  if (parsed.kind === 'snapshot' || parsed.kind === 'folder') return new LiveStills(parsed, listener, options);
  return new LiveCamera(parsed, listener, options);
}
