// ota/central: a static TUF repository on disk. In: a folder. Out: what it says now; and how a new state is put there.
// REPO/metadata/N.root.json, N.ROLE.json, timestamp.json and REPO/targets/PATH with hash-prefixed names: any web server
// can serve it. Never: a moment at which what lies there does not verify: timestamp.json, which names all else, comes last.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import {
  Metadata,
  MetadataKind,
  MetaFile,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
} from '@tufjs/models';
import { KerbError, oneLine } from '../../contract/errors.ts';
import { writeWhole } from '../disk.ts';

/** Verified metadata and the bytes that carry it. */
export interface Signed<T extends Root | Timestamp | Snapshot | Targets> {
  readonly metadata: Metadata<T>;
  readonly bytes: Buffer;
}

/** What a repository says. `targets` holds the delegated roles too, by name. */
export interface RepositoryState {
  readonly root: Signed<Root>;
  readonly timestamp: Signed<Timestamp>;
  readonly snapshot: Signed<Snapshot>;
  readonly targets: ReadonlyMap<string, Signed<Targets>>;
}

export const metadataFolder = (repository: string): string => join(repository, 'metadata');
export const targetsFolder = (repository: string): string => join(repository, 'targets');

/** Where a target lies below the targets folder: its name carries its SHA-256. */
export function targetName(path: string, sha256: string): string {
  const { dir, base } = posix.parse(path);
  return posix.join(dir, `${sha256}.${base}`);
}

/** What the snapshot or timestamp says of a file. */
export function metaOf({ metadata, bytes }: Signed<Snapshot> | Signed<Targets>): MetaFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return new MetaFile({ version: metadata.signed.version, length: bytes.length, hashes: { sha256 } });
}

/** The newest root in the folder, null where there is none. @throws KerbError OTA_REPOSITORY_BROKEN */
export async function readRoot(repository: string): Promise<Signed<Root> | null> {
  const names = await readdir(metadataFolder(repository)).catch(() => []);
  const versions = names.map((name) => Number(/^(\d{1,9})\.root\.json$/.exec(name)?.[1] ?? 0));
  const newest = Math.max(0, ...versions);
  return newest === 0
    ? null
    : read(repository, `${newest}.root.json`, (json) => Metadata.fromJSON(MetadataKind.Root, json));
}

/**
 * All that the repository says now, null where nothing was published yet.
 * @throws KerbError OTA_REPOSITORY_BROKEN where a file is missing or damaged
 */
export async function readRepository(repository: string): Promise<RepositoryState | null> {
  const root = await readRoot(repository);
  if (!root) return null;
  const names = await readdir(metadataFolder(repository));
  if (!names.includes('timestamp.json')) return null; // the first publishing was cut off
  const timestamp = await read(repository, 'timestamp.json', (j) => Metadata.fromJSON(MetadataKind.Timestamp, j));
  const version = timestamp.metadata.signed.snapshotMeta.version;
  const snapshot = await read(repository, `${version}.snapshot.json`, (j) =>
    Metadata.fromJSON(MetadataKind.Snapshot, j),
  );
  const targets = new Map<string, Signed<Targets>>();
  for (const [name, meta] of Object.entries(snapshot.metadata.signed.meta)) {
    const file = `${meta.version}.${name}`;
    const role = name.slice(0, -'.json'.length);
    targets.set(role, await read(repository, file, (j) => Metadata.fromJSON(MetadataKind.Targets, j)));
  }
  return { root, timestamp, snapshot, targets };
}

/** Puts one metadata file in its place, durably. */
export async function writeMetadata(repository: string, name: string, bytes: Buffer): Promise<void> {
  await writeWhole(join(metadataFolder(repository), name), bytes);
}

async function read<T extends Root | Timestamp | Snapshot | Targets>(
  repository: string,
  name: string,
  parse: (json: Parameters<typeof Metadata.fromJSON>[1]) => Metadata<T>,
): Promise<Signed<T>> {
  const path = join(metadataFolder(repository), name);
  try {
    const bytes = await readFile(path);
    return { bytes, metadata: parse(JSON.parse(bytes.toString('utf8'))) };
  } catch (error) {
    const remedy = 'copy it from a mirror or a backup, or publish into a new folder';
    throw new KerbError('OTA_REPOSITORY_BROKEN', oneLine(error).slice(0, 160), path, remedy, { cause: error });
  }
}
