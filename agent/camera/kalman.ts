// agent/camera: where an object is and how fast it moves, estimated from finds that tremble. In: boxes with times. Out: the
// box to expect at a moment. Pure. Four filters of one coordinate each (middle, width, height), of constant velocity with
// white acceleration noise: Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation", 6.2.2;
// noise in units of the object's size, as in SORT (Bewley et al. 2016).
import type { Box } from './types.ts';

/** A find's coordinates tremble by this share of its size (standard deviation). */
const MEASURED = 0.05;
/** What moves changes its velocity by about so many of its sizes a second, each second. */
const ACCELERATION = 0.6;
/** At first sight a speed of so many sizes a second is no surprise. */
const FIRST_SPEED = 2;
/** An unseen object goes on for about so long; then it is taken to have stopped, seconds. */
const GOES_ON_S = 1;

/** One coordinate: value, velocity, and their covariance. */
class Coordinate {
  #x: number;
  #v = 0;
  #pxx: number;
  #pxv = 0;
  #pvv: number;

  constructor(x: number, size: number) {
    this.#x = x;
    this.#pxx = (MEASURED * size) ** 2;
    this.#pvv = (FIRST_SPEED * size) ** 2;
  }

  /** Moves on by dt seconds, then takes a measurement in. */
  add(dt: number, measured: number, size: number): void {
    const q = (ACCELERATION * size) ** 2;
    this.#x += this.#v * dt;
    this.#pxx += 2 * dt * this.#pxv + dt * dt * this.#pvv + (q * dt ** 4) / 4;
    this.#pxv += dt * this.#pvv + (q * dt ** 3) / 2;
    this.#pvv += q * dt * dt;
    const spread = this.#pxx + (MEASURED * size) ** 2;
    const [kx, kv] = [this.#pxx / spread, this.#pxv / spread];
    const surprise = measured - this.#x;
    this.#x += kx * surprise;
    this.#v += kv * surprise;
    this.#pvv -= kv * this.#pxv;
    this.#pxv -= kx * this.#pxv;
    this.#pxx -= kx * this.#pxx;
  }

  /** As it was estimated with the last measurement. */
  get value(): number {
    return this.#x;
  }

  /** After dt seconds unseen: as fast as before at first, then slower and slower. */
  after(dt: number): number {
    return this.#x + this.#v * GOES_ON_S * (1 - Math.exp(-dt / GOES_ON_S));
  }
}

export class BoxFilter {
  readonly #coordinates: readonly [Coordinate, Coordinate, Coordinate, Coordinate];
  #time: number;

  constructor(time: number, box: Box) {
    const size = sizeOf(box);
    const [x, y, width, height] = middle(box);
    this.#time = time;
    this.#coordinates = [
      new Coordinate(x, size),
      new Coordinate(y, size),
      new Coordinate(width, size),
      new Coordinate(height, size),
    ];
  }

  /** Takes a find. @param time epoch ms, later than the last one's */
  add(time: number, box: Box): void {
    const dt = Math.max(0, time - this.#time) / 1000;
    this.#time = time;
    const size = sizeOf(box);
    for (const [i, value] of middle(box).entries()) this.#coordinates[i]!.add(dt, value, size);
  }

  /**
   * The box to expect: it moves on, and keeps its size. What hides an object shortens its last boxes, and a size that went
   * on shrinking would make a dot of it.
   * @param time epoch ms, not before the last find's
   */
  at(time: number): Box {
    const dt = Math.max(0, time - this.#time) / 1000;
    const [x, y] = [this.#coordinates[0].after(dt), this.#coordinates[1].after(dt)];
    const [width, height] = [Math.max(1, this.#coordinates[2].value), Math.max(1, this.#coordinates[3].value)];
    return [x - width / 2, y - height / 2, width, height];
  }
}

const middle = ([x, y, width, height]: Box): Box => [x + width / 2, y + height / 2, width, height];
/** Side of a square as large as the box; a box without area is a pixel. */
const sizeOf = ([, , width, height]: Box) => Math.sqrt(Math.max(1, width * height));
