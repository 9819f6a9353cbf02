// ota/central: what the next state of a repository is. In: the state now, roles, targets, the time. Out: unsigned metadata
// where something changed, or where a signature has used up half its life. Never: a version that does not rise.
import { isDeepStrictEqual } from 'node:util';
import { type Key, Metadata, Root, Snapshot, type TargetFile, Targets, Timestamp } from '@tufjs/models';
import { Delegations } from '@tufjs/models/dist/delegations.js';
import { DelegatedRole, Role } from '@tufjs/models/dist/role.js';
import { ISSUED } from '../device/clock.ts';
import type { Roles, TopRole } from './keys.ts';
import { metaOf, type RepositoryState, type Signed } from './repository.ts';
import { type Duty, publicKey } from './sign.ts';

const DAY_MS = 86_400_000;

export interface Moment {
  /** epoch ms */
  readonly now: number;
  readonly roles: Roles;
}

const expires = (now: number, days: number): string => `${new Date(now + days * DAY_MS).toISOString().slice(0, 19)}Z`;

/** Whether a signature has used up half of its life. */
const old = (signed: { expires: string }, { now }: Moment, days: number): boolean =>
  Date.parse(signed.expires) - now < (days * DAY_MS) / 2;

const keyIds = (roles: Roles, names: readonly string[]): string[] =>
  names.map((name) => publicKey(roles.keys[name]!).keyID);

function keyMap(roles: Roles, names: readonly string[]): Record<string, Key> {
  const keys = names.map((name) => publicKey(roles.keys[name]!));
  return Object.fromEntries(keys.map((key) => [key.keyID, key]));
}

/** The next root, or null where the present one still says what roles.json says. */
export function nextRoot(now: Root | null, moment: Moment): Metadata<Root> | null {
  const { roles } = moment;
  const root = new Root({
    version: (now?.version ?? 0) + 1,
    specVersion: '1.0.31',
    expires: expires(moment.now, roles.roles.root.days),
    keys: keyMap(
      roles,
      Object.values(roles.roles).flatMap(({ keys }) => keys),
    ),
    roles: Object.fromEntries(
      Object.entries(roles.roles).map(([name, { keys, threshold }]) => [
        name,
        new Role({ keyIDs: keyIds(roles, keys), threshold }),
      ]),
    ),
    consistentSnapshot: true,
  });
  const same =
    now && isDeepStrictEqual(now.keys, root.keys) && isDeepStrictEqual(toPlain(now.roles), toPlain(root.roles));
  return same && !old(now, moment, roles.roles.root.days) ? null : new Metadata(root);
}

/** The targets role or a delegated one, or null where the present one is still good. */
export function nextTargets(
  role: string,
  now: Signed<Targets> | undefined,
  entries: readonly TargetFile[],
  delegator: Metadata<Root> | Metadata<Targets>,
  moment: Moment,
): Metadata<Targets> | null {
  const { roles } = moment;
  const duty = role === 'targets' ? roles.roles.targets : roles.delegations.find(({ name }) => name === role)!;
  const delegations = role === 'targets' ? delegationsOf(roles) : undefined;
  const targets = new Targets({
    version: (now?.metadata.signed.version ?? 0) + 1,
    specVersion: '1.0.31',
    expires: expires(moment.now, duty.days),
    targets: Object.fromEntries(entries.map((entry) => [entry.path, entry])),
    ...(delegations ? { delegations } : {}),
  });
  const before = now?.metadata.signed;
  const same =
    before !== undefined &&
    isDeepStrictEqual(toPlain(before.targets), toPlain(targets.targets)) &&
    isDeepStrictEqual(before.delegations?.toJSON(), delegations?.toJSON());
  const good = same && signedFor(delegator, role, now!.metadata) && !old(before, moment, duty.days);
  return good ? null : new Metadata(targets);
}

/** The next snapshot, or null. A file that it once named stays named: clients insist on it. */
export function nextSnapshot(
  now: RepositoryState | null,
  root: Metadata<Root>,
  targets: ReadonlyMap<string, Signed<Targets>>,
  moment: Moment,
): Metadata<Snapshot> | null {
  const { days } = moment.roles.roles.snapshot;
  const before = now?.snapshot.metadata;
  const meta = { ...before?.signed.meta };
  for (const [role, signed] of targets) meta[`${role}.json`] = metaOf(signed);
  const same = before && isDeepStrictEqual(toPlain(before.signed.meta), toPlain(meta));
  if (same && signedFor(root, 'snapshot', before) && !old(before.signed, moment, days)) return null;
  const version = (before?.signed.version ?? 0) + 1;
  return new Metadata(new Snapshot({ version, specVersion: '1.0.31', expires: expires(moment.now, days), meta }));
}

/** The next timestamp: new each time, with the time of its issue. */
export function nextTimestamp(
  now: RepositoryState | null,
  snapshot: Signed<Snapshot>,
  moment: Moment,
): Metadata<Timestamp> {
  return new Metadata(
    new Timestamp({
      version: (now?.timestamp.metadata.signed.version ?? 0) + 1,
      specVersion: '1.0.31',
      expires: expires(moment.now, moment.roles.roles.timestamp.days),
      snapshotMeta: metaOf(snapshot),
      unrecognizedFields: { [ISSUED]: moment.now },
    }),
  );
}

/** The role that names a path: the first delegation whose pattern fits, else targets. */
export function roleFor(path: string, roles: Roles): string {
  return Object.values(delegationsOf(roles)?.roles ?? {}).find((role) => role.isDelegatedPath(path))?.name ?? 'targets';
}

function delegationsOf(roles: Roles): Delegations | undefined {
  if (roles.delegations.length === 0) return undefined;
  return new Delegations({
    keys: keyMap(
      roles,
      roles.delegations.flatMap(({ keys }) => keys),
    ),
    roles: Object.fromEntries(
      roles.delegations.map(({ name, keys, threshold, paths, terminating }) => [
        name,
        new DelegatedRole({ name, keyIDs: keyIds(roles, keys), threshold, paths, terminating }),
      ]),
    ),
  });
}

function signedFor(
  delegator: Metadata<Root> | Metadata<Targets>,
  role: string,
  metadata: Metadata<Targets> | Metadata<Snapshot>,
): boolean {
  try {
    delegator.verifyDelegate(role, metadata);
    return true;
  } catch {
    return false;
  }
}

/** Class instances as plain JSON, to be compared. */
const toPlain = (value: Record<string, { toJSON(): unknown }>): unknown =>
  Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, entry.toJSON()]));

/**
 * Who signs a top role. While the root changes, the keys of the root before it sign too: a new root must be signed by
 * them, and the other roles then verify under both, so that at no moment of the change a box is turned away.
 */
export function duties(role: TopRole, roles: Roles, before: Root | null): Duty[] {
  const own: Duty = { role, ...roles.roles[role] };
  const earlier = before?.roles[role];
  if (!earlier) return [own];
  const keys = Object.keys(roles.keys).filter((name) => earlier.keyIDs.includes(publicKey(roles.keys[name]!).keyID));
  const what = role === 'root' ? 'the root before it' : role;
  return [own, { role: what, keys, threshold: earlier.threshold, optional: role !== 'root' }];
}
