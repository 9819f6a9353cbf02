// models: making a region of a picture unrecognisable. Pixels and regions come in; the given pixels are changed.
// Integer arithmetic only, so the same pixels give the same bytes everywhere. A frame that others share must be
// copied first (`copyPicture`): nothing here may ever touch pixels that somebody else still looks at.
import type { Picture } from './types.ts';

/** A rectangle of whole pixels inside a picture. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The same picture over bytes of its own. */
export function copyPicture(picture: Picture): Picture & { readonly rgb: Uint8Array<ArrayBuffer> } {
  return { width: picture.width, height: picture.height, rgb: new Uint8Array(picture.rgb) };
}

/**
 * A find's box, grown by `margin` of its width and height on each side, cut to the picture, in whole pixels
 * (outwards, so that nothing of the box stays out).
 * @param box x, y, width, height in pixels, may lie partly outside
 * @param margin share of the box's size, 0.1 = a tenth on each side
 * @returns null where nothing of it lies in the picture
 */
export function regionOf(
  box: readonly [number, number, number, number],
  margin: number,
  picture: { readonly width: number; readonly height: number },
): Region | null {
  const [x, y, width, height] = box;
  if (![x, y, width, height].every(Number.isFinite)) return null;
  const left = Math.max(0, Math.floor(x - width * margin));
  const top = Math.max(0, Math.floor(y - height * margin));
  const right = Math.min(picture.width, Math.ceil(x + width * (1 + margin)));
  const bottom = Math.min(picture.height, Math.ceil(y + height * (1 + margin)));
  return right > left && bottom > top ? { x: left, y: top, width: right - left, height: bottom - top } : null;
}

/**
 * Replaces each block of a region by its mean colour, in place.
 * @param block edge of a block in pixels, at least 1; as large as the region: one colour for all of it
 */
export function pixelate(picture: Picture, region: Region, block: number): void {
  const edge = Math.max(1, Math.floor(block));
  for (let y = region.y; y < region.y + region.height; y += edge) {
    for (let x = region.x; x < region.x + region.width; x += edge) {
      const width = Math.min(edge, region.x + region.width - x);
      const height = Math.min(edge, region.y + region.height - y);
      fill(picture, { x, y, width, height }, mean(picture, { x, y, width, height }));
    }
  }
}

/** Block edge that leaves `across` blocks on the shorter side of a region: the person's size decides, not the picture's. */
export function blockFor(region: Region, across: number): number {
  return Math.max(1, Math.ceil(Math.min(region.width, region.height) / across));
}

/**
 * Replaces a region by a smooth blend of the pixels just around it, in place: no edge and no silhouette is left.
 * Each pixel is the mean of its row's blend (left to right edge) and its column's (top to bottom edge), each weighed
 * by the nearness of the edges it comes from. An edge that is the picture's own border has no pixels and no weight.
 */
export function dissolve(picture: Picture, region: Region): void {
  const { x: x0, y: y0, width: w, height: h } = region;
  const left = x0 > 0 ? smoothLine(picture, x0 - 1, y0, 0, 1, h) : null;
  const right = x0 + w < picture.width ? smoothLine(picture, x0 + w, y0, 0, 1, h) : null;
  const top = y0 > 0 ? smoothLine(picture, x0, y0 - 1, 1, 0, w) : null;
  const bottom = y0 + h < picture.height ? smoothLine(picture, x0, y0 + h, 1, 0, w) : null;
  if (!left && !right && !top && !bottom) {
    pixelate(picture, region, Math.max(w, h));
    return;
  }
  const scale = w * h * 16;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const to = ((y0 + y) * picture.width + x0 + x) * 3;
      const weights = [
        left ? Math.floor(scale / (x + 1)) : 0,
        right ? Math.floor(scale / (w - x)) : 0,
        top ? Math.floor(scale / (y + 1)) : 0,
        bottom ? Math.floor(scale / (h - y)) : 0,
      ] as const;
      const sum = weights[0] + weights[1] + weights[2] + weights[3];
      for (let c = 0; c < 3; c++) {
        const value =
          weights[0] * (left?.[y * 3 + c] ?? 0) +
          weights[1] * (right?.[y * 3 + c] ?? 0) +
          weights[2] * (top?.[x * 3 + c] ?? 0) +
          weights[3] * (bottom?.[x * 3 + c] ?? 0);
        picture.rgb[to + c] = Math.floor((value + Math.floor(sum / 2)) / sum);
      }
    }
  }
}

/** A line of pixels, averaged over a quarter of its length: colours without detail. */
function smoothLine(picture: Picture, x: number, y: number, dx: number, dy: number, length: number): Uint8Array {
  const line = new Uint8Array(length * 3);
  const reach = Math.max(1, Math.floor(length / 8));
  for (let i = 0; i < length; i++) {
    const from = Math.max(0, i - reach);
    const to = Math.min(length - 1, i + reach);
    for (let c = 0; c < 3; c++) {
      let sum = 0;
      for (let k = from; k <= to; k++) sum += picture.rgb[((y + k * dy) * picture.width + x + k * dx) * 3 + c] ?? 0;
      line[i * 3 + c] = Math.floor(sum / (to - from + 1));
    }
  }
  return line;
}

function mean(picture: Picture, region: Region): readonly [number, number, number] {
  let r = 0;
  let g = 0;
  let b = 0;
  for (let y = region.y; y < region.y + region.height; y++) {
    let at = (y * picture.width + region.x) * 3;
    for (let x = 0; x < region.width; x++, at += 3) {
      r += picture.rgb[at]!;
      g += picture.rgb[at + 1]!;
      b += picture.rgb[at + 2]!;
    }
  }
  const n = region.width * region.height;
  return [Math.floor(r / n), Math.floor(g / n), Math.floor(b / n)];
}

function fill(picture: Picture, region: Region, [r, g, b]: readonly [number, number, number]): void {
  for (let y = region.y; y < region.y + region.height; y++) {
    let at = (y * picture.width + region.x) * 3;
    for (let x = 0; x < region.width; x++, at += 3) {
      picture.rgb[at] = r;
      picture.rgb[at + 1] = g;
      picture.rgb[at + 2] = b;
    }
  }
}

/** Blocks across a person that make it unrecognisable on a live picture. */
const LIVE_BLOCKS = 3;

/**
 * A copy of a picture in which every given box is pixelated: for live pictures, where the finds of the look at hand
 * must do. Evidence has a stricter way of its own.
 * @param boxes the finds to hide, in pixels of the picture
 */
export function pixelated(picture: Picture, boxes: readonly (readonly [number, number, number, number])[]): Picture {
  const copy = copyPicture(picture);
  for (const box of boxes) {
    const region = regionOf(box, 0.1, picture);
    if (region) pixelate(copy, region, blockFor(region, LIVE_BLOCKS));
  }
  return copy;
}
