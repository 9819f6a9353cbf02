// agent/cases: from a sighting to a case. Events with their two moments come in; cases that are classified, located
// and evidenced go out through the outbox, or the name of the open case that a sighting repeats.
// One open case per code, zone and place: its first box stays the anchor, across loops and restarts.
// Never: an unmasked picture on disk, two cases for one matter, a case that was told and is lost. No clock, no chance.
import { type Case, caseSchema, derivedId, firstIssue, type KerbError, type KerbEvent } from '../../contract/index.ts';
import type { Looker } from '../../models/types.ts';
import type { Site } from '../config/site.ts';
import { CaseBook } from './book.ts';
import { iou } from './boxes.ts';
import { jpegCodec } from './codec.ts';
import { type EvidencePicture, makeEvidence } from './evidence.ts';
import { busyFault, sightingFault } from './faults.ts';
import type { Codec } from './mask.ts';
import type { PictureFolder } from './pictures.ts';
import { makeSnapshot, type SnapshotPicture } from './snapshot.ts';
import { type CaseStore, placeKey } from './store.ts';
import type { Taxonomy } from './taxonomy.ts';
import type { Box, Moment, Outbox, Sighting, StoredCase, Taken } from './types.ts';

/** Sightings held at once; each holds two frames. */
const MAX_WAITING = 16;

export interface CaseMakerOptions {
  readonly device: string;
  /** with its profile; `checkCodes` has passed it */
  readonly site: Site;
  readonly taxonomy: Taxonomy;
  /** finds the persons that are masked */
  readonly looker: Looker;
  /** pictures to files and back; JPEG where not given */
  readonly codec?: Codec;
  readonly store: CaseStore;
  /** where the masked pictures are kept as files; without it there are none */
  readonly pictures?: PictureFolder;
  /** where cases go; without it they stay in the store */
  readonly outbox?: Outbox;
  /** told every fault that stops nothing (count it, log it at most once a minute) */
  readonly onFault?: (fault: KerbError) => void;
}

/** Makes the cases of one site. Sightings are worked one after the other, in the order given. */
export class CaseMaker {
  readonly #options: CaseMakerOptions;
  readonly #onFault: (fault: KerbError) => void;
  /** of the sightings that come from now on */
  #site: Site;
  /** where its cases are kept; others on this box may report theirs there too */
  readonly book: CaseBook;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: CaseMakerOptions) {
    this.#options = options;
    this.#site = options.site;
    this.#onFault = options.onFault ?? (() => {});
    this.book = new CaseBook(options);
  }

  /** See `CaseBook.recover`: called once at start, before the first sighting. */
  recover(): Promise<void> {
    return this.book.recover();
  }

  /** Another state of the site's zones and rules; sightings that were taken before are worked under theirs. */
  adopt(site: Site): void {
    this.#site = site;
  }

  /**
   * Takes a sighting. When this resolves with a case, it and its pictures are on disk; the way into the outbox goes on
   * by itself. After a rejection the same sighting may be given again.
   * @returns the new case, or the open case that this repeats (whose "last seen" it moves)
   * @throws KerbError CASES_BUSY, CASES_SIGHTING, CASES_DB_*
   */
  take(sighting: Sighting): Promise<Taken> {
    if (this.#waiting >= MAX_WAITING) return Promise.reject(busyFault(MAX_WAITING));
    this.#waiting++;
    const site = this.#site;
    const taken = this.#last
      .then(() => this.#take(sighting, site))
      .finally(() => {
        this.#waiting--;
      });
    this.#last = taken.catch(() => {});
    return taken;
  }

  /** Resolves when every sighting given so far is worked, and as much handed over as the outbox takes. */
  async settled(): Promise<void> {
    await this.#last;
    await this.handOver();
  }

  /** See `CaseBook.handOver`. */
  handOver(): Promise<void> {
    return this.book.handOver();
  }

  /** Cases that are not wholly in the outbox yet. */
  get waiting(): number {
    return this.book.waiting;
  }

  /** Sightings being worked or waiting for it. */
  get busy(): number {
    return this.#waiting;
  }

  /** See `CaseBook.acknowledged`. */
  acknowledged(lane: string, epoch: string, upTo: number): string[] {
    return this.book.acknowledged(lane, epoch, upTo);
  }

  /** Cases as `GET /api/cases` gives them; see `CaseStore.list`. */
  list(after: string | null, limit: number): StoredCase[] | null {
    return this.book.list(after, limit);
  }

  /** See `CaseBook.picture`. */
  picture(id: string): Promise<Buffer | null> {
    return this.book.picture(id);
  }

  /**
   * A masked picture of a frame, for a command; nothing is kept of it here.
   * @throws KerbError EVIDENCE_UNMASKED, EVIDENCE_FAILED
   */
  snapshot(frame: Moment['frame'], names: readonly string[]): Promise<SnapshotPicture> {
    const { device, looker, codec = jpegCodec } = this.#options;
    return makeSnapshot(frame, [device, ...names], looker, codec);
  }

  async #take({ event, first, proof }: Sighting, site: Site): Promise<Taken> {
    const { store, looker, codec = jpegCodec, device } = this.#options;
    const known = this.#knownCase(event, site);
    if (known !== null) {
      store.seen(known, event.until);
      return { duplicateOf: known };
    }
    const made: EvidencePicture[] = [];
    const bare = this.#bareCase(event, site);
    for (const [role, moment] of [['first', first] as const, ['proof', proof] as const]) {
      try {
        made.push(await makeEvidence(moment, role, [device, site.id, event.id], looker, codec));
      } catch (error) {
        this.#onFault(error as KerbError);
      }
    }
    const result: Case = { ...bare, evidence: made.map(({ ref }) => ref) };
    const pictures = made.map(({ ref: { id, sha256 }, jpeg }) => ({ id, sha256, jpeg }));
    const names = await this.book.keep(result, pictures);
    return { case: result, pictures: names };
  }

  /** The open case of this event's code, zone and place. */
  #knownCase(event: KerbEvent, site: Site): string | null {
    const { store } = this.#options;
    const box = event.box as Box;
    let best: { id: string; share: number } | null = null;
    for (const open of store.openAt(placeKey(event))) {
      const share = iou(open.box, box);
      if (share >= site.profile.same_place_iou && share > (best?.share ?? 0)) best = { id: open.id, share };
    }
    if (best) return best.id;
    const id = this.#caseId(event);
    return store.has(id) ? id : null;
  }

  #caseId(event: KerbEvent): string {
    return derivedId(event.until, this.#options.device, event.site, event.id, 'case');
  }

  /** The case without its pictures. @throws KerbError CASES_SIGHTING */
  #bareCase(event: KerbEvent, site: Site): Case {
    const { device, taxonomy } = this.#options;
    const matter = taxonomy.matters.get(event.code);
    const zone = site.cameras.find(({ id }) => id === event.camera)?.zones.find(({ id }) => id === event.zone);
    if (event.device !== device || event.site !== site.id) throw sightingFault('is of another device or site');
    if (!matter) throw sightingFault(`there is no matter ${event.code}`);
    if (!zone) throw sightingFault(`camera "${event.camera}" has no zone "${event.zone}"`);
    const { lon, lat, grid, text } = zone.place ?? site.place;
    const result = caseSchema.safeParse({
      v: 1,
      kind: 'case',
      id: this.#caseId(event),
      device,
      site: site.id,
      camera: event.camera,
      event: event.id,
      at: event.at,
      until: event.until,
      code: matter.code,
      ...(matter.code2013 === undefined ? {} : { code2013: matter.code2013 }),
      name: matter.name,
      place: { lon, lat, ...(grid === undefined ? {} : { grid }), text },
      zone: zone.id,
      zone_name: zone.name,
      class: event.class,
      track: event.track,
      box: event.box,
      certainty: event.certainty,
      ...(event.count === undefined ? {} : { count: event.count }),
      rule: { id: event.rule, limit_s: event.limit_s, dwell_s: event.dwell_s, profile: site.profile.version },
      state: 'reported',
      evidence: [],
    } satisfies Case);
    if (!result.success) throw sightingFault(firstIssue(result.error));
    return result.data;
  }
}
