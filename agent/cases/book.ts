// agent/cases: the book of this box's cases, whoever made them: a camera's sightings or a flow. In: whole cases with
// their masked pictures. Out: lists and pictures, and each case through the outbox exactly once.
// Never: a case that was told and is lost, or the same one twice. No clock, no chance.
import { type Case, type KerbError, oneLine } from '../../contract/index.ts';
import { pictureFault, snapshotFault } from './faults.ts';
import { Handover } from './handover.ts';
import { PictureFolder } from './pictures.ts';
import type { CaseStore, StoredPicture } from './store.ts';
import type { Outbox, StoredCase } from './types.ts';

export interface CaseBookOptions {
  readonly store: CaseStore;
  /** where the masked pictures are kept as files; without it there are none */
  readonly pictures?: PictureFolder;
  /** where cases go; without it they stay in the store */
  readonly outbox?: Outbox;
  /** told every fault that stops nothing (count it, log it at most once a minute) */
  readonly onFault?: (fault: KerbError) => void;
}

export class CaseBook {
  readonly store: CaseStore;
  readonly #pictures: PictureFolder | undefined;
  readonly #onFault: (fault: KerbError) => void;
  readonly #handover: Handover | null;

  constructor({ store, pictures, outbox, onFault = () => {} }: CaseBookOptions) {
    this.store = store;
    this.#pictures = pictures;
    this.#onFault = onFault;
    this.#handover = outbox ? new Handover(store, outbox, onFault) : null;
  }

  /**
   * Finishes what an earlier life left: picture files that were not written yet, records that were not appended yet.
   * Called once at start, before the first case; never rejects for what can be tried again later.
   */
  async recover(): Promise<void> {
    if (this.#pictures) {
      for (const id of this.store.keptPictures()) {
        const kept = this.store.picture(id);
        if (kept?.jpeg && !(await this.#pictures.get(id, kept.sha256))) await this.#writeFile(id, kept.jpeg);
      }
    }
    await this.handOver();
  }

  /**
   * Keeps a new case with its pictures. When this resolves they are on disk; the way into the outbox goes on by itself.
   * @returns names of the picture files
   * @throws KerbError CASES_DB_*
   */
  async keep(made: Case, pictures: readonly StoredPicture[]): Promise<string[]> {
    this.store.add(made, pictures, this.#handover !== null);
    const names: string[] = [];
    if (this.#pictures) {
      for (const { id, jpeg } of pictures) if (await this.#writeFile(id, jpeg)) names.push(PictureFolder.fileName(id));
    }
    void this.#handover?.run();
    return names;
  }

  /**
   * Takes a case that was made elsewhere on this box, without pictures; the same one again changes nothing.
   * @returns whether it is new
   * @throws KerbError CASES_DB_*
   */
  async report(made: Case): Promise<boolean> {
    if (this.store.has(made.id)) return false;
    await this.keep(made, []);
    return true;
  }

  /** Tries again what the outbox refused. The owner calls it every few seconds while `waiting` is not 0. */
  async handOver(): Promise<void> {
    await this.#handover?.run();
  }

  /**
   * Puts a masked picture that proves no case into the outbox; nothing of it is kept here.
   * @param of what it is evidence of: the command that asked for it
   * @throws KerbError CASES_SNAPSHOT
   */
  async put(of: string, picture: StoredPicture): Promise<void> {
    if (!this.#handover) throw snapshotFault('there is none');
    await this.#handover.put(of, picture);
  }

  /** Cases that are not wholly in the outbox yet. */
  get waiting(): number {
    return this.store.waiting;
  }

  /**
   * The centre has everything of this lane and epoch up to `upTo`; other lanes say nothing about a case. To be called
   * at start too, with what the outbox knows.
   * @returns ids of the cases that are acknowledged now
   */
  acknowledged(lane: string, epoch: string, upTo: number): string[] {
    return lane === 'case' ? this.store.acknowledged(epoch, upTo) : [];
  }

  /** Cases as `GET /api/cases` gives them; see `CaseStore.list`. */
  list(after: string | null, limit: number): StoredCase[] | null {
    return this.store.list(after, limit);
  }

  /** A case by its id, or null. */
  find(id: string): StoredCase | null {
    return this.store.find(id);
  }

  /** A masked picture's bytes, or null where there is none (any more). */
  async picture(id: string): Promise<Buffer | null> {
    const kept = this.store.picture(id);
    if (!kept) return null;
    if (kept.jpeg) return Buffer.from(kept.jpeg);
    return (await this.#pictures?.get(id, kept.sha256)) ?? null;
  }

  async #writeFile(id: string, jpeg: Uint8Array): Promise<boolean> {
    try {
      await this.#pictures?.write(id, jpeg);
      return true;
    } catch (error) {
      this.#onFault(pictureFault(oneLine(error), error));
      return false;
    }
  }
}
