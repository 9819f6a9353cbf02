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
  /**
   * class: no rule is about it; outside: in no zone of the rule; hours: the rule does not hold now; group: it counts only
   * together with others; score: not sure enough; timing: not long enough yet; reported: an event was made
   */
  readonly reason: 'class' | 'outside' | 'hours' | 'group' | 'score' | 'timing' | 'reported';
}

/** Why a gathering is (not yet) an event. */
export interface GroupWhy {
  readonly rule: string;
  readonly zone: string;
  /** around all its members */
  readonly box: Box;
  /** members now, and how many make a matter */
  readonly count: number;
  readonly needed: number;
  readonly dwell_s: number;
  readonly limit_s: number;
  /** unattended: long enough, and nobody was beside it often enough */
  readonly reason: 'timing' | 'unattended' | 'reported';
}

/** How often a line was crossed since the start, by class; directions as the line's definition says. */
export interface LineCount {
  readonly line: string;
  readonly class: string;
  readonly left: number;
  readonly right: number;
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
  readonly groups: readonly GroupWhy[];
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
