// ota/device: the file name of a target in a flat folder. In: a target's path, of any characters. Out: a path in the folder.
// Never: a path that leaves the folder, a hidden name, or two targets under one name.
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** The same target has the same file, whatever its content is now. */
export function targetFile(folder: string, path: string): string {
  const name = encodeURIComponent(path.toWellFormed()).replace(/^\./, '%2E');
  if (name.length > 0 && name.length <= 200) return join(folder, name);
  return join(folder, `sha256-${createHash('sha256').update(path).digest('hex')}`);
}
