// ota/device: keeps verified metadata through power cuts and bit rot. In: the trusted files after each change. Out: the
// newest whole state. Never: an older state that passes for the newest; a folder that cannot be used again.
//
// FOLDER/.kerbside/generation-N   all roles, sealed; the newest three are kept
// FOLDER/.kerbside/floor-a, -b    root, timestamp and snapshot of the newest state, sealed, twice; written before it
// FOLDER/.kerbside/initial-root   the root that `init` was given
// FOLDER/root.json ...            the view (view.ts)
//
// The newest whole generation wins. Where it is older than the floor (it rotted, or the power went between the two
// writes), root, timestamp and snapshot are the floor's: tuf-js then refuses everything older than them.
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, makeFolder, writeWhole } from '../disk.ts';
import { refusal } from './errors.ts';
import { readSealed, writeSealed } from './sealed.ts';
import { asRoot, type Files, FLOOR_ROLES, fromJson, toJson } from './trusted.ts';
import { readView, showView } from './view.ts';

const KEEP = 3;
const FLOORS = ['floor-a', 'floor-b'];

interface State {
  readonly seq: number;
  readonly files: Files;
}

export interface Loaded extends State {
  /** what was found damaged and is healed by the next commit; empty on a good disk */
  readonly damage: readonly string[];
}

export class MetadataStore {
  readonly folder: string;
  readonly #hidden: string;

  /** @param folder where the metadata of one repository is kept */
  constructor(folder: string) {
    this.folder = folder;
    this.#hidden = join(folder, '.kerbside');
  }

  /** Makes the folders. @throws KerbError UPDATE_DISK, UPDATE_DISK_FULL */
  async open(): Promise<void> {
    await this.#guarded(() => makeFolder(this.#hidden));
  }

  /**
   * Trusts a first root. Doing it again with the same root changes nothing.
   * @throws KerbError UPDATE_ROOT_BAD, UPDATE_HAS_ROOT, UPDATE_DISK, UPDATE_DISK_FULL
   */
  async init(root: Uint8Array): Promise<void> {
    const where = this.folder;
    if (!asRoot(root)) {
      throw refusal('UPDATE_ROOT_BAD', 'this is not a root that is signed by its own keys', where, 'give a root.json');
    }
    const initial = await readFile(join(this.#hidden, 'initial-root')).catch(() => null);
    const before = await this.load().catch(() => null);
    if (before && initial?.equals(root)) return;
    if (before && !before.files.get('root')?.equals(root)) {
      throw refusal('UPDATE_HAS_ROOT', 'another root is trusted here', where, 'use another folder, or empty this one');
    }
    await this.#guarded(async () => {
      await writeWhole(join(this.#hidden, 'initial-root'), root);
      if (!before) await showView(this.folder, new Map([['root', Buffer.from(root)]]));
    });
  }

  /**
   * The newest state.
   * @param embedded the root that came with the program: the last resort
   * @throws KerbError UPDATE_NO_ROOT where nothing is whole
   */
  async load(embedded?: Uint8Array): Promise<Loaded> {
    const damage: string[] = [];
    const newest = await this.#newestGeneration(damage);
    const floor = await this.#floor(damage);
    const base = newest ?? { seq: 0, files: await this.#lastResort(embedded) };
    const files: Files = new Map(base.files);
    if (floor && floor.seq > base.seq) {
      if (newest) damage.push(`generation ${floor.seq}`);
      for (const role of FLOOR_ROLES) {
        const bytes = floor.files.get(role);
        if (bytes) files.set(role, bytes);
      }
    }
    if (!asRoot(files.get('root'))) {
      const remedy = 'init it with the root.json of its repository';
      throw refusal('UPDATE_NO_ROOT', 'no root is trusted here', this.folder, remedy);
    }
    return { seq: await this.newest(), files, damage };
  }

  /** Makes `files` the newest state, durable when it returns. @throws KerbError UPDATE_DISK, UPDATE_DISK_FULL */
  async commit(files: Files, after: number): Promise<number> {
    const seq = after + 1;
    await this.#guarded(async () => {
      const floor = new Map([...files].filter(([role]) => (FLOOR_ROLES as readonly string[]).includes(role)));
      for (const name of FLOORS) await writeSealed(join(this.#hidden, name), { seq, files: toJson(floor) });
      await writeSealed(join(this.#hidden, name(seq)), { seq, files: toJson(files) });
      await showView(this.folder, files);
      await this.#prune();
    });
    return seq;
  }

  /** The number of the newest state, whole or not; 0 for none. */
  async newest(): Promise<number> {
    const floor = await this.#floor([]);
    return Math.max(0, floor?.seq ?? 0, ...(await this.#generations()));
  }

  /** Copies the state into the view where that differs. */
  async show(files: Files): Promise<void> {
    await this.#guarded(() => showView(this.folder, files));
  }

  async #newestGeneration(damage: string[]): Promise<State | null> {
    for (const seq of await this.#generations()) {
      const state = stateOf(await readSealed(join(this.#hidden, name(seq))));
      if (state?.seq === seq && asRoot(state.files.get('root'))) return state;
      damage.push(name(seq));
    }
    return null;
  }

  async #floor(damage: string[]): Promise<State | null> {
    const floors = await Promise.all(FLOORS.map((file) => readSealed(join(this.#hidden, file)).then(stateOf)));
    const whole = floors.filter((floor) => floor !== null && asRoot(floor.files.get('root')) !== null) as State[];
    if (whole.length === 1) damage.push(FLOORS[floors.indexOf(whole[0]!) === 0 ? 1 : 0]!);
    return whole.sort((a, b) => b.seq - a.seq)[0] ?? null;
  }

  /** For a folder without a whole generation: what its view shows, under the newest root that is at hand. */
  async #lastResort(embedded: Uint8Array | undefined): Promise<Files> {
    const files = (await readView(this.folder)) ?? new Map();
    const initial = await readFile(join(this.#hidden, 'initial-root')).catch(() => undefined);
    const version = (bytes: Uint8Array | undefined) => asRoot(bytes)?.signed.version ?? 0;
    for (const root of [initial, embedded]) {
      if (root && version(root) > version(files.get('root'))) files.set('root', Buffer.from(root));
    }
    return files;
  }

  /** Numbers of the generations, newest first. */
  async #generations(): Promise<number[]> {
    const names = await readdir(this.#hidden).catch(() => []);
    return names
      .map((entry) => Number(/^generation-(\d{10})$/.exec(entry)?.[1] ?? 'NaN'))
      .filter((seq) => !Number.isNaN(seq))
      .sort((a, b) => b - a);
  }

  async #prune(): Promise<void> {
    for (const seq of (await this.#generations()).slice(KEEP)) await rm(join(this.#hidden, name(seq)), { force: true });
    for (const entry of await readdir(this.#hidden)) {
      if (entry.endsWith('.tmp')) await rm(join(this.#hidden, entry), { force: true });
    }
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw diskError(error, 'UPDATE', this.folder);
    }
  }
}

const name = (seq: number): string => `generation-${String(seq).padStart(10, '0')}`;

function stateOf(value: unknown): State | null {
  const { seq, files } = (value ?? {}) as { seq?: unknown; files?: unknown };
  const trusted = fromJson(files);
  return Number.isSafeInteger(seq) && trusted ? { seq: seq as number, files: trusted } : null;
}
