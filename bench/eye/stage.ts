// bench/eye: plays a story before the agent's own camera path. In: a story, the cut-outs, a looker. Out: how many of its
// matters became events, and which events were none. Every picture is composed when it is its turn, and forgotten.
import { CameraPath } from '../../agent/camera/index.ts';
import type { KerbEvent } from '../../contract/index.ts';
import type { Frame } from '../../drivers/camera/types.ts';
import type { Looker, Picture } from '../../models/types.ts';
import { Composer, type Placed } from './compose.ts';
import type { Cutout } from './cutouts.ts';
import { CAMERA, PROFILE } from './place.ts';
import type { Random } from './random.ts';
import { type Actor, placeOf, type Story } from './scenes.ts';

/** What actors are made of. */
export interface Wardrobe {
  readonly street: Picture;
  readonly vehicles: readonly Cutout[];
  /** each walker's steps in their order, five a second */
  readonly walkers: readonly (readonly Cutout[])[];
}

/** Of one rule: matters found, matters missed, events that are none. */
export interface Tally {
  readonly found: number;
  readonly missed: number;
  readonly extra: number;
}

/** An event may begin so much before or after its matter, seconds: a few looks. */
const SLACK_S = 4;
const STEPS_PER_S = 5;

/** Height of a person whose feet are at this row, fitted to the labels; a vehicle is by so much taller. */
export const tallAt = (y: number) => Math.max(12, 39 + 0.267 * (y - 130));
export const VEHICLE = 1.75;

/** Plays a story to its end. */
export async function play(story: Story, wardrobe: Wardrobe, looker: Looker, random: Random): Promise<KerbEvent[]> {
  const events: KerbEvent[] = [];
  const path = new CameraPath({
    device: 'bench',
    site: 'composed',
    camera: CAMERA,
    profile: PROFILE,
    looker,
    onSighting: ({ event }) => void events.push(event),
  });
  try {
    await path.feed(frames(story, wardrobe, random));
  } finally {
    await path.close();
  }
  return events;
}

/** Compares events with the matters of their story, rule by rule; each matter wants one event. */
export function judged(story: Story, events: readonly KerbEvent[]): Map<string, Tally> {
  return new Map(
    PROFILE.rules.map(({ id }) => {
      const due = story.matters.filter(({ rule }) => rule === id);
      const said = events.filter(({ rule }) => rule === id);
      const left = new Set(said);
      for (const { from, until } of due) {
        const its = [...left].find(
          (event) => event.at / 1000 >= from - SLACK_S && event.until / 1000 <= until + SLACK_S,
        );
        if (its) left.delete(its);
      }
      const found = said.length - left.size;
      return [id, { found, missed: due.length - found, extra: left.size }];
    }),
  );
}

async function* frames(story: Story, wardrobe: Wardrobe, random: Random): AsyncGenerator<Frame> {
  const composer = new Composer(wardrobe.street, story.light, random);
  const count = story.seconds * CAMERA.looks_per_s;
  for (let seq = 0; seq < count; seq++) {
    const t = seq / CAMERA.looks_per_s;
    const placed = story.actors.flatMap((actor) => placedAt(actor, wardrobe, t) ?? []);
    yield { seq, time: Math.round(t * 1000), ...composer.picture(placed, t) };
  }
}

function placedAt(actor: Actor, { vehicles, walkers }: Wardrobe, t: number): Placed | null {
  const foot = placeOf(actor, t);
  if (!foot) return null;
  const height = tallAt(foot[1]) * actor.size;
  const { mirrored } = actor;
  if (actor.kind === 'vehicle') {
    return { cutout: vehicles[actor.look % vehicles.length]!, foot, height: height * VEHICLE, mirrored };
  }
  const steps = walkers[actor.look % walkers.length]!;
  return { cutout: steps[Math.floor(t * STEPS_PER_S) % steps.length]!, foot, height, mirrored };
}
