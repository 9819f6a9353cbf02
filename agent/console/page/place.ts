// agent/console page: where things stand on a picture. Pure geometry, in the picture's own pixels.

export type Box = readonly [x: number, y: number, width: number, height: number];

/** The centre of a badge of radius `r` beside a box: above, else right, left, below; always inside the picture. */
export function badgeSpot([x, y, w, h]: Box, r: number, width: number, height: number): [number, number] {
  const gap = r * 1.25;
  const spots: [number, number][] = [
    [x + w / 2, y - gap],
    [x + w + gap, y + h / 2],
    [x - gap, y + h / 2],
    [x + w / 2, y + h + gap],
  ];
  const inside = ([cx, cy]: [number, number]) => cx >= r && cy >= r && cx <= width - r && cy <= height - r;
  const clamp = (value: number, max: number) => Math.min(Math.max(value, r), Math.max(r, max - r));
  const [cx, cy] = spots.find(inside) ?? spots[0]!;
  return [clamp(cx, width), clamp(cy, height)];
}

/** A part of the picture around boxes, of the given aspect, at least a third of the picture wide, inside the picture. */
export function cropAround(boxes: readonly Box[], width: number, height: number, aspect: number): Box {
  const left = Math.min(...boxes.map((box) => box[0]));
  const top = Math.min(...boxes.map((box) => box[1]));
  const right = Math.max(...boxes.map((box) => box[0] + box[2]));
  const bottom = Math.max(...boxes.map((box) => box[1] + box[3]));
  const wanted = Math.max((right - left) * 2.4, (bottom - top) * 2.4 * aspect, width / 3);
  const w = Math.min(wanted, width, height * aspect);
  const h = w / aspect;
  const slide = (middle: number, size: number, max: number) => Math.min(Math.max(middle - size / 2, 0), max - size);
  return [slide((left + right) / 2, w, width), slide((top + bottom) / 2, h, height), w, h];
}

/** Share of the smaller box that both cover, 0..1: whether a find and a track are the same thing. */
export function overlap(a: Box, b: Box): number {
  const w = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (w <= 0 || h <= 0) return 0;
  return (w * h) / Math.max(1e-9, Math.min(a[2] * a[3], b[2] * b[3]));
}

/** The box that a tap at (px, py) means: the smallest that holds it once grown to `reach`, nearest middle first. */
export function hit<T extends { box: Box }>(items: readonly T[], px: number, py: number, reach: number): T | null {
  let best: T | null = null;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const [x, y, w, h] = item.box;
    const dx = Math.abs(px - x - w / 2);
    const dy = Math.abs(py - y - h / 2);
    if (dx > Math.max(w, reach) / 2 || dy > Math.max(h, reach) / 2) continue;
    const score = Math.hypot(dx, dy) + Math.sqrt(w * h) / 4;
    if (score < bestScore) {
      best = item;
      bestScore = score;
    }
  }
  return best;
}

/** SVG path of an arc from twelve o'clock, clockwise, over a share 0..1 of a circle. */
export function arc(cx: number, cy: number, r: number, share: number): string {
  const part = Math.min(Math.max(share, 0), 0.9999);
  const angle = part * 2 * Math.PI;
  const x = cx + r * Math.sin(angle);
  const y = cy - r * Math.cos(angle);
  return `M${cx} ${cy - r}A${r} ${r} 0 ${part > 0.5 ? 1 : 0} 1 ${x} ${y}`;
}
