// ota/central: publishes. In: a repository's folder, keys, things to add, the time. Out: its next state on disk.
// Never: a moment, kill -9 and power cut included, at which what lies there does not verify.
import { resolve } from 'node:path';
import type { Metadata, Root, TargetFile, Targets } from '@tufjs/models';
import { diskError, makeFolder } from '../disk.ts';
import { lock } from '../lock.ts';
import { duties, type Moment, nextRoot, nextSnapshot, nextTargets, nextTimestamp, roleFor } from './build.ts';
import { dropTargets, putTarget } from './files.ts';
import type { Good } from './goods.ts';
import { loadRoles, type Roles, type TopRole } from './keys.ts';
import { entriesOf, offerWith } from './offer.ts';
import {
  metadataFolder,
  type RepositoryState,
  readRepository,
  readRoot,
  type Signed,
  targetsFolder,
  writeMetadata,
} from './repository.ts';
import { type Duty, type Signable, signWith } from './sign.ts';

export interface Publishing {
  readonly repository: string;
  /** the keys' folder */
  readonly keys: string;
  readonly add: readonly Good[];
  /** epoch ms */
  readonly now: number;
}

/** What is on offer afterwards. */
export interface Published {
  /** of timestamp: what a poke names */
  readonly version: number;
  readonly root: number;
  /** paths of all targets */
  readonly targets: readonly string[];
}

/**
 * Publishes; without additions it signs anew what needs it.
 * @throws KerbError OTA_KEYS_*, OTA_REPOSITORY_BROKEN, OTA_DISK, OTA_DISK_FULL, OTA_BUSY
 */
export async function publish(publishing: Publishing): Promise<Published> {
  const repository = resolve(publishing.repository);
  try {
    await makeFolder(metadataFolder(repository));
    await makeFolder(targetsFolder(repository));
    const unlock = await lock(repository, 'OTA_BUSY');
    try {
      return await publishLocked({ ...publishing, repository });
    } finally {
      await unlock();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw diskError(error, 'OTA', repository);
  }
}

async function publishLocked({ repository, keys, add, now }: Publishing): Promise<Published> {
  const roles = await loadRoles(keys);
  const moment: Moment = { now, roles };
  const state = await readRepository(repository);
  const { entries, puts } = offerWith(entriesOf(state), add);

  // Everything is signed before anything is written: a missing key leaves the repository as it was.
  const before = await readRoot(repository);
  const newRoot = nextRoot(before?.metadata.signed ?? null, moment);
  const signer = new Signer(keys, roles, newRoot ? (before?.metadata.signed ?? null) : null);
  const root = newRoot ? await signer.sign(newRoot, 'root') : before!;
  const targets = await signTargets(state, entries, root.metadata, moment, signer);
  const newSnapshot = nextSnapshot(state, root.metadata, targets, moment);
  const snapshot = newSnapshot ? await signer.sign(newSnapshot, 'snapshot') : state!.snapshot;
  const timestamp = await signer.sign(nextTimestamp(state, snapshot, moment), 'timestamp');

  for (const put of puts) await putTarget(repository, put);
  const showRoot = async () => {
    if (newRoot) await writeMetadata(repository, `${root.metadata.signed.version}.root.json`, root.bytes);
  };
  // A box reads the new root as soon as it is there, and the rest as soon as timestamp is: where all of it is good under
  // the old root too, the root comes last. The first root, or one whose old keys are lost, has to come first.
  const rootLast = before !== null && signer.bothWays;
  if (!rootLast) await showRoot();
  for (const [role, { metadata, bytes }] of targets) {
    if (state?.targets.get(role)?.bytes === bytes) continue;
    await writeMetadata(repository, `${metadata.signed.version}.${role}.json`, bytes);
  }
  if (newSnapshot) {
    await writeMetadata(repository, `${snapshot.metadata.signed.version}.snapshot.json`, snapshot.bytes);
  }
  await writeMetadata(repository, 'timestamp.json', timestamp.bytes);
  if (rootLast) await showRoot();
  await dropTargets(repository, entriesOf(state), entries);
  return {
    version: timestamp.metadata.signed.version,
    root: root.metadata.signed.version,
    targets: entries.map(({ path }) => path),
  };
}

/** Signs with the keys of roles.json, and while the root changes with those of the root before it. */
class Signer {
  /** whether all that was signed is good under the root before too */
  bothWays = true;
  readonly #folder: string;
  readonly #roles: Roles;
  readonly #before: Root | null;

  constructor(folder: string, roles: Roles, before: Root | null) {
    this.#folder = folder;
    this.#roles = roles;
    this.#before = before;
  }

  /** Signs a top role. */
  async sign<T extends Signable>(metadata: T, role: TopRole) {
    return this.with(metadata, duties(role, this.#roles, this.#before));
  }

  async with<T extends Signable>(metadata: T, who: Duty[]): Promise<{ metadata: T; bytes: Buffer }> {
    const all = await signWith(metadata, this.#folder, this.#roles, who);
    this.bothWays &&= all;
    return { metadata, bytes: Buffer.from(JSON.stringify(metadata.toJSON())) };
  }
}

async function signTargets(
  state: RepositoryState | null,
  entries: readonly TargetFile[],
  root: Metadata<Root>,
  moment: Moment,
  signer: Signer,
): Promise<Map<string, Signed<Targets>>> {
  const { roles } = moment;
  const signed = new Map<string, Signed<Targets>>();
  for (const role of ['targets', ...roles.delegations.map(({ name }) => name)]) {
    const mine = entries.filter(({ path }) => roleFor(path, roles) === role);
    const now = state?.targets.get(role);
    const next = nextTargets(role, now, mine, role === 'targets' ? root : signed.get('targets')!.metadata, moment);
    const entry = roles.delegations.find(({ name }) => name === role);
    if (!next) signed.set(role, now!);
    else signed.set(role, entry ? await signer.with(next, [{ role, ...entry }]) : await signer.sign(next, 'targets'));
  }
  return signed;
}
