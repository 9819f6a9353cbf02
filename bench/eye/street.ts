// bench/eye: what all its parts need: the street clip's place, its site, and the detector as a box uses it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSite, type Site } from '../../agent/config/site.ts';
import { env } from '../../agent/main/env.ts';
import { chosenCard, useFor } from '../../agent/main/model.ts';
import { KerbError } from '../../contract/index.ts';
import { createLooker } from '../../models/pool.ts';
import type { Looker } from '../../models/types.ts';

/** @throws KerbError BENCH_SAMPLES where there is no clip */
export function streetVideo(samples: string | null | undefined): string {
  const video = join(samples ?? '', 'video/street-pets2009.mp4');
  if (samples && existsSync(video)) return video;
  throw new KerbError(
    'BENCH_SAMPLES',
    samples ? `there is no ${video}` : 'is not set, and all is measured on the street clip',
    'SAMPLES_DIR',
    'set it to the folder of samples, the one with video/street-pets2009.mp4 in it',
  );
}

export function streetSite(): Promise<Site> {
  return loadSite(fileURLToPath(new URL('../../examples/street/site.yaml', import.meta.url)));
}

/** Two threads, with the runtime and weights that this box's own trial chose. */
export async function streetLooker(): Promise<Looker> {
  const card = await chosenCard();
  const { cache } = env();
  return createLooker({ card, cacheDir: cache, use: await useFor(card, cache), workers: 2, deadlineMs: 120_000 });
}
