// ota/device: all that a repository offers. In: the verified targets role and, through it, the delegated ones.
// Out: each target once, as the role says it that has the say. Never: a target of a role that may not name it.
import type { TargetFile } from '@tufjs/models';
import type { Tuf } from './tuf.ts';

/** tuf-js itself looks at no more roles for one target. */
const MAX_ROLES = 32;

/** A target as the repository describes it. */
export interface Offer {
  readonly path: string;
  readonly length: number;
  readonly hashes: Readonly<Record<string, string>>;
  /** what the publisher says of it: kind, name, version, counter, hardware ... (untrusted shape, trusted origin) */
  readonly custom: Readonly<Record<string, unknown>>;
}

/** Reads the targets role and the delegated ones, breadth first, 32 roles at most. */
export async function offers(tuf: Tuf): Promise<Offer[]> {
  const paths = new Set<string>();
  const queue = [{ role: 'targets', parent: 'root' }];
  const seen = new Set<string>();
  while (queue.length > 0 && seen.size < MAX_ROLES) {
    const { role, parent } = queue.shift()!;
    if (seen.has(role)) continue;
    seen.add(role);
    const signed = (await tuf.loadTargets(role, parent))?.signed;
    for (const path of Object.keys(signed?.targets ?? {})) paths.add(path);
    for (const child of Object.keys(signed?.delegations?.roles ?? {})) queue.push({ role: child, parent: role });
  }
  const found: Offer[] = [];
  for (const path of [...paths].sort()) {
    // A role may list what it may not speak for: the look-up by path decides.
    const target = await tuf.getTargetInfo(path);
    if (target) found.push(offer(target));
  }
  return found;
}

const offer = ({ path, length, hashes, custom }: TargetFile): Offer => ({
  path,
  length,
  hashes,
  custom: custom as Record<string, unknown>,
});
