// agent/camera: does an object stand, judged by where it was lately? Pure: places with times in, a velocity out.
// A straight line is fitted through the last places (least squares), which keeps the jitter of single finds out.
import { centre } from './geometry.ts';
import type { Box } from './types.ts';

interface Place {
  readonly time: number;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** Places that count, and their age. */
const PLACES = 8;
const WINDOW_MS = 2000;
/** Slower than this share of its own size in a second is standing: a box's jitter looks like that. */
const STANDING = 0.08;

export class Motion {
  #places: Place[] = [];

  /** Notes a find. */
  add(time: number, box: Box): void {
    const [x, y] = centre(box);
    const place = { time, x, y, size: Math.sqrt(box[2] * box[3]) };
    this.#places = [...this.#places.filter((old) => time - old.time <= WINDOW_MS && old.time < time), place].slice(
      -PLACES,
    );
  }

  /** Pixels a second; [0, 0] for what stands. */
  velocity(): readonly [number, number] {
    const n = this.#places.length;
    if (n < 2) return [0, 0];
    const last = this.#places[n - 1]!;
    let [st, sx, sy, stt, stx, sty] = [0, 0, 0, 0, 0, 0];
    for (const place of this.#places) {
      const t = (place.time - last.time) / 1000;
      st += t;
      sx += place.x;
      sy += place.y;
      stt += t * t;
      stx += t * place.x;
      sty += t * place.y;
    }
    const spread = n * stt - st * st;
    if (spread < 1e-6) return [0, 0];
    const vx = (n * stx - st * sx) / spread;
    const vy = (n * sty - st * sy) / spread;
    return Math.hypot(vx, vy) < STANDING * last.size ? [0, 0] : [vx, vy];
  }
}
