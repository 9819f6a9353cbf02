// models: one look. In: a picture, the sizes that are ready, how to look. Out: what all runs find together, highest score
// first. Never: a pixel copied for a part of the picture.
import { calibrated, rawScore } from './calibrate.ts';
import type { Card } from './card.ts';
import { withDoubts } from './doubt.ts';
import type { Candidate } from './head.ts';
import { leastScore, mergeCandidates, mergeRuns } from './merge.ts';
import type { Run } from './runs.ts';
import type { Scale } from './scale.ts';
import { fromTile, sizeForTile, type Tile, tileAt, tilesOf } from './tiles.ts';
import type { Detection, LookOptions, Picture, View } from './types.ts';

/** Tiles and crops are numbered after the sizes of any card. */
const FIRST_TILE = 100;
const FIRST_CROP = 200;

/** @param sizes the card's, as many as the depth needs */
export async function lookWith(
  card: Card,
  sizes: readonly Scale[],
  picture: Picture,
  { depth, minScore, crops = [], enough }: LookOptions,
): Promise<{ objects: Detection[]; crops: number; run_ms: number }> {
  const raw = rawScore(card, minScore);
  const { width, height } = picture;
  const hasPlaces = card.head.kind !== 'classifier';
  const tiles = depth === 'fine' && card.tiles && hasPlaces ? tilesOf(picture) : [];
  const isOne = sizes.length + tiles.length + crops.length === 1;
  const least = isOne ? raw : leastScore(card, raw);
  const candidates: Candidate[] = [];
  const runs: Run[] = [];
  const firstSize_ms: number[] = [];
  const lookAt = async (size: number, part: Picture | View) => {
    const began = performance.now();
    const found = await sizes[size]!.look(part, least);
    if (size === 0) firstSize_ms.push(performance.now() - began);
    return found;
  };
  for (const i of sizes.keys()) {
    candidates.push(...(await lookAt(i, picture)));
    runs.push({ number: i, part: [0, 0, width, height], input: card.sizes[i]! });
  }
  const enlarge = async (tile: Tile, size: number, number: number) => {
    candidates.push(...fromTile(tile, picture, await lookAt(size, tile.picture), number));
    runs.push({ number, part: [tile.x, tile.y, tile.picture.width, tile.picture.height], input: card.sizes[size]! });
  };
  for (const [i, tile] of tiles.entries()) await enlarge(tile, sizeForTile(card, tile), FIRST_TILE + i);
  let done = 0;
  for (const crop of hasPlaces ? crops : []) {
    if (enough && Atomics.load(enough, 0) !== 0) break;
    await enlarge(tileAt(picture, crop), 0, FIRST_CROP + done);
    done += 1;
  }
  const merged = isOne ? mergeCandidates(card, candidates) : mergeRuns(card, candidates, runs);
  const objects = calibrated(card, withDoubts(card, merged, picture)).filter(({ score }) => score >= minScore);
  const run_ms = firstSize_ms.reduce((sum, ms) => sum + ms, 0) / firstSize_ms.length;
  return { objects, crops: done, run_ms };
}
