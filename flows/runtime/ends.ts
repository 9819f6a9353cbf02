// flows/runtime: how often in a row the flows ended their process, counted on disk per content of flows.json.
// In: the folder, a reason. Out: ends.json. A changed flow file starts from zero: it is another program.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** So many ends in a row start Node-RED's safe mode. */
export const SAFE_AFTER = 3;

/** What is on disk. */
interface Ends {
  /** SHA-256 of the flows.json that ended it */
  flows: string;
  count: number;
  last: string;
}

const fileOf = (folder: string) => join(folder, 'ends.json');

/** What the flow file is now. */
export function flowsHash(folder: string): string {
  let text: Buffer | string = '';
  try {
    text = readFileSync(join(folder, 'flows.json'));
  } catch {
    // no file: no flows
  }
  return createHash('sha256').update(text).digest('hex');
}

/** The ends of the flows as they are on disk now. A torn file counts as none. */
export function readEnds(folder: string): { count: number; last?: string } {
  try {
    const { flows, count, last } = JSON.parse(readFileSync(fileOf(folder), 'utf8')) as Partial<Ends>;
    if (flows === flowsHash(folder) && Number.isSafeInteger(count)) {
      return { count: Math.max(0, count!), last: String(last).slice(0, 300) };
    }
  } catch {
    // none yet, or not readable
  }
  return { count: 0 };
}

/** Counts one more. Synchronous: the process ends right after. Never throws: a full disk must not keep it alive. */
export function countEnd(folder: string, reason: string): void {
  try {
    const ends: Ends = { flows: flowsHash(folder), count: readEnds(folder).count + 1, last: reason.slice(0, 300) };
    writeFileSync(`${fileOf(folder)}.new`, JSON.stringify(ends), { flush: true });
    renameSync(`${fileOf(folder)}.new`, fileOf(folder));
  } catch {
    // the next start simply tries again
  }
}

/** Where the watchdog leaves the reason for which it ended the process. */
export const endedFile = (folder: string): string => join(folder, 'ended.txt');

/** Counts the end that the watchdog left word of, unless the flow file was changed since. */
export function countEnded(folder: string): void {
  const file = endedFile(folder);
  try {
    const flows = join(folder, 'flows.json');
    const changed = existsSync(flows) && statSync(flows).mtimeMs > statSync(file).mtimeMs;
    if (!changed) countEnd(folder, readFileSync(file, 'utf8'));
    rmSync(file);
  } catch {
    // no word: it did not end that way
  }
}

/** The flows have run for long: earlier ends no longer matter. */
export function clearEnds(folder: string): void {
  rmSync(fileOf(folder), { force: true });
}
