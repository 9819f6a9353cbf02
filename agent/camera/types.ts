// agent/camera: the words of this room's face. Frames and finds come in; reports and sightings go out.
// Nothing here reads a clock: time is the frame's own.
import type { KerbEvent } from '../../contract/index.ts';
import type { Frame } from '../../drivers/camera/types.ts';
import type { Detection, LookDepth } from '../../models/types.ts';

export type Box = readonly [x: number, y: number, width: number, height: number];

/** One object followed through time. */
export interface Track {
  readonly id: number;
  /** the class most seen on this track, weighted by score */
  readonly class: string;
  /** score of the last find, 0..1 */
  readonly score: number;
  readonly box: Box;
  /** epoch ms of its first and its last find */
  readonly first: number;
  readonly last: number;
}

/** Why a track is (not yet) an event: what the page's debug view says in words. */
export interface Why {
  readonly track: number;
  readonly class: string;
  readonly score: number;
  readonly zone: string | null;
  readonly rule: string | null;
  /** seconds in the zone so far, and the rule's limit */
  readonly dwell_s: number;
  readonly limit_s: number;
  /** class: no rule is about it; outside: in no zone of the rule; timing: not long enough yet; reported: an event was made */
  readonly reason: 'class' | 'score' | 'outside' | 'timing' | 'reported';
}

/** Everything about one looked-at frame: what the page draws over exactly this picture. */
export interface FrameReport {
  readonly camera: string;
  readonly seq: number;
  readonly time: number;
  readonly width: number;
  readonly height: number;
  readonly objects: readonly Detection[];
  readonly tracks: readonly Track[];
  readonly why: readonly Why[];
  readonly look: { readonly ms: number; readonly depth: LookDepth };
}

/** A moment that proves something: the frame and where the object was in it. */
export interface Moment {
  readonly frame: Frame;
  readonly box: Box;
}

/** An event with its two moments: first sight in the zone, and when the dwell was exceeded. */
export interface Sighting {
  readonly event: KerbEvent;
  readonly first: Moment;
  readonly proof: Moment;
}
