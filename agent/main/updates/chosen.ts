// agent/main/updates: what a box starts with: what an update brought, what ran before it, or its own files, in this order.
// In: what is remembered and kept. Out: a looker and a site. Never: a box that does not start because a good is broken.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KerbError, oneLine } from '../../../contract/index.ts';
import { type LoadedCard, loadCard } from '../../../models/card.ts';
import { createLooker, type LookerOptions } from '../../../models/pool.ts';
import type { Looker } from '../../../models/types.ts';
import type { Version } from '../../../ota/device/index.ts';
import { checkCodes, type Taxonomy } from '../../cases/index.ts';
import { readSite, type Site, type SiteOnDisk } from '../../config/site.ts';
import { chosenCard, useFor } from '../model.ts';
import type { Published } from '../site/keeper.ts';
import type { LastGood } from '../site/last-good.ts';
import { pushedSite } from './profile-kind.ts';
import type { Pushed } from './pushed.ts';

/** A good's first file, whole, and what it is. */
interface Kept {
  readonly path: string;
  readonly version: Version;
}

/** Whole goods of a place, what ran last first; each broken one is told. */
async function kept(pushed: Pushed | null, id: string, tell: (line: string) => void): Promise<Kept[]> {
  if (!pushed) return [];
  const { running, previous } = pushed.memory.place(id);
  const found: Kept[] = [];
  for (const held of [running, previous]) {
    if (!held) continue;
    const { name, version, counter } = held;
    const path = join(pushed.goods.path(held), held.first);
    if (await pushed.goods.whole(held)) found.push({ path, version: { name, version, counter } });
    else tell(`the ${id} ${name} ${version} (${counter}) on the disk is gone or broken: another is used`);
  }
  return found;
}

export interface StartedModel {
  readonly looker: Looker;
  readonly card: LoadedCard;
  readonly version: Version;
}

/** @throws KerbError CARD_*, MODEL_* where the box's own model cannot be used either, or could not hide persons */
export async function startModel(
  pushed: Pushed | null,
  own: string | undefined,
  options: Omit<LookerOptions, 'card'>,
  tell: (line: string) => void,
): Promise<StartedModel> {
  for (const { path, version } of await kept(pushed, 'model', tell)) {
    try {
      const card = await loadCard(path);
      return {
        looker: await createLooker({ ...options, card, use: await useFor(card, options.cacheDir) }),
        card,
        version,
      };
    } catch (error) {
      tell(`the model ${version.name} ${version.version} cannot be used: ${oneLine(error)}`);
    }
  }
  const card = await chosenCard(own);
  if (!card.card.labels.includes('person')) {
    const remedy = 'give camera.model in the box file a detector with a label "person" (docs/models.md)';
    throw new KerbError('MODEL_LABELS', 'knows no persons: they could not be hidden', own ?? card.card.name, remedy);
  }
  const { name, version } = card.card;
  return {
    looker: await createLooker({ ...options, card, use: await useFor(card, options.cacheDir) }),
    card,
    version: { name, version, counter: null },
  };
}

export interface StartedSite {
  /** as the box's own file has it, or last had it */
  readonly own: SiteOnDisk;
  /** why the file as it is now cannot be taken; null: it was */
  readonly fault: KerbError | null;
  /** what a publication makes of it, where one is here and fits */
  readonly published: Published | null;
}

/** The box's own file; where it is broken, as it last was. @throws KerbError CONFIG_*, PROFILE_* where it never was right */
async function ownSite(file: string, lastGood: LastGood, taxonomy: Taxonomy, tell: (line: string) => void) {
  try {
    const own = await readSite(file);
    checkCodes(taxonomy, own.site.profile, file);
    return { own, fault: null };
  } catch (error) {
    const own = error instanceof KerbError ? lastGood.read(file) : null;
    if (!own) throw error;
    tell(`the site file cannot be taken, the box starts with it as it last was: ${oneLine(error)}`);
    return { own, fault: error as KerbError };
  }
}

/** @throws KerbError CONFIG_*, PROFILE_* where the box's own site file is not right and never was */
export async function startSite(
  pushed: Pushed | null,
  file: string,
  lastGood: LastGood,
  taxonomy: Taxonomy,
  tell: (line: string) => void,
): Promise<StartedSite> {
  const { own, fault } = await ownSite(file, lastGood, taxonomy, tell);
  for (const { path, version } of await kept(pushed, 'profile', tell)) {
    try {
      const text = await readFile(path, 'utf8');
      const make = (of: Site) => pushedSite(text, path, of, taxonomy);
      make(own.site);
      return { own, fault, published: { make, version, at: pushed?.memory.place('profile').at || null } };
    } catch (error) {
      tell(`the profile ${version.name} ${version.version} cannot be used: ${oneLine(error)}`);
    }
  }
  return { own, fault, published: null };
}
