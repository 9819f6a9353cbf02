// agent/main/drive: a way through streets as straight lines and arcs. In: corner points in metres. Out: place and heading
// at any distance along it, exactly. Pure.

/** Metres east and north of the drive's origin. */
export interface Place {
  readonly x: number;
  readonly y: number;
  /** degrees from north, clockwise */
  readonly heading: number;
}

interface Piece {
  readonly from: number;
  readonly length: number;
  readonly x: number;
  readonly y: number;
  /** radians from north, clockwise */
  readonly heading: number;
  /** 1/m, positive to the right; 0: straight */
  readonly curvature: number;
}

/** A corner to drive through. */
export interface Corner {
  readonly x: number;
  readonly y: number;
  /** radius of the turn, m */
  readonly radius: number;
}

export class ClosedPath {
  readonly pieces: readonly Piece[];
  readonly length: number;
  /** distance along the path at the middle of each corner's turn, in the order of the corners */
  readonly corners: readonly number[];

  /** Joins the corners by straight lines, the last with the first, and rounds each. */
  constructor(corners: readonly Corner[]) {
    const pieces: Piece[] = [];
    const middles: number[] = [];
    const n = corners.length;
    const turns = corners.map((corner, i) => turnAt(corners[(i + n - 1) % n]!, corner, corners[(i + 1) % n]!));
    let at = 0;
    const add = (length: number, x: number, y: number, heading: number, curvature: number) => {
      pieces.push({ from: at, length, x, y, heading, curvature });
      at += length;
    };
    turns.forEach((turn, i) => {
      const next = turns[(i + 1) % n]!;
      add(turn.length, turn.inX, turn.inY, turn.inHeading, turn.curvature);
      middles.push(at - turn.length / 2);
      add(Math.hypot(next.inX - turn.outX, next.inY - turn.outY), turn.outX, turn.outY, turn.outHeading, 0);
    });
    this.pieces = pieces;
    this.corners = middles;
    this.length = at;
  }

  /** Place and heading at this distance along the path; it closes on itself. */
  at(distance: number): Place {
    const s = ((distance % this.length) + this.length) % this.length;
    const piece = this.#piece(s);
    const d = s - piece.from;
    const { x, y, heading, curvature } = piece;
    if (curvature === 0) {
      return { x: x + d * Math.sin(heading), y: y + d * Math.cos(heading), heading: degrees(heading) };
    }
    const now = heading + d * curvature;
    return {
      x: x + (Math.cos(heading) - Math.cos(now)) / curvature,
      y: y + (Math.sin(now) - Math.sin(heading)) / curvature,
      heading: degrees(now),
    };
  }

  #piece(s: number): Piece {
    let low = 0;
    let high = this.pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.pieces[middle]!.from <= s) low = middle;
      else high = middle - 1;
    }
    return this.pieces[low]!;
  }
}

function turnAt(before: Corner, corner: Corner, after: Corner) {
  const inHeading = Math.atan2(corner.x - before.x, corner.y - before.y);
  const outHeading = Math.atan2(after.x - corner.x, after.y - corner.y);
  let angle = outHeading - inHeading;
  if (angle > Math.PI) angle -= 2 * Math.PI;
  if (angle <= -Math.PI) angle += 2 * Math.PI;
  const tangent = corner.radius * Math.tan(Math.abs(angle) / 2);
  return {
    inX: corner.x - tangent * Math.sin(inHeading),
    inY: corner.y - tangent * Math.cos(inHeading),
    outX: corner.x + tangent * Math.sin(outHeading),
    outY: corner.y + tangent * Math.cos(outHeading),
    inHeading,
    outHeading,
    length: corner.radius * Math.abs(angle),
    curvature: Math.sign(angle) / corner.radius,
  };
}

function degrees(radians: number): number {
  return ((((radians * 180) / Math.PI) % 360) + 360) % 360;
}
