// drivers/camera: what a camera gives, whatever it is behind: RTSP, USB, snapshots or a file. No meaning is known here.

/** One decoded picture with its own time. Not changed until it is given back: views and workers share its bytes. */
export interface Frame {
  /** counts from 0 within one life of its source */
  readonly seq: number;
  /** when it was taken: epoch ms (a recording: its start plus the position in it) */
  readonly time: number;
  readonly width: number;
  readonly height: number;
  /** width x height x 3 bytes, RGB, over a SharedArrayBuffer so that workers read it without a copy */
  readonly rgb: Uint8Array<SharedArrayBuffer>;
}

/**
 * Why a camera gives no frames just now. SILENT: open, and sends nothing. STUCK: sends, and the time of its pictures
 * stands still. FAST: sends far more pictures than it says it does. CHANGED: another size in the middle of the stream.
 * PASSWORD: refuses name or password. UNREACHABLE: no way to it. UNREADABLE: what comes is no picture.
 */
export const LOSS_CODES = [
  'CAMERA_SILENT',
  'CAMERA_STUCK',
  'CAMERA_FAST',
  'CAMERA_CHANGED',
  'CAMERA_ENDED',
  'CAMERA_PASSWORD',
  'CAMERA_UNREACHABLE',
  'CAMERA_UNREADABLE',
  'CAMERA_MISSING',
] as const;

/** Why a camera gives no frames just now. */
export interface CameraLoss {
  readonly code: (typeof LOSS_CODES)[number];
  readonly message: string;
}

/** What a source said of its pictures when it was opened. */
export interface StreamFacts {
  /** pixels, as they are delivered */
  readonly width: number;
  readonly height: number;
  /** ffmpeg's name: h264, hevc, mjpeg; "jpeg" or "png" for single pictures */
  readonly codec: string;
  /** pictures per second that it says it sends; null where it does not say */
  readonly rate: number | null;
}

/** What a running source tells its owner. */
export interface CameraListener {
  /** @returns false where it did not keep the frame: its bytes are then used again for a later one */
  frame(frame: Frame): boolean | undefined;
  /**
   * no frame for longer than the source's patience, or its process ended; it goes on trying by itself. Told again where a
   * later try fails for another reason
   */
  lost(loss: CameraLoss): void;
  /** the first frame after a loss, told just before that frame; `change`: it is no longer the stream it was, in words */
  back(change: string | null): void;
}

/** A running camera. It starts at once, heals by itself and goes on until closed. */
export interface LiveSource {
  /** the process that reads just now; null between two, and where there is none */
  readonly pid: number | null;
  /** how often it was opened again */
  readonly restarts: number;
  /** of the last opening that succeeded */
  readonly facts: StreamFacts | null;
  /** Nobody reads this frame any more: a later one may take its place in memory. */
  giveBack(frame: Frame): void;
  /** So many frames a second at most from now on. A stream is opened anew for it, which is no loss and is not told. */
  setMaxRate(rate: number): void;
  /** Ends it; nothing is told after that. */
  close(): Promise<void>;
}
