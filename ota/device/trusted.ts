// ota/device: metadata that was verified, as files by role, and how a root of trust is recognised.
// In: bytes. Out: parsed metadata, or null. Never: a throw for damaged bytes.
import { Metadata, MetadataKind, type Root } from '@tufjs/models';

/** Verified metadata by role name ('root', 'timestamp', 'snapshot', 'targets' and delegated ones): the signed bytes. */
export type Files = Map<string, Buffer>;

/** The roles that a floor keeps: with them no replay passes, and all else can be fetched again. */
export const FLOOR_ROLES = ['root', 'timestamp', 'snapshot'] as const;

/** The root in `bytes` where they hold one that vouches for itself, else null. */
export function asRoot(bytes: Uint8Array | undefined): Metadata<Root> | null {
  if (!bytes) return null;
  try {
    const root = Metadata.fromJSON(MetadataKind.Root, JSON.parse(Buffer.from(bytes).toString('utf8')));
    root.verifyDelegate('root', root);
    return Number.isSafeInteger(root.signed.version) && root.signed.version > 0 ? root : null;
  } catch {
    return null;
  }
}

/** The parsed metadata of a role without any judgement of its signatures, or null. */
export function parsed(kind: 'timestamp', bytes: Uint8Array | undefined) {
  if (!bytes) return null;
  try {
    return Metadata.fromJSON(kind as MetadataKind.Timestamp, JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return null;
  }
}

/** Files as JSON: metadata is UTF-8 text. */
export const toJson = (files: Files): Record<string, string> =>
  Object.fromEntries([...files].map(([role, bytes]) => [role, bytes.toString('utf8')]));

/** The reverse; null where it is not what toJson gives. */
export function fromJson(value: unknown): Files | null {
  if (typeof value !== 'object' || value === null) return null;
  const entries = Object.entries(value);
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) return null;
  return new Map(entries.map(([role, text]) => [role, Buffer.from(text)]));
}
