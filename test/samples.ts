// Where tests find real recordings: the folder SAMPLES_DIR names. Without it such a test skips and says so.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';

/** The samples folder, or null where there is none. */
export function samples(): string | null {
  const dir = process.env['SAMPLES_DIR'];
  return dir && existsSync(dir) ? dir : null;
}

/** A test that needs real recordings: `path` joins names inside the samples folder. */
export function sampleTest(
  title: string,
  body: (t: ExecutionContext, path: (...names: string[]) => string) => Promise<void> | void,
): void {
  const dir = samples();
  if (dir === null) {
    test.skip(`${title} (skipped: SAMPLES_DIR is not set)`, () => {});
    return;
  }
  test(title, (t) => body(t, (...names) => join(dir, ...names)));
}
