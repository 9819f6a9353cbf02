// bench/eye: an hour of a looped clip through the camera path and the case maker. In: the clip's frames with what was
// found in each, once; a looker for evidence. Out: cases. Looks are given again rather than made again: the same frame
// gives the same finds (a property that the pool is tested for), so an hour costs seconds.
import { CameraPath } from '../../agent/camera/index.ts';
import { CaseMaker, CaseStore, loadTaxonomy, type StoredCase } from '../../agent/cases/index.ts';
import type { Site } from '../../agent/config/site.ts';
import type { Frame } from '../../drivers/camera/types.ts';
import type { Detection, Look, Looker, LookOptions, Picture } from '../../models/types.ts';

/** A frame and what was found in it. */
export interface Looked {
  readonly frame: Frame;
  readonly finds: readonly Detection[];
}

/** Gives finds that were made before; pictures that it does not know, and fine looks, go to the real one. */
class Repeating implements Looker {
  readonly workers = 1;
  readonly busy = 0;
  readonly #real: Looker;
  readonly #known: ReadonlyMap<Uint8Array, readonly Detection[]>;

  constructor(real: Looker, looked: readonly Looked[]) {
    this.#real = real;
    this.#known = new Map(looked.map(({ frame, finds }) => [frame.rgb, finds]));
  }

  async look(picture: Picture, options: LookOptions): Promise<Look> {
    const objects = this.#known.get(picture.rgb);
    if (!objects || options.depth === 'fine') return this.#real.look(picture, options);
    return { objects, ms: 0, run_ms: 0, model: 'repeated' };
  }

  async close(): Promise<void> {}
}

/**
 * @param site its first camera made the clip
 * @param looked the whole clip at the rate at which it is to be looked at
 */
export async function casesOfAnHour(site: Site, looked: readonly Looked[], looker: Looker, rate: number) {
  const repeating = new Repeating(looker, looked);
  const store = new CaseStore(null, () => {});
  const taxonomy = loadTaxonomy();
  const faults: unknown[] = [];
  const onFault = (fault: unknown) => void faults.push(fault);
  const maker = new CaseMaker({ device: 'bench', site, taxonomy, looker: repeating, store, onFault });
  const cases: StoredCase['case'][] = [];
  const path = new CameraPath({
    device: 'bench',
    site: site.id,
    camera: { ...site.cameras[0]!, looks_per_s: rate, crops: 0 },
    profile: site.profile,
    looker: repeating,
    onFault,
    onSighting: async (sighting) => {
      const taken = await maker.take(sighting);
      if ('case' in taken) cases.push(taken.case);
    },
  });
  try {
    await path.feed(hourOf(looked, rate));
    await maker.settled();
  } finally {
    await path.close();
    store.close();
  }
  if (faults.length > 0) throw faults[0];
  return cases;
}

async function* hourOf(looked: readonly Looked[], rate: number): AsyncGenerator<Frame> {
  for (let seq = 0; seq < 3600 * rate; seq++) {
    const { frame } = looked[seq % looked.length]!;
    yield { ...frame, seq, time: Math.round((seq * 1000) / rate) };
  }
}
