// agent/main: joins one camera's driver to its path of judgement, and says how it is doing.
import type { SourceSettings } from '../../drivers/camera/ffmpeg.ts';
import type { Looker } from '../../models/types.ts';
import {
  CameraPath,
  type FrameReport,
  LargerFrames,
  type LivePicture,
  type LookShare,
  type Sighting,
} from '../camera/index.ts';
import type { Camera, Site } from '../config/site.ts';
import type { CameraState } from '../console/api.ts';
import type { Clock } from '../health/clock.ts';
import { CameraStream } from './camera-stream.ts';
import { EyeMemory } from './eye-memory.ts';

export interface RunningCameraOptions {
  readonly device: string;
  readonly site: Site;
  readonly camera: Camera;
  readonly source: string;
  readonly loop: boolean;
  readonly looker: Looker;
  /** of that looker, among all cameras of the box */
  readonly share: LookShare;
  readonly clock: Clock;
  readonly onReport: (report: FrameReport) => void;
  readonly onSighting: (sighting: Sighting) => void;
  readonly onChange: () => void;
  readonly onFault: (error: unknown) => void;
  readonly onChild: (pid: number, started: boolean) => void;
  /** where it keeps what it knows of parked things through a restart */
  readonly memory: string;
}

/** A frame's time never goes back, and follows the wall clock again once that was set right. */
function steady(clock: Clock): () => number {
  const LARGEST_DRIFT_MS = 2000;
  let base = clock.wall() - clock.mono();
  return () => {
    const offset = clock.wall() - clock.mono();
    if (Math.abs(offset - base) > LARGEST_DRIFT_MS) base = offset;
    return Math.round(base + clock.mono());
  };
}

function sourceSettings({ transport, decode }: Camera): SourceSettings {
  const { hwaccel, hwaccel_device, decoder } = decode;
  return {
    transport,
    ...(hwaccel === undefined ? {} : { hwaccel }),
    ...(hwaccel_device === undefined ? {} : { hwaccel_device }),
    ...(decoder === undefined ? {} : { decoder }),
  };
}

/** Frames that are converted for each look that is wished, at most. */
const FRAMES_A_LOOK = 3;

/** A camera that runs until it is closed. It heals by itself; a wrong source is shown as lost. */
export class RunningCamera {
  readonly path: CameraPath;
  readonly id: string;
  #options: RunningCameraOptions;
  readonly #time: () => number;
  readonly #memory: EyeMemory;
  readonly #stream: CameraStream;
  /** its larger stream, where it has one */
  readonly #main: CameraStream | null;

  constructor(options: RunningCameraOptions) {
    const { device, site, camera, looker, onReport, onSighting, onFault } = options;
    this.#options = options;
    this.id = camera.id;
    this.#time = steady(options.clock);
    const larger = new LargerFrames();
    this.path = new CameraPath({
      device,
      site: site.id,
      camera,
      profile: site.profile,
      timeZone: site.time_zone,
      looker,
      share: options.share,
      larger,
      onReport,
      onSighting,
      onFault,
      onFree: (frame) => this.#stream.giveBack(frame),
    });
    this.#memory = new EyeMemory(options.memory, this.path, onFault);
    const common = {
      settings: sourceSettings(camera),
      clock: this.#time,
      onChange: options.onChange,
      onFault,
      onChild: options.onChild,
    };
    this.#stream = new CameraStream({
      ...common,
      source: options.source,
      loop: options.loop,
      // More than it looks at, so that a worker that becomes free finds a new one; not all that a fast camera sends.
      maxRate: FRAMES_A_LOOK * camera.looks_per_s,
      onFrame: (frame) => this.path.offer(frame),
    });
    // One frame a second is enough: what is proven stands for longer.
    this.#main =
      camera.main === undefined
        ? null
        : new CameraStream({
            ...common,
            source: camera.main,
            loop: options.loop,
            maxRate: 1,
            onFrame: (frame) => {
              larger.add(frame);
              return true;
            },
          });
  }

  /** Other zones and rules of this site; the source stays the box's own. */
  adopt(site: Site): void {
    const camera = site.cameras.find(({ id }) => id === this.id);
    if (!camera) return;
    const { looks_per_s } = this.#options.camera;
    this.#options = { ...this.#options, site, camera };
    if (camera.looks_per_s !== looks_per_s) this.#stream.setMaxRate(FRAMES_A_LOOK * camera.looks_per_s);
    this.path.adopt(camera, site.profile, site.time_zone);
    this.#options.onChange();
  }

  /** The newest looked-at frame as a masked picture; null while the camera gives none. */
  async snapshot(): Promise<LivePicture | null> {
    return this.#stream.state.state === 'live' ? this.path.jpeg(null) : null;
  }

  state(): CameraState {
    const { camera, site } = this.#options;
    const stats = this.path.stats(this.#time());
    const limit = (kind: string) =>
      Math.min(...site.profile.rules.filter((r) => r.zones.includes(kind)).map((r) => r.dwell_s.value));
    return {
      id: camera.id,
      name: camera.name,
      ...this.#stream.state,
      ...(this.#main ? { main: this.#main.state } : {}),
      ...(this.#stream.change ? { change: this.#stream.change } : {}),
      picture: camera.picture,
      looks_per_s: stats.looks_per_s,
      frames_per_s: stats.frames_per_s,
      look_ms: stats.look_ms,
      skipped: stats.skipped,
      gated_per_s: stats.gated_per_s,
      moving: stats.moving,
      crops_per_s: stats.crops_per_s,
      crops: camera.crops,
      zones: camera.zones.map(({ id, name, kind, polygon }) => ({
        id,
        name,
        kind,
        polygon: polygon.map(([x, y]): [number, number] => [x, y]),
        limit_s: Number.isFinite(limit(kind)) ? limit(kind) : 0,
      })),
      lines: camera.lines.map(({ id, name, from, to }) => ({ id, name, from, to })),
      counts: [...stats.counts],
      latest: stats.latest,
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#stream.close(), this.#main?.close()]);
    await this.path.close();
    await this.#memory.close();
  }
}
