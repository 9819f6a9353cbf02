// agent/camera: is a picture so still that it need not be looked at? In: a camera's frames, and which were looked at.
// Out: what moves in each, and whether it may go unlooked. Pure: time is the frame's own.
// Never: a still picture that is not looked at for longer than the camera says.
import type { Frame } from '../../drivers/camera/types.ts';
import type { Camera } from '../config/site.ts';
import { MotionGate, type Movement } from './gate.ts';

/** After the last movement every frame is looked at for so long: what came to rest is seen at rest, ms. */
const SETTLE_MS = 1500;
/** What is not judged does not tell where it moves. */
const UNKNOWN: Movement = { share: 0, regions: [] };

type Settings = Pick<Camera, 'gate' | 'crops' | 'idle_look_s'>;

export class Stillness {
  #camera: Settings;
  /** where nothing is left out and nothing enlarged, nobody asks what moves */
  #gate: MotionGate | null;
  #moved = Number.NEGATIVE_INFINITY;
  #looked = Number.NEGATIVE_INFINITY;
  /** share of the picture that moved when it was last judged, 0..1; null: no look is left out for it */
  moving: number | null = null;

  constructor(camera: Settings) {
    this.#camera = camera;
    this.#gate = asks(camera) ? new MotionGate() : null;
  }

  adopt(camera: Settings): void {
    if (asks(camera) !== asks(this.#camera)) this.#gate = asks(camera) ? new MotionGate() : null;
    this.#camera = camera;
  }

  /** What moves in the next frame. */
  see(frame: Frame): Movement {
    const movement = this.#gate?.look(frame) ?? UNKNOWN;
    this.moving = this.#camera.gate ? movement.share : null;
    if (movement.share > 0) this.#moved = frame.time;
    return movement;
  }

  /** May the frame just seen go unlooked: does nothing move, and was it looked at lately? */
  isStill(time: number): boolean {
    const { gate, idle_look_s } = this.#camera;
    if (!gate) return false;
    if (time < this.#moved) this.#moved = this.#looked = Number.NEGATIVE_INFINITY; // the clock was set back
    return time - this.#moved > SETTLE_MS && time - this.#looked < idle_look_s * 1000;
  }

  /** A frame of this time is looked at. */
  looked(time: number): void {
    this.#looked = time;
  }
}

const asks = ({ gate, crops }: Settings) => gate || crops > 0;
