// agent/main/flows: from what a flow reports to a case in this box's book. In: a draft. Out: the case's id, once it is on
// disk. Never: the same report twice, more cases than a street can have, or one from the future.
import { type Case, type FlowCase, KerbError } from '../../../contract/index.ts';
import { type CaseBook, loadTaxonomy, type Taxonomy } from '../../cases/index.ts';
import type { Site } from '../../config/site.ts';
import { Bucket, caseOfFlow } from '../../local/index.ts';

/** Cases that flows may make at once, and per hour from then on: a flow gone mad is not to bury the centre. */
const MOST = 200;
const PER_HOUR = 200;
/** A report's own time may be this far ahead of the box's, ms. */
const AHEAD_MS = 60_000;
/** Where the box names no site or camera of its own. */
const NO_CAMERA = 'flow';

export interface FlowCasesOptions {
  readonly device: string;
  /** null: a box without cameras */
  readonly site: () => Site | null;
  /** where the box is now, degrees; null: not known. Asked where there is no site. */
  readonly position: () => { lon: number; lat: number } | null;
  readonly book: CaseBook;
  readonly wall: () => number;
  readonly mono: () => number;
  /** told each new case */
  readonly onCase: (made: Case) => void;
}

export class FlowCases {
  readonly #options: FlowCasesOptions;
  readonly #taxonomy: Taxonomy = loadTaxonomy();
  readonly #budget: Bucket;

  constructor(options: FlowCasesOptions) {
    this.#options = options;
    this.#budget = new Bucket(PER_HOUR / 3600, (MOST * 3600) / PER_HOUR, options.mono());
  }

  /** @throws KerbError FLOW_CASE, FLOW_CASES_MANY, CASES_DB_* */
  async take(draft: FlowCase): Promise<{ id: string }> {
    const { book, wall, mono, onCase } = this.#options;
    const now = Math.round(wall());
    if (draft.at !== undefined && draft.at > now + AHEAD_MS) {
      throw new KerbError('FLOW_CASE', 'its time has not come yet', 'at', 'give epoch milliseconds, or none for now');
    }
    const made = this.#made(draft, now);
    if (!this.#budget.take(1, mono())) {
      const what = `more than ${MOST} cases of flows at once, or ${PER_HOUR} an hour`;
      throw new KerbError('FLOW_CASES_MANY', what, 'flow', 'report less');
    }
    if (await book.report(made)) onCase(made);
    return { id: made.id };
  }

  #made(draft: FlowCase, now: number): Case {
    const { device } = this.#options;
    const site = this.#options.site();
    const camera = site?.cameras.find(({ id }) => id === (draft.camera ?? site.cameras[0]?.id));
    if (draft.camera !== undefined && site !== null && !camera) {
      throw new KerbError('FLOW_CASE', `the box has no camera "${draft.camera}"`, 'camera', 'name one, or none');
    }
    const zone = camera?.zones.find(({ id }) => id === draft.zone);
    const matter = this.#taxonomy.matters.get(draft.code);
    const box = { device, site: site?.id ?? device, camera: camera?.id ?? NO_CAMERA };
    const place = zone?.place ?? this.#place(draft);
    const nameOf = () => matter?.name;
    const made = caseOfFlow(draft, { ...box, place: placed(place), nameOf }, now);
    return {
      ...made,
      ...(matter?.code2013 === undefined ? {} : { code2013: matter.code2013 }),
      ...(zone === undefined ? {} : { zone_name: zone.name }),
    };
  }

  #place(draft: FlowCase): Case['place'] {
    const { position } = this.#options;
    const site = this.#options.site();
    if (site) return site.place;
    if (draft.place) return { ...draft.place, text: { zh: '流程给出的位置', en: 'As the flow gave it' } };
    const at = position();
    if (!at) {
      throw new KerbError('FLOW_CASE', 'nobody knows where that is', 'place', 'give place: {lon, lat}');
    }
    return { ...at, text: { zh: '车辆所在位置', en: 'Where the vehicle is' } };
  }
}

function placed({ lon, lat, grid, text }: Case['place']): Case['place'] {
  return { lon, lat, ...(grid === undefined ? {} : { grid }), text };
}
