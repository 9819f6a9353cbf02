// ota/device: the face of this room. In: a repository's address, a folder, a clock. Out: what the repository offers, and
// verified files. Never: a byte that was not signed; an older state than one seen before; a folder that cannot go on.
import { mkdir, realpath } from 'node:fs/promises';
import { dirname, posix } from 'node:path';
import type { TargetFile } from '@tufjs/models';
import { diskError } from '../disk.ts';
import { lock } from '../lock.ts';
import { type BuildDates, issuedAt } from './clock.ts';
import { asRefusal, refusal } from './errors.ts';
import { MetadataFetcher, type Way } from './fetcher.ts';
import { MetadataStore } from './store.ts';
import { type Fetched, fetchTarget } from './target.ts';
import { type Fetch, PACE, type Pace } from './transfer.ts';
import { openTuf } from './tuf.ts';
import { type Offer, offers } from './walk.ts';

export { deviceKey } from './apply/device-key.ts';
export { GoodsStore } from './apply/goods.ts';
export type { Installed } from './apply/launcher.ts';
export { UpdateManager, type UpdatesView } from './apply/manager.ts';
export { type Held, UpdateMemory } from './apply/memory.ts';
export { releaseKind } from './apply/release-kind.ts';
export { Reporter } from './apply/reporter.ts';
export type { Candidate, Outcome, StagedGood, UpdateKind, Version, Wanted } from './apply/types.ts';
export type { BuildDates } from './clock.ts';
export { UPDATE_CODES, type UpdateCode } from './errors.ts';
export type { Fetched } from './target.ts';
export type { Fetch, Pace } from './transfer.ts';
export type { Offer } from './walk.ts';

export interface UpdaterOptions {
  /** where the metadata of this repository is kept */
  readonly dir: string;
  /** the repository: metadata/ and targets/ lie below it */
  readonly url: string;
  /** where they lie, where that is elsewhere */
  readonly metadataUrl?: string | undefined;
  readonly targetsUrl?: string | undefined;
  /** the box's clock, epoch ms */
  readonly now: () => number;
  readonly fetch?: Fetch | undefined;
  /** the root.json that came with the program: trusted where the folder holds no other */
  readonly root?: Uint8Array | undefined;
  readonly pace?: Partial<Pace> | undefined;
  readonly build?: BuildDates | undefined;
  /** hears of healed damage, at most a line each refresh */
  readonly log?: ((line: string) => void) | undefined;
  /** ends everything under way */
  readonly signal?: AbortSignal | undefined;
}

/** The verified state after a refresh. */
export interface Refreshed {
  readonly versions: {
    readonly root: number;
    readonly timestamp: number;
    readonly snapshot: number;
    readonly targets: number;
  };
  /** when the repository was last signed, epoch ms; 0 where it does not say */
  readonly issued: number;
}

/** The update client of one repository. Its calls may overlap with another process's: one waits for the other. */
export class RepositoryUpdater {
  readonly #options: UpdaterOptions;
  readonly #store: MetadataStore;
  readonly #way: Way;
  #session: Session | null = null;

  constructor(options: UpdaterOptions) {
    this.#options = options;
    this.#store = new MetadataStore(options.dir);
    const { fetch = globalThis.fetch, pace, signal } = options;
    this.#way = { fetch, pace: { ...PACE, ...pace }, signal };
  }

  /** Trusts a first root. @throws KerbError UPDATE_ROOT_BAD, UPDATE_HAS_ROOT, UPDATE_DISK, UPDATE_DISK_FULL, UPDATE_BUSY */
  async init(root: Uint8Array): Promise<void> {
    await this.#locked(() => this.#store.init(root));
  }

  /**
   * Brings the metadata up to date. What was verified before a failure is kept.
   * @throws KerbError UPDATE_*
   */
  async refresh(): Promise<Refreshed> {
    return this.#locked(async () => {
      this.#session = null;
      const session = await Session.open(this.#options, this.#store, this.#way);
      await session.do((tuf) => tuf.refresh());
      this.#session = session;
      return session.state();
    });
  }

  /** All that the repository offers now, delegated targets too. Refreshes where that was not done. @throws KerbError UPDATE_* */
  async targets(): Promise<Offer[]> {
    const session = await this.#current();
    return this.#locked(() => session.do(offers));
  }

  /** What the repository says of one target, null where no trusted role names it. @throws KerbError UPDATE_* */
  async find(path: string): Promise<TargetFile | null> {
    const session = await this.#current();
    return this.#locked(() => session.do(async (tuf) => (await tuf.getTargetInfo(path)) ?? null));
  }

  /**
   * Puts a target at `file`; where it is there already nothing is asked of the server. An earlier start is resumed.
   * @throws KerbError UPDATE_TARGET_UNKNOWN, UPDATE_*
   */
  async download(path: string, file: string): Promise<Fetched & { readonly target: TargetFile }> {
    const target = await this.find(path);
    if (!target) {
      const remedy = 'see what the repository offers, or publish it';
      throw refusal('UPDATE_TARGET_UNKNOWN', 'no trusted role names this target', path.slice(0, 200), remedy);
    }
    const { url, targetsUrl = `${url.replace(/\/$/, '')}/targets` } = this.#options;
    const address = targetUrl(targetsUrl, target, this.#session?.consistent ?? true);
    try {
      await mkdir(dirname(file), { recursive: true });
      return { ...(await fetchTarget(target, address, file, this.#way)), target };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).syscall !== undefined) throw diskError(error, 'UPDATE', file);
      throw asRefusal(error, path.slice(0, 200));
    }
  }

  async #current(): Promise<Session> {
    if (!this.#session) await this.refresh();
    return this.#session!;
  }

  async #locked<T>(work: () => Promise<T>): Promise<T> {
    await this.#store.open();
    const unlock = await lock(await realpath(this.#options.dir), 'UPDATE_BUSY');
    try {
      return await work();
    } finally {
      await unlock();
    }
  }
}

/** One refresh and the look-ups after it: tuf-js's trusted set, and our files under it. */
class Session {
  readonly #tuf: ReturnType<typeof openTuf>;
  readonly #store: MetadataStore;
  readonly #files: Map<string, Buffer>;
  readonly #where: string;
  #kept: Map<string, Buffer>;
  #seq: number;

  private constructor(
    tuf: ReturnType<typeof openTuf>,
    store: MetadataStore,
    files: Map<string, Buffer>,
    where: string,
  ) {
    this.#tuf = tuf;
    this.#store = store;
    this.#files = files;
    this.#where = where;
    this.#kept = new Map(files);
    this.#seq = 0;
  }

  static async open(options: UpdaterOptions, store: MetadataStore, way: Way): Promise<Session> {
    const { seq, files, damage } = await store.load(options.root);
    const { url, metadataUrl = `${url.replace(/\/$/, '')}/metadata`, build } = options;
    const fetcher = new MetadataFetcher(way);
    const tuf = openTuf({ files, metadataUrl, fetcher, now: options.now(), ...(build ? { build } : {}) });
    const session = new Session(tuf, store, files, metadataUrl);
    session.#seq = seq;
    if (damage.length > 0) {
      options.log?.(`update metadata was damaged and is healed: ${damage.join(', ')}`);
      session.#kept = new Map(); // is written anew in any case
    }
    return session;
  }

  get consistent(): boolean {
    return this.#tuf.trustedSet.root.signed.consistentSnapshot;
  }

  /** Works on the trusted set; whatever was verified is durable afterwards, failed or not. */
  async do<T>(work: (tuf: ReturnType<typeof openTuf>) => Promise<T>): Promise<T> {
    let failure: unknown = null;
    try {
      return await work(this.#tuf);
    } catch (error) {
      failure = asRefusal(this.#tuf.cause(error), this.#where);
      throw failure;
    } finally {
      await this.#keep().catch((error: unknown) => {
        throw failure ?? error;
      });
    }
  }

  async #keep(): Promise<void> {
    const same =
      this.#kept.size === this.#files.size && [...this.#files].every(([k, v]) => this.#kept.get(k)?.equals(v));
    // Another process may have gone on since: what it knows is newer, and what we would add can be fetched again.
    if ((await this.#store.newest()) !== this.#seq) return;
    if (same) return this.#store.show(this.#files);
    this.#seq = await this.#store.commit(this.#files, this.#seq);
    this.#kept = new Map(this.#files);
  }

  state(): Refreshed {
    const { root, timestamp, snapshot, targets } = this.#tuf.trustedSet;
    const version = (signed: { signed: { version: number } } | undefined) => signed?.signed.version ?? 0;
    return {
      versions: {
        root: version(root),
        timestamp: version(timestamp),
        snapshot: version(snapshot),
        targets: version(targets),
      },
      issued: timestamp ? issuedAt(timestamp.signed, root.signed) : 0,
    };
  }
}

/** Where a target's bytes are: with consistent snapshots its name carries its first hash. */
export function targetUrl(base: string, target: TargetFile, consistent: boolean): string {
  const { dir, base: file } = posix.parse(target.path);
  const named = consistent ? `${Object.values(target.hashes)[0]}.${file}` : file;
  const path = dir ? `${dir}/${named}` : named;
  // A question mark or a hash sign in a name would end the path of the address.
  const escaped = path.replace(/^\/+/, '').replace(/[%?#]/g, encodeURIComponent);
  return new URL(`${base.replace(/\/*$/, '/')}${escaped}`).toString();
}

/** The update client of one repository. Nothing happens until it is asked. */
export const openUpdater = (options: UpdaterOptions): RepositoryUpdater => new RepositoryUpdater(options);
