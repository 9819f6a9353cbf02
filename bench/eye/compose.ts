// bench/eye: one picture of a composed scene. In: the empty street, cut-outs with their places, a light. Out: a picture as
// a camera would give it, with the noise of its sensor. The same chance gives the same picture.
import type { Picture } from '../../models/types.ts';
import type { Cutout } from './cutouts.ts';
import type { Random } from './random.ts';

export const LIGHTS = ['day', 'dusk', 'night', 'rain', 'shadows', 'headlights'] as const;
export type Light = (typeof LIGHTS)[number];

/** A cut-out put somewhere: where it stands, and how tall it is there, pixels. */
export interface Placed {
  readonly cutout: Cutout;
  readonly foot: readonly [x: number, y: number];
  readonly height: number;
  readonly mirrored: boolean;
}

/** What becomes of brightness 0..1, and how much the sensor trembles (standard deviation, of 255). */
const LOOKS: Readonly<Record<Light, { gain: number; gamma: number; warm: number; noise: number }>> = {
  day: { gain: 1, gamma: 1, warm: 1, noise: 2.5 },
  dusk: { gain: 0.6, gamma: 1.15, warm: 0.92, noise: 5 },
  night: { gain: 0.36, gamma: 1.35, warm: 1.1, noise: 8 },
  rain: { gain: 0.8, gamma: 1.05, warm: 0.96, noise: 4 },
  shadows: { gain: 1.02, gamma: 1, warm: 1.03, noise: 2.5 },
  headlights: { gain: 0.45, gamma: 1.25, warm: 1, noise: 7 },
};
/** Streaks of rain in a picture. */
const STREAKS = 350;
/** Normal numbers drawn once and read from a random place on: noise for a whole picture at the price of a copy. */
const NOISES = 1 << 16;

export class Composer {
  readonly #street: Picture;
  readonly #light: Light;
  readonly #random: Random;
  readonly #noise: Float32Array;
  readonly #table: Uint8Array;

  constructor(street: Picture, light: Light, random: Random) {
    this.#street = street;
    this.#light = light;
    this.#random = random;
    this.#noise = Float32Array.from({ length: NOISES }, () => random.normal());
    const { gain, gamma, warm } = LOOKS[light];
    this.#table = new Uint8Array(768);
    for (let i = 0; i < 768; i++) {
      const tint = i < 256 ? warm : i < 512 ? 1 : 1 / warm;
      this.#table[i] = Math.min(255, 255 * gain * tint * ((i & 255) / 255) ** gamma);
    }
  }

  /** @param t seconds since the scene began */
  picture(placed: readonly Placed[], t: number): Picture & { readonly rgb: Uint8Array<SharedArrayBuffer> } {
    const { width, height } = this.#street;
    const rgb = new Uint8Array(new SharedArrayBuffer(width * height * 3));
    rgb.set(this.#street.rgb);
    const picture = { width, height, rgb };
    // what stands further down in the picture is nearer, and in front
    for (const one of placed.toSorted((a, b) => a.foot[1] - b.foot[1])) paste(picture, one);
    if (this.#light === 'shadows') cast(picture, t);
    for (let i = 0, channel = 0; i < rgb.length; i++) {
      rgb[i] = this.#table[channel + rgb[i]!]!;
      channel = channel === 512 ? 0 : channel + 256;
    }
    if (this.#light === 'headlights') shine(picture, t);
    if (this.#light === 'night') glow(picture, [430, 32], 150, 90);
    if (this.#light === 'rain') this.#rain(picture);
    this.#tremble(rgb);
    return picture;
  }

  #rain({ width, height, rgb }: Picture): void {
    for (let n = 0; n < STREAKS; n++) {
      const [x, y] = [this.#random.below(width), this.#random.below(height)];
      const length = 8 + this.#random.below(14);
      for (let i = 0; i < length; i++) {
        const [px, py] = [x - (i >> 2), y + i];
        if (px < 0 || py >= height) break;
        const at = (py * width + px) * 3;
        for (let c = 0; c < 3; c++) rgb[at + c] = rgb[at + c]! + (215 - rgb[at + c]!) * 0.35;
      }
    }
  }

  #tremble(rgb: Uint8Array): void {
    const { noise } = LOOKS[this.#light];
    let at = this.#random.below(NOISES);
    for (let i = 0; i < rgb.length; i++) {
      if ((i & 4095) === 0) at = this.#random.below(NOISES);
      const value = rgb[i]! + noise * this.#noise[at++ & (NOISES - 1)]!;
      rgb[i] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
}

/** Puts a cut-out into a picture, enlarged or reduced; between pixels, bilinear. */
function paste({ width, height, rgb }: Picture, { cutout, foot: [fx, fy], height: tall, mirrored }: Placed): void {
  const scale = tall / cutout.height;
  const wide = cutout.width * scale;
  const [left, top] = [fx - wide / 2, fy - tall];
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, Math.ceil(fy)); y++) {
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, Math.ceil(left + wide)); x++) {
      const across = (x + 0.5 - left) / scale;
      const u = Math.min(cutout.width - 1.001, Math.max(0, (mirrored ? cutout.width - across : across) - 0.5));
      const v = Math.min(cutout.height - 1.001, Math.max(0, (y + 0.5 - top) / scale - 0.5));
      const [cx, cy] = [Math.floor(u), Math.floor(v)];
      const corner = cy * cutout.width + cx;
      const [du, dv] = [u - cx, v - cy];
      const mix = (values: ArrayLike<number>, step: number, at: number) =>
        (values[at]! * (1 - du) + values[at + step]! * du) * (1 - dv) +
        (values[at + step * cutout.width]! * (1 - du) + values[at + step * (cutout.width + 1)]! * du) * dv;
      const alpha = mix(cutout.alpha, 1, corner);
      if (alpha < 0.02) continue;
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = rgb[at + c]! * (1 - alpha) + mix(cutout.rgb, 3, corner * 3 + c) * alpha;
    }
  }
}

/** Shadows of clouds or of a house: dark bands that wander over the street. */
function cast({ width, height, rgb }: Picture, t: number): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const along = Math.sin((x + 0.6 * y - 28 * t) / 75);
      if (along < 0.25) continue;
      const dark = 1 - 0.5 * Math.min(1, (along - 0.25) * 8);
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = rgb[at + c]! * dark;
    }
  }
}

/** A pair of headlights that sweeps over the street every six seconds. */
function shine(picture: Picture, t: number): void {
  const part = (t % 6) / 3;
  if (part > 1) return;
  const [x, y] = [760 - 620 * part, 150 + 130 * part];
  glow(picture, [x - 14, y], 55, 235);
  glow(picture, [x + 14, y], 55, 235);
  glow(picture, [x - 90, y + 30], 130, 70);
}

function glow(
  { width, height, rgb }: Picture,
  [cx, cy]: readonly [number, number],
  radius: number,
  most: number,
): void {
  for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(height, cy + radius); y++) {
    for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(width, cx + radius); x++) {
      const near = 1 - Math.hypot(x - cx, y - cy) / radius;
      if (near <= 0) continue;
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) rgb[at + c] = Math.min(255, rgb[at + c]! + most * near * near * (c === 2 ? 0.8 : 1));
    }
  }
}
