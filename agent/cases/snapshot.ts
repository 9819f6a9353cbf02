// agent/cases: a picture that proves no case, because somebody at the centre asks to see. A frame comes in; a masked
// JPEG goes out. Stricter than a case's picture, as no rule speaks for anything in it: persons are covered wherever they
// are, and vehicles are pixelated so far that no plate can be read.
import { createHash } from 'node:crypto';
import { derivedId } from '../../contract/index.ts';
import { blockFor, copyPicture, pixelate, regionOf } from '../../models/pixelate.ts';
import type { Detection, Looker, Picture } from '../../models/types.ts';
import { tryMask } from './evidence.ts';
import type { Codec } from './mask.ts';
import type { Box, Moment } from './types.ts';

/** Vehicles from this score on are pixelated: low, so that small and half hidden ones are too. */
const VEHICLE_FROM = 0.2;
const VEHICLES = new Set(['car', 'truck', 'bus', 'motorcycle']);
/** Blocks across the shorter side of a vehicle. A plate is at most a third of a car's width: four blocks for it. */
const BLOCKS = 12;
/** No part of the picture is what is reported: nothing is spared. */
const NOTHING: Box = [0, 0, 0, 0];

export interface SnapshotPicture {
  readonly id: string;
  /** epoch ms, of the frame */
  readonly at: number;
  readonly sha256: string;
  readonly jpeg: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** regions made unrecognisable */
  readonly masked: { readonly persons: number; readonly vehicles: number };
}

/**
 * Persons first, on the picture as it is: a person before a pixelated car might be found no more. Then the vehicles,
 * then persons once more in what others will see.
 * @param names what the picture's id is made of, beside the frame's time
 * @throws KerbError EVIDENCE_UNMASKED, EVIDENCE_FAILED
 */
export async function makeSnapshot(
  frame: Moment['frame'],
  names: readonly string[],
  looker: Looker,
  codec: Codec,
): Promise<SnapshotPicture> {
  const first = await tryMask({ frame, box: NOTHING }, looker, codec);
  const { objects } = await looker.look(frame, { depth: 'fine', minScore: VEHICLE_FROM });
  const { picture, vehicles } = withoutPlates(await codec.decode(first.jpeg), objects);
  const { jpeg, persons } = await tryMask({ frame: { ...picture, time: frame.time }, box: NOTHING }, looker, codec);
  return {
    id: derivedId(frame.time, ...names, 'snapshot'),
    at: frame.time,
    sha256: createHash('sha256').update(jpeg).digest('hex'),
    jpeg,
    width: frame.width,
    height: frame.height,
    masked: { persons: first.persons + persons, vehicles },
  };
}

function withoutPlates(picture: Picture, finds: readonly Detection[]): { picture: Picture; vehicles: number } {
  const copy = copyPicture(picture);
  let vehicles = 0;
  for (const find of finds) {
    const region = VEHICLES.has(find.class) ? regionOf(find.box, 0, copy) : null;
    if (!region) continue;
    pixelate(copy, region, blockFor(region, BLOCKS));
    vehicles++;
  }
  return { picture: copy, vehicles };
}
