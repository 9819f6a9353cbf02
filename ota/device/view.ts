// ota/device: what a person or a script sees in the metadata folder: root.json, timestamp.json ... as plain copies.
// In: the trusted files. Out: one NAME.json for each. Never read for trust as long as a generation or a floor is whole.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '../disk.ts';
import { asRoot, type Files } from './trusted.ts';

const TOP = ['root', 'timestamp', 'snapshot', 'targets'];
const MAX_BYTES = 8 << 20;

/** The file name of a role: percent-encoded; a hash where that would be too long for a file system. */
export function fileName(role: string): string {
  const name = encodeURIComponent(role);
  return `${name.length <= 200 ? name : createHash('sha256').update(role).digest('hex')}.json`;
}

/** Brings the view up to date: only what differs is written. */
export async function showView(folder: string, files: Files): Promise<void> {
  for (const [role, bytes] of files) {
    const path = join(folder, fileName(role));
    const shown = await readFile(path).catch(() => null);
    if (!shown?.equals(bytes)) await writeWhole(path, bytes, { durable: false });
  }
  for (const role of TOP) if (!files.has(role)) await rm(join(folder, fileName(role)), { force: true });
}

/** What the view shows, where its root is one: for a folder of which nothing else is whole. */
export async function readView(folder: string): Promise<Files | null> {
  const files: Files = new Map();
  for (const name of (await readdir(folder).catch(() => []))
    .filter((entry) => entry.endsWith('.json'))
    .slice(0, 1000)) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (!info?.isFile() || info.size > MAX_BYTES) continue;
    const bytes = await readFile(path).catch(() => null);
    const role = roleOf(name);
    if (bytes && role !== null) files.set(role, bytes);
  }
  return asRoot(files.get('root')) ? files : null;
}

function roleOf(name: string): string | null {
  try {
    return decodeURIComponent(name.slice(0, -'.json'.length));
  } catch {
    return null;
  }
}
