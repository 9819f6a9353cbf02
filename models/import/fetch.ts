// models/import: brings the pinned package into the cache. In: the card's source. Out: bytes whose SHA-512 the card names.
// Never: a package's script run, an unchecked byte used, a half file under the final name.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KerbError, oneLine } from '../../contract/errors.ts';
import type { NpmSource } from './coco.ts';

const timeoutMs = 10 * 60_000;

/** The name that `npm pack` gives a package's tarball. */
export function tarballName(npm: string): string {
  const at = npm.lastIndexOf('@');
  return `${npm.slice(0, at).replace(/^@/, '').replace('/', '-')}-${npm.slice(at + 1)}.tgz`;
}

/**
 * @param folder `$CACHE/downloads`
 * @param progress told a line when something has to be fetched
 * @throws KerbError PACKAGE_UNREACHABLE, PACKAGE_ALTERED
 */
export async function fetchPackage(
  source: NpmSource,
  folder: string,
  progress: (line: string) => void,
): Promise<{ path: string; bytes: Uint8Array }> {
  const file = tarballName(source.npm);
  const path = join(folder, file);
  const kept = await readFile(path).catch(() => undefined);
  if (kept && integrityOf(kept) === source.integrity) return { path, bytes: kept };

  progress(`fetching ${source.npm}`);
  await mkdir(folder, { recursive: true });
  const scratch = await mkdtemp(join(folder, 'pack-'));
  try {
    // An empty folder as working directory, so that no project's own npm settings or workspaces come into it.
    await promisify(execFile)('npm', ['pack', source.npm, '--ignore-scripts', '--silent'], {
      cwd: scratch,
      timeout: timeoutMs,
      maxBuffer: 1 << 20,
    }).catch((error: Error & { stderr?: string }) => {
      const said = (error.stderr ?? '').trim() || oneLine(error);
      const remedy = `check npm's network settings, or put ${file} into ${folder}`;
      throw new KerbError('PACKAGE_UNREACHABLE', `npm pack failed: ${oneLine(said)}`, source.npm, remedy);
    });
    const bytes = await readFile(join(scratch, file)).catch(() => {
      throw new KerbError('PACKAGE_UNREACHABLE', `npm pack made no ${file}`, source.npm, 'run it by hand to see why');
    });
    const integrity = integrityOf(bytes);
    if (integrity !== source.integrity) {
      const remedy = 'do not use it: ask whoever runs the package mirror';
      throw new KerbError('PACKAGE_ALTERED', `is not the pinned package (${integrity})`, source.npm, remedy);
    }
    await rename(join(scratch, file), path);
    return { path, bytes };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const integrityOf = (bytes: Uint8Array) => `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
