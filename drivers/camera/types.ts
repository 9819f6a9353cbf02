// drivers/camera: what a camera gives, whatever it is behind: RTSP or a file. No meaning is known here.

/** One decoded picture with its own time. Never changed after it was handed out: views and workers share its bytes. */
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

/** Why a camera gives no frames just now. */
export interface CameraLoss {
  readonly code: 'CAMERA_SILENT' | 'CAMERA_ENDED' | 'CAMERA_UNREADABLE' | 'CAMERA_MISSING';
  readonly message: string;
}

/** What a running source tells its owner. */
export interface CameraListener {
  frame(frame: Frame): void;
  /** no frame for longer than the source's patience, or its process ended; it goes on trying by itself */
  lost(loss: CameraLoss): void;
  /** the first frame after a loss, told just before that frame */
  back(): void;
}
