// agent/main/updates: what runs on this box and where it comes from, as the page shows it. Loads nothing of updates itself: a
// box that takes none carries none of it in its memory.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KerbError, oneLine, reasonLine } from '../../../contract/index.ts';
import type { UpdatesView, Version } from '../../../ota/device/index.ts';
import type { UpdatesState } from '../../console/api.ts';
import { VERSION } from '../version.ts';
import type { Updates } from './open.ts';

/** Updates that cannot be opened (a disk that gives nothing): the box runs on its own files and says so. */
export function brokenUpdates(error: unknown, now: number): Updates {
  const code = error instanceof KerbError ? error.code : 'UPDATE_FAULT';
  const fault = { code, what: reasonLine(oneLine(error)), since: Math.round(now) };
  return {
    view: () => ({ last_check: null, last_success: null, versions: null, items: [], fault }),
    poke: () => {},
    close: async () => {},
  };
}

/** The state of a box: what runs, and where it comes from. */
export function updatesState(
  about: Pick<UpdatesState, 'commit' | 'slot'>,
  running: { readonly model: Version; readonly profile: Version } | null,
  source: { readonly url: string; readonly view: UpdatesView } | null,
): UpdatesState {
  return {
    version: VERSION,
    ...about,
    model: running ? { ...running.model } : null,
    profile: running ? { ...running.profile } : null,
    repository: source && { url: source.url, ...source.view },
  };
}

/** The folder of this release or checkout. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** The commit of an installed release; null in a checkout. */
export async function releaseCommit(): Promise<string | null> {
  try {
    const { commit } = JSON.parse(await readFile(join(ROOT, 'release.json'), 'utf8')) as { commit?: unknown };
    return typeof commit === 'string' ? commit : null;
  } catch {
    return null;
  }
}
