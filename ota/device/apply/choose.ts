// ota/device/apply: which of all offers is for a place on this box. Pure. In: verified offers. Out: the newest good, or null.
// Never: a good for other hardware, a part taken for a whole, a path that leaves its folder.
import { KerbError, type TargetCustom, targetCustomSchema } from '../../../contract/index.ts';
import type { Offer } from '../walk.ts';
import type { UpdateKind, Wanted } from './types.ts';

type Said = Offer & { readonly said: TargetCustom };

/** Offers that say of themselves what they are; others (of later versions) are left out. */
export function readOffers(offers: readonly Offer[]): Said[] {
  return offers.flatMap((offer) => {
    const said = targetCustomSchema.safeParse(offer.custom);
    return said.success ? [{ ...offer, said: said.data }] : [];
  });
}

/**
 * The newest good for a place.
 * @param hardware "linux-x64"
 * @throws KerbError UPDATE_GOOD_BAD where the newest one does not hold together
 */
export function newest(
  offers: readonly Said[],
  place: Pick<UpdateKind, 'kind' | 'fits'>,
  hardware: string,
): Wanted | null {
  const mine = offers.filter(
    ({ said }) =>
      said.kind === place.kind &&
      said.part !== true &&
      place.fits(said.name) &&
      said.hardware.some((one) => one === 'any' || one === hardware),
  );
  const first = mine.sort((a, b) => b.said.counter - a.said.counter || (a.path < b.path ? -1 : 1))[0];
  return first ? whole(first, offers) : null;
}

/** With the other files that it lists. */
function whole(first: Said, offers: readonly Said[]): Wanted {
  const { name, version, counter, kind } = first.said;
  const bad = (what: string) =>
    new KerbError('UPDATE_GOOD_BAD', what, `${kind} ${name} ${version}`, 'publish it again at the centre');
  const files = [first];
  for (const path of first.said.files ?? []) {
    const part = offers.find((offer) => offer.path === path);
    const same = part?.said.kind === kind && part.said.name === name && part.said.counter === counter;
    if (!part || !same) throw bad(`its file ${path.slice(0, 120)} is not offered`);
    files.push(part);
  }
  const places = files.map(({ said }) => said.place);
  const climbs = places.find((place) => !isPlace(place));
  if (climbs !== undefined) throw bad(`its file would lie at ${JSON.stringify(climbs.slice(0, 120))}`);
  if (new Set(places).size !== places.length) throw bad('two of its files have one place');
  return { name, version, counter, files: files.map(({ said, ...offer }) => ({ ...offer, place: said.place })) };
}

/** A plain relative path that stays below where it begins. */
export function isPlace(place: string): boolean {
  if (place.length > 200 || !/^[\w.@+-][\w.@+/ -]*$/.test(place)) return false;
  return place.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
