// centre: what a TUF repository offers. In: a way to read its metadata files. Out: timestamp's version, and the newest of
// each name of each kind. Nothing here is verified: it is for the eye, and for a poke that the boxes do not believe either.
import { z } from 'zod';
import { firstIssue, KerbError, type TargetKind, targetCustomSchema } from '../contract/index.ts';

/** Largest metadata file that is read, as in the boxes' client. */
export const MAX_METADATA_BYTES = 5_000_000;
const MAX_ROLES = 64;
const ROLE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\.json$/;

export interface Offered {
  kind: TargetKind;
  name: string;
  version: string;
  counter: number;
}

export interface Offer {
  /** version of the timestamp role: what a poke names */
  timestamp: number;
  /** the newest of each name of each kind */
  newest: Offered[];
}

/** Gives a metadata file's bytes, at most MAX_METADATA_BYTES. */
export type ReadMetadata = (name: string) => Promise<Buffer>;

const version = z.number().int().min(1);
const timestampSchema = z.object({
  signed: z.object({ version, meta: z.object({ 'snapshot.json': z.object({ version }) }) }),
});
const snapshotSchema = z.object({ signed: z.object({ meta: z.record(z.string(), z.object({ version })) }) });
const targetsSchema = z.object({
  signed: z.object({ targets: z.record(z.string(), z.object({ custom: z.unknown().optional() })) }),
});

/** Version of a timestamp.json, and of the snapshot it names. @throws KerbError REPOSITORY_READ */
export function readTimestamp(bytes: Buffer): { timestamp: number; snapshot: number } {
  const { signed } = parse('timestamp.json', bytes, timestampSchema);
  return { timestamp: signed.version, snapshot: signed.meta['snapshot.json'].version };
}

/** Reads what is on offer now. @throws KerbError REPOSITORY_READ, and what `read` throws */
export async function readOffer(read: ReadMetadata): Promise<Offer> {
  const { timestamp, snapshot } = readTimestamp(await read('timestamp.json'));
  const named = `${snapshot}.snapshot.json`;
  const { meta } = parse(named, await read(named), snapshotSchema).signed;
  const newest = new Map<string, Offered>();
  for (const [role, { version }] of Object.entries(meta).slice(0, MAX_ROLES)) {
    if (!ROLE.test(role)) continue;
    const file = `${version}.${role}`;
    const { targets } = parse(file, await read(file), targetsSchema).signed;
    for (const { custom } of Object.values(targets)) {
      const said = targetCustomSchema.safeParse(custom).data;
      if (!said || said.part) continue; // another repository's target, or one of several files
      const { kind, name, version, counter } = said;
      if (counter > (newest.get(`${kind}/${name}`)?.counter ?? 0)) {
        newest.set(`${kind}/${name}`, { kind, name, version, counter });
      }
    }
  }
  return { timestamp, newest: [...newest.values()].sort((a, b) => b.counter - a.counter) };
}

function parse<T>(file: string, bytes: Buffer, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new KerbError('REPOSITORY_READ', 'it is not JSON', file, 'publish again, or copy it from a mirror');
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new KerbError('REPOSITORY_READ', firstIssue(read.error), file, 'publish again, or copy it from a mirror');
}
